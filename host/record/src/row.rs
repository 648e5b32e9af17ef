//! An entry as a row of the table `event`, and back.

use crate::{RecordError, RunId};
use koderz_api::suite::Grade;
use koderz_core::event::{Entry, Event, TrialId};
use std::time::Duration;

/// What is written of an entry.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) at_ns: i64,
    pub(crate) name: &'static str,
    pub(crate) trial: Option<TrialId>,
    pub(crate) body: String,
    pub(crate) host: Option<String>,
}

impl Row {
    /// The row of an entry, or why the entry could not be read again.
    pub(crate) fn of(entry: &Entry) -> Result<Self, String> {
        if let Some(what) = unreadable(&entry.event) {
            return Err(what);
        }
        Ok(Row {
            // 292 years; no run is longer.
            at_ns: i64::try_from(entry.at.as_nanos()).unwrap_or(i64::MAX),
            name: entry.event.name(),
            trial: entry.event.trial().cloned(),
            body: serde_json::to_string(&entry.event).map_err(|error| error.to_string())?,
            host: entry.host.clone(),
        })
    }
}

/// A row, as far as an entry is read back from it.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) seq: i64,
    pub(crate) at_ns: i64,
    pub(crate) body: String,
    pub(crate) host: Option<String>,
}

/// The entry of a row.
pub(crate) fn entry(run: &RunId, stored: Stored) -> Result<Entry, RecordError> {
    Ok(Entry {
        at: Duration::from_nanos(u64::try_from(stored.at_ns).unwrap_or(0)),
        event: event(run, stored.seq, &stored.body)?,
        host: stored.host,
    })
}

/// The event of a row.
pub(crate) fn event(run: &RunId, seq: i64, body: &str) -> Result<Event, RecordError> {
    serde_json::from_str(body).map_err(|source| RecordError::Damaged {
        run: run.clone(),
        what: format!("event {seq}"),
        source,
    })
}

/// JSON has no word for what is not a finite number: it would be written as `null` and make the run unreadable.
fn unreadable(event: &Event) -> Option<String> {
    let Event::TrialFinished { trial, verdict } = event else {
        return None;
    };
    if let Grade::Partial(credit) = verdict.grade
        && !credit.is_finite()
    {
        return Some(format!(
            "trial {trial}: the credit is {credit}, which is no finite number"
        ));
    }
    let metric = verdict.metrics.iter().find(|metric| !metric.value.is_finite())?;
    Some(format!(
        "trial {trial}: the metric {} is {}, which is no finite number",
        metric.name, metric.value
    ))
}
