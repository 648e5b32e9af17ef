//! What a run came to, kept in the record when work on it ends, so that a long one is listed and shown at once.

use crate::recorded::Recorded;
use anyhow::{Context, Result};
use koderz_core::statistics::Rate;
use koderz_core::summary::{Counts, Summary};
use koderz_record::{Outcome, Record, RunId};
use koderz_report::Report;
use serde::{Deserialize, Serialize};

/// Whose counting it is.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The figures of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub(crate) counts: Counts,
    pub(crate) pass_at_1: Option<Rate>,
}

impl Figures {
    fn of(summary: &Summary) -> Self {
        Figures {
            counts: summary.counts(),
            pass_at_1: summary.pass_at(1),
        }
    }
}

/// Keeps it. The summary of a short run is not kept, since it is made as fast as it is read.
pub(crate) fn keep(record: &Record, run: &RunId, report: &Report<'_>) -> Result<()> {
    let story = report.story;
    let outcome = Outcome {
        figures: serde_json::to_string(&Figures::of(story.summary())).context("write the run's figures")?,
        text: story.is_abridged().then(|| koderz_report::findings(report)),
    };
    Ok(record.keep_outcome(run, VERSION, &outcome)?)
}

/// The figures of a run, for which no question, answer or program is read.
pub(crate) fn figures(record: &Record, run: &RunId) -> Result<Figures> {
    if let Some(outcome) = record.outcome(run, VERSION)?
        && let Ok(figures) = serde_json::from_str(&outcome.figures)
    {
        return Ok(figures);
    }
    let mut summary = Summary::default();
    for entry in record.outline(run)? {
        summary.observe(&entry?);
    }
    Ok(Figures::of(&summary))
}

/// What is shown of a run at its end, where it was kept.
pub(crate) fn shown(record: &Record, run: &RunId) -> Result<Option<String>> {
    Ok(record.outcome(run, VERSION)?.and_then(|outcome| outcome.text))
}

/// Keeps what was read back, for the next time. A record that cannot take it is as good as before.
pub(crate) fn keep_read(record: &Record, run: &RunId, recorded: &Recorded) {
    if recorded.story().is_abridged()
        && let Err(error) = keep(record, run, &recorded.report())
    {
        tracing::debug!("{error:#}");
    }
}
