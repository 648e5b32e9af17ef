//! What a failed attempt was: looks a failure up in the table and puts it into words.
//!
//! Pure: nothing here waits, reads or sends.

use crate::sight::Sight;
use crate::table::{Class, Row, SAID, Status, When};
use koderz_api::transport::{Failure, FailureKind, Phase};
use koderz_core::ports::{AttemptError, Refusal};
use serde_json::Value;
use std::time::{Duration, SystemTime};

/// Characters of a server's text that are kept.
const KEPT: usize = 300;

/// How deep an error may be wrapped in the JSON of another: a runner's comes as a text inside the server's.
const WRAPPINGS: usize = 4;

/// What a server said in place of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said<'a> {
    /// The status, which an error inside a 200 does not have.
    pub(crate) status: Option<u16>,
    /// The text, or the JSON that it comes in.
    pub(crate) text: &'a str,
    /// How far the attempt had come.
    pub(crate) phase: Phase,
    /// How long the server asked to be left alone.
    pub(crate) retry_after: Option<Duration>,
}

/// What a server's own words mean.
pub(crate) fn said(said: Said<'_>) -> AttemptError {
    let text = innermost(said.text);
    let class = row(&text, said.status, said.phase).3;
    let phase = match class {
        Class::Failed(FailureKind::NotReady, _) => Phase::Load,
        _ => said.phase,
    };
    outcome(class, phase, said.status, said.retry_after, &text)
}

/// The row that decides.
fn row(text: &str, status: Option<u16>, phase: Phase) -> &'static Row {
    let lower = text.to_lowercase();
    SAID.iter()
        .find(|row| fits(row.0, status) && holds(row.1, phase) && part_of(row.2, &lower))
        .expect("the last row fits all")
}

/// A failure that the client itself saw.
pub(crate) fn seen(sight: Sight, phase: Phase, message: &str) -> AttemptError {
    outcome(sight.meaning().0, phase, None, None, message)
}

fn outcome(
    class: Class,
    phase: Phase,
    status: Option<u16>,
    retry_after: Option<Duration>,
    message: &str,
) -> AttemptError {
    let message = shortened(message);
    match class {
        Class::Refused(detail) => AttemptError::Refused(Refusal {
            status,
            detail: detail.to_owned(),
            message,
        }),
        Class::Failed(kind, detail) => AttemptError::Failed(Failure {
            kind,
            detail: detail.to_owned(),
            phase,
            status,
            retry_after,
            message,
        }),
    }
}

/// `Retry-After` in either of its forms. A date counts from the server's own `Date` where it gives one, so that clocks that
/// disagree do not matter.
pub(crate) fn retry_after(value: &str, date: Option<&str>, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let from = date
        .and_then(|date| httpdate::parse_http_date(date).ok())
        .unwrap_or(now);
    Some(until.duration_since(from).unwrap_or_default())
}

fn fits(wanted: Status, status: Option<u16>) -> bool {
    let within = |first: u16| status.is_some_and(|status| status / 100 == first);
    match wanted {
        Status::Any => true,
        Status::Is(wanted) => status == Some(wanted),
        Status::Redirect => within(3),
        Status::Client => within(4),
        Status::Server => within(5),
    }
}

fn holds(when: When, phase: Phase) -> bool {
    when == When::Ever || phase != Phase::Decode
}

fn part_of(texts: &[&str], said: &str) -> bool {
    texts.is_empty() || texts.iter().any(|text| said.contains(text))
}

/// The text of an error inside the JSON that it comes in, or the text as it is.
fn innermost(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..WRAPPINGS {
        let Ok(Value::Object(fields)) = serde_json::from_str(&text) else {
            break;
        };
        text = match fields.get("error").or_else(|| fields.get("message")) {
            Some(Value::String(inner)) => inner.clone(),
            Some(inner) => inner.to_string(),
            None => break,
        };
    }
    text
}

/// One line, and not a long one.
fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(KEPT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests;
