//! What the machine adds: how far off its own times are, and what it used.

use super::layout::table;
use crate::numbers::micros;
use crate::report::Report;

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

/// What the stages that measure times have used. What cannot be read is not told as nothing.
pub(super) fn energy(report: &Report<'_>) -> Vec<String> {
    let summary = report.story.summary();
    let Some(used) = &summary.energy else {
        return Vec::new();
    };
    let mut lines: Vec<(String, String, String)> = used
        .parts()
        .map(|(part, sum)| {
            let note = format!("{part}; {:.1} J of it idly", sum.idle_joules);
            ("energy".to_owned(), format!("{:.1} J", sum.joules), note)
        })
        .collect();
    if let Some(tokens) = used.tokens_per_joule() {
        let note = "above what is used idly".to_owned();
        lines.push(("energy".to_owned(), format!("{tokens:.1} tokens/J"), note));
    }
    if lines.is_empty() {
        lines.push((
            "energy".to_owned(),
            "unknown".to_owned(),
            "not readable here".to_owned(),
        ));
    }
    lines.extend(summary.resident.filter(|resident| resident.bytes > 0).map(|resident| {
        let gibibytes = |bytes: u64| format!("{:.2} GiB", bytes as f64 / f64::from(1 << 30));
        let note = format!("{} of it a graphics card's", gibibytes(resident.graphics_bytes));
        ("memory".to_owned(), gibibytes(resident.bytes), note)
    }));
    table(&lines)
}
