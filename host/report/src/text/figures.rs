//! What a run comes to: pass rates, what was measured, and what its suite reckons.

use super::layout::{figure, table};
use crate::line::{COLUMNS, fit, harmless, width};
use crate::measured::measured;
use crate::numbers::{hundredths, percent};
use crate::reckoned::reckoned;
use crate::report::Report;

/// The longest note that stands beside a figure of the suite's own.
const NOTES: usize = 36;

/// And beside what was measured, whose names and values are shorter.
const LONGER: usize = 46;

pub(super) fn rates(report: &Report<'_>) -> Vec<String> {
    let rates = report.rates();
    if rates.is_empty() && !measured(report).is_empty() {
        return Vec::new();
    }
    if rates.is_empty() {
        return vec!["no pass rate: no trial came to a pass or a fail".to_owned()];
    }
    let line = |(k, rate): &(u64, koderz_core::statistics::Rate)| {
        let interval = format!("{} to {}", hundredths(rate.low), percent(rate.high));
        figure(
            &format!("pass@{k}"),
            &percent(rate.value),
            &format!("95 % interval {interval}"),
        )
    };
    rates.iter().map(line).collect()
}

pub(super) fn measurements(report: &Report<'_>) -> Vec<String> {
    let measured = measured(report);
    let rows = measured
        .iter()
        .map(|metric| (metric.info.name.clone(), metric.shown(metric.value()), metric.note()));
    noted(rows.collect(), LONGER)
}

pub(super) fn reckonings(report: &Report<'_>) -> Vec<String> {
    noted(reckoned(report), NOTES)
}

/// A note that is longer stands below its figure.
fn noted(rows: Vec<(String, String, String)>, longest: usize) -> Vec<String> {
    let (mut fitting, mut notes) = (Vec::new(), Vec::new());
    for (name, value, note) in rows {
        let note = harmless(&note);
        let below = width(&note) > longest;
        notes.push(below.then(|| fit(&format!("    {note}"), COLUMNS)));
        fitting.push((name, value, if below { String::new() } else { note }));
    }
    let lines = table(&fitting).into_iter().zip(notes);
    lines
        .flat_map(|(line, note)| std::iter::once(line).chain(note))
        .collect()
}
