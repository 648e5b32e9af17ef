//! What the suite itself reckons all results to be: figures that no single trial has.

use crate::measured::{bare, shown};
use crate::numbers::grouped;
use crate::report::Report;
use koderz_api::summary::Figure;

/// The figures, each as a name, a value with its unit, and what is known of it.
pub(crate) fn reckoned(report: &Report<'_>) -> Vec<(String, String, String)> {
    let figures = report.figures().into_iter();
    let row = |figure: Figure| {
        let (value, note) = (value(&figure), note(&figure));
        (figure.name, value, note)
    };
    figures.map(row).collect()
}

/// The value with its unit. What was counted has no decimals.
fn value(figure: &Figure) -> String {
    let is_bare = matches!(figure.unit.as_str(), "" | "1") && figure.interval.is_none();
    if is_bare && figure.value.fract() == 0.0 && (0.0..1e15).contains(&figure.value) {
        return grouped(figure.value as u64);
    }
    shown(figure.value, &figure.unit)
}

fn note(figure: &Figure) -> String {
    let interval = figure.interval.map(|(low, high)| {
        let (low, high) = (bare(low, &figure.unit), shown(high, &figure.unit));
        format!("95 % interval {low} to {high}")
    });
    let words = Some(figure.note.clone()).filter(|note| !note.is_empty());
    interval.into_iter().chain(words).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_has_no_decimals_and_what_was_measured_has_them_also_where_it_is_a_whole_number() {
        let shown = |number, unit: &str, interval| {
            value(&Figure {
                name: "f".to_owned(),
                value: number,
                unit: unit.to_owned(),
                interval,
                note: String::new(),
            })
        };
        assert_eq!(shown(4.0, "1", None), "4");
        assert_eq!(shown(1234.0, "", None), "1,234");
        assert_eq!(shown(4.5, "1", None), "4.50");
        assert_eq!(shown(4.0, "tokens/s", None), "4.00 tokens/s");
        assert_eq!(shown(1.0, "1", Some((0.5, 1.5))), "1.00");
    }
}
