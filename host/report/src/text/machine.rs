//! What the machine adds: how far off its own times are, and what it used.

use super::layout::table;
use crate::numbers::micros;
use crate::report::Report;
use crate::resources::resources;

/// How far off the host's own times are, where it has found that out.
pub(super) fn instrument(report: &Report<'_>) -> Vec<String> {
    let Some(instrument) = report.story.summary().instrument else {
        return Vec::new();
    };
    let lines = [
        (instrument.first_token, "first-token is off by here, 95 of 100 times"),
        (instrument.gap, "a gap between two pieces is off by"),
    ];
    let lines = lines.map(|(error, words)| ("instrument".to_owned(), format!("±{}", micros(error)), words.to_owned()));
    table(&lines)
}

/// What it used, as far as that can be read.
pub(super) fn used(report: &Report<'_>) -> Vec<String> {
    table(&resources(report))
}
