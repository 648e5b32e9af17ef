//! What was found out about a plugin.

use crate::figure::span;
use serde_json::Value;
use std::time::{Duration, Instant};

/// A call that takes longer than this holds a run up.
pub(super) const SLOW: Duration = Duration::from_secs(1);

/// Findings of one kind that are named; the rest are counted.
const NAMED: usize = 5;

/// Figures, and what should be mended.
#[derive(Default)]
pub(super) struct Findings {
    /// What was tried, and what it came to.
    pub(super) figures: Vec<(String, String)>,
    /// What may be meant so.
    pub(super) remarks: Vec<String>,
    /// What cannot be meant so.
    pub(super) faults: Vec<String>,
}

impl Findings {
    pub(super) fn figure(&mut self, what: &str, figure: String) {
        self.figures.push((what.to_owned(), figure));
    }

    pub(super) fn fault(&mut self, what: String) {
        self.faults.push(what);
    }

    /// One fault for many places in which it was found.
    pub(super) fn faults_at(&mut self, what: &str, places: &[String]) {
        self.faults.extend(in_few_words(what, places));
    }

    pub(super) fn remarks_at(&mut self, what: &str, places: &[String]) {
        self.remarks.extend(in_few_words(what, places));
    }

    /// How long the calls of one kind took.
    pub(super) fn times(&mut self, call: &str, times: &Times) {
        if let Some(words) = times.words() {
            self.figure(call, words);
        }
        if let Some(slowest) = times.0.iter().max().filter(|slowest| **slowest > SLOW) {
            self.slow(call, *slowest);
        }
    }

    /// A call that took longer than it should.
    pub(super) fn slow(&mut self, call: &str, took: Duration) {
        let (took, most) = (span(took), span(SLOW));
        self.fault(format!(
            "{call} is slow: a call took {took}, and {most} is the most that a run can bear"
        ));
    }

    /// Settings of which a user does not see what they are, or what holds without them.
    pub(super) fn schema(&mut self, schema: Option<&Value>, owner: &str) {
        let Some(schema) = schema else { return };
        let is_closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            if !is_closed {
                self.fault(format!(
                    "the settings-schema of `{owner}` documents no setting and refuses none, so a slip goes unnoticed"
                ));
            }
            return;
        };
        if !is_closed {
            self.remarks.push(format!(
                "the settings-schema of `{owner}` refuses no unknown setting, so a slip goes unnoticed"
            ));
        }
        let silent = properties.iter().filter(|(_, property)| {
            let words = property.get("description").and_then(Value::as_str);
            words.is_none_or(|words| words.trim().is_empty())
        });
        let full = |name: &String| format!("{owner}.{name}");
        let silent: Vec<String> = silent.map(|(name, _)| full(name)).collect();
        self.remarks_at("settings without a description", &silent);
        let required = schema.get("required").and_then(Value::as_array);
        let is_required = |name: &String| required.is_some_and(|names| names.iter().any(|one| one == name));
        let open = properties
            .iter()
            .filter(|(name, property)| property.get("default").is_none() && !is_required(name));
        let open: Vec<String> = open.map(|(name, _)| full(name)).collect();
        // In Rust that is an enum which does not derive `serde::Serialize`, as a rule.
        self.remarks_at("settings whose default is not shown", &open);
    }
}

fn in_few_words(what: &str, places: &[String]) -> Option<String> {
    let named = places.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match places.len() {
        0 => None,
        1..=NAMED => Some(format!("{what}: {named}")),
        more => Some(format!("{what}: {named} and {} more", more - NAMED)),
    }
}

/// How long calls took.
#[derive(Default)]
pub(super) struct Times(Vec<Duration>);

impl Times {
    pub(super) fn take<T>(&mut self, call: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let answer = call();
        self.0.push(began.elapsed());
        answer
    }

    fn words(&self) -> Option<String> {
        let mut sorted = self.0.clone();
        sorted.sort();
        let (median, most) = (sorted.get(sorted.len() / 2)?, sorted.last()?);
        let calls = sorted.len();
        Some(format!(
            "{calls} calls, median {}, longest {}",
            short(*median),
            short(*most)
        ))
    }
}

/// A time that may be less than what reports tell apart.
pub(super) fn short(time: Duration) -> String {
    match time.as_micros() {
        ..1000 => format!("{} µs", time.as_micros()),
        1000..1_000_000 => format!("{:.1} ms", time.as_secs_f64() * 1e3),
        _ => span(time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_setting_of_which_a_user_would_not_see_what_it_is_or_what_holds_is_remarked_on() {
        let mut findings = Findings::default();
        let schema = json!({
            "additionalProperties": false,
            "required": ["model"],
            "properties": {
                "delay": {"description": "Seconds.", "default": 2},
                "limit": {"description": "Seconds, if any.", "default": null},
                "model": {"description": "Which."},
                "way": {"description": "How."},
                "pause": {"description": " ", "default": 1},
            },
        });
        findings.schema(Some(&schema), "retry");
        let expected = [
            "settings without a description: retry.pause",
            "settings whose default is not shown: retry.way",
        ];
        assert_eq!(findings.remarks, expected);
        assert!(findings.faults.is_empty());
    }
}
