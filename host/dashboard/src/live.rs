//! What is told of a run, while it goes on and after.

use crate::shelf::{Follow, ShelfError, Standing};
use koderz_api::suite::{Grade, Verdict};
use koderz_core::event::{Entry, Event};
use koderz_core::manifest::Manifest;
use koderz_core::numbers::{counted, grouped, percent, span};
use koderz_core::summary::{Summary, TRUNCATED, truncated};
use serde::Serialize;
use std::collections::VecDeque;

/// Verdicts that are shown, the latest.
const LATEST: usize = 20;

/// Characters of a reason that are shown.
const REASON: usize = 160;

/// Entries that are read at once.
const AT_ONCE: usize = 1000;

/// A run as far as it is known.
pub(crate) struct Live {
    run: Box<dyn Follow>,
    pub(crate) summary: Summary,
    latest: VecDeque<Latest>,
    standing: Option<Standing>,
    /// What it waits for: a load, or a server that is away.
    waiting: Option<String>,
}

/// A verdict that came a moment ago.
#[derive(Clone, Serialize)]
pub(crate) struct Latest {
    pub(crate) task: String,
    pub(crate) class: &'static str,
    pub(crate) reason: String,
}

/// What is told of a run. Numbers are as people read them, apart from those that a bar is drawn from.
#[derive(Serialize)]
pub(crate) struct Told {
    pub(crate) state: &'static str,
    pub(crate) failure: Option<String>,
    pub(crate) running: bool,
    pub(crate) waiting: Option<String>,
    pub(crate) settled: u64,
    pub(crate) trials: Option<u64>,
    pub(crate) progress: String,
    pub(crate) figures: Vec<(&'static str, String)>,
    pub(crate) counts: Vec<(&'static str, String)>,
    pub(crate) latest: Vec<Latest>,
}

impl Live {
    pub(crate) fn new(run: Box<dyn Follow>) -> Self {
        Live {
            run,
            summary: Summary::default(),
            latest: VecDeque::new(),
            standing: None,
            waiting: None,
        }
    }

    /// Reads all that there is.
    pub(crate) fn caught_up(mut self) -> Result<Self, ShelfError> {
        while self.look()? {}
        Ok(self)
    }

    /// Reads on; false where there was nothing more.
    pub(crate) fn look(&mut self) -> Result<bool, ShelfError> {
        let news = self.run.look(AT_ONCE)?;
        self.standing = Some(news.standing);
        news.entries.iter().for_each(|entry| self.observe(entry));
        Ok(!news.entries.is_empty())
    }

    pub(crate) fn manifest(&self) -> &Manifest {
        self.run.manifest()
    }

    /// Whether more may come.
    pub(crate) fn goes_on(&self) -> bool {
        self.standing.as_ref().is_none_or(|standing| standing.running)
    }

    fn observe(&mut self, entry: &Entry) {
        self.summary.observe(entry);
        match &entry.event {
            Event::Loading { model, elapsed } => {
                self.waiting = Some(format!("{model} is being loaded, for {} so far", span(*elapsed)));
            }
            Event::OutageBegan { reason } => {
                self.waiting = Some(format!("the server is away: {}", beginning(reason)));
            }
            Event::Loaded { .. } | Event::OutageEnded { .. } | Event::Ended { .. } => self.waiting = None,
            Event::TrialFinished { trial, verdict } => {
                if self.latest.len() == LATEST {
                    self.latest.pop_back();
                }
                self.latest.push_front(Latest {
                    task: match trial.sample {
                        0 => trial.task.clone(),
                        sample => format!("{} sample {sample}", trial.task),
                    },
                    class: class(verdict),
                    reason: beginning(&verdict.reason),
                });
            }
            _ => {}
        }
    }

    pub(crate) fn told(&self) -> Told {
        let summary = &self.summary;
        let counts = summary.counts();
        let standing = self.standing.clone().unwrap_or(Standing {
            state: "unknown",
            failure: None,
            running: false,
        });
        let rate = summary.pass_at(1);
        let interval = |rate: koderz_core::statistics::Rate| {
            format!(
                "{} ({} to {})",
                percent(rate.value),
                percent(rate.low),
                percent(rate.high)
            )
        };
        Told {
            state: standing.state,
            failure: standing.failure,
            running: standing.running,
            waiting: self.waiting.clone().filter(|_| standing.running),
            settled: counts.settled(),
            trials: summary.trials,
            progress: match summary.trials {
                Some(trials) => format!("{} of {}", grouped(counts.settled()), counted(trials, "trial")),
                None => counted(counts.settled(), "trial"),
            },
            figures: vec![
                ("pass@1", rate.map_or_else(|| "none yet".to_owned(), interval)),
                ("answers", grouped(summary.answers)),
                ("tokens written", grouped(summary.output_tokens)),
                ("retries", grouped(summary.retry_count())),
                ("outages", grouped(summary.outages)),
                ("time of work", span(summary.took)),
            ],
            counts: [
                ("pass", counts.pass),
                ("fail", counts.wrong()),
                (TRUNCATED, counts.truncated),
                ("inconclusive", counts.inconclusive),
                ("measured", counts.partial + counts.ungraded),
                ("open", counts.open),
            ]
            .map(|(name, count)| (name, grouped(count)))
            .into(),
            latest: self.latest.iter().cloned().collect(),
        }
    }
}

/// What a verdict is sorted under.
pub(crate) fn class(verdict: &Verdict) -> &'static str {
    match verdict.grade {
        _ if truncated(verdict) => TRUNCATED,
        Grade::Pass => "pass",
        Grade::Fail => "fail",
        Grade::Partial(_) => "partial",
        Grade::Ungraded => "ungraded",
        Grade::Inconclusive => "inconclusive",
    }
}

/// The first line of a text, as far as it is not too long.
pub(crate) fn beginning(text: &str) -> String {
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    match line.char_indices().nth(REASON) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
