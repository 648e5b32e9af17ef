//! How lines are laid out: nothing is wider than a terminal that nobody has widened.

use crate::line::{COLUMNS, cell, fit, harmless, width};
use crate::numbers::grouped;

/// The column in which figures end.
pub(super) const FIGURES: usize = 20;

pub(super) fn lines_of(lines: impl Iterator<Item = String>) -> String {
    lines.map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// Rows of a name, a value and a note.
pub(super) fn table(rows: &[(String, String, String)]) -> Vec<String> {
    let names = rows.iter().map(|(name, ..)| width(name)).max().unwrap_or(0);
    let values = rows.iter().map(|(_, value, _)| width(value)).max().unwrap_or(0);
    let line = |(name, value, note): &(String, String, String)| {
        let name = cell(&harmless(name), names);
        let room = " ".repeat(values - width(value));
        fit(&format!("{name}   {room}{value}   {}", harmless(note)), COLUMNS)
    };
    rows.iter().map(line).collect()
}

/// `name         value   note`.
pub(super) fn figure(name: &str, value: &str, note: &str) -> String {
    let room = FIGURES.saturating_sub(width(value) + 1);
    fit(&format!("{} {value}   {note}", cell(name, room)), COLUMNS)
}

/// Counts after a beginning, on as many lines as they need, each as far in as is said.
pub(super) fn wrapped(word: &str, indent: usize, counts: &[(String, u64)]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = word.to_owned();
    for (index, count) in counts.iter().enumerate() {
        let comma = if index + 1 < counts.len() { "," } else { "" };
        let part = format!("{}{comma}", list(std::slice::from_ref(count)));
        if width(&line) + width(&part) > COLUMNS && line.trim() != word.trim() {
            lines.push(fit(line.trim_end(), COLUMNS));
            line = " ".repeat(indent);
        }
        line = format!("{line}{part} ");
    }
    lines.push(fit(line.trim_end(), COLUMNS));
    lines
}

fn list(counts: &[(String, u64)]) -> String {
    let parts: Vec<String> = counts
        .iter()
        .map(|(name, count)| format!("{} {}", harmless(name), grouped(*count)))
        .collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_failure_are_all_shown_on_as_many_lines_as_they_need() {
        let kinds: Vec<(String, u64)> = (0..12).map(|kind| (format!("kind-of-failure-{kind}"), 10)).collect();
        let lines = wrapped("failed: ", 8, &kinds);
        assert!(lines.iter().all(|line| width(line) <= COLUMNS), "{lines:?}");
        let text = lines.join(" ");
        assert!(
            kinds.iter().all(|(kind, _)| text.contains(&format!("{kind} 10"))),
            "{text}"
        );
        assert!(lines.len() > 3 && text.ends_with("kind-of-failure-11 10"), "{text}");
    }
}
