//! What the suite itself reckons all results to be: figures that no single trial has.

use crate::measured::{bare, shown};
use crate::report::Report;
use koderz_api::summary::Figure;

/// The figures, each as a name, a value with its unit, and what is known of it.
pub(crate) fn reckoned(report: &Report<'_>) -> Vec<(String, String, String)> {
    let figures = report.story.summary().figures.iter();
    figures
        .map(|figure| (figure.name.clone(), shown(figure.value, &figure.unit), note(figure)))
        .collect()
}

fn note(figure: &Figure) -> String {
    let interval = figure.interval.map(|(low, high)| {
        let (low, high) = (bare(low, &figure.unit), shown(high, &figure.unit));
        format!("95 % interval {low} to {high}")
    });
    let words = Some(figure.note.clone()).filter(|note| !note.is_empty());
    interval.into_iter().chain(words).collect::<Vec<_>>().join("; ")
}
