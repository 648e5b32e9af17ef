//! Samples as a table of comma-separated values (RFC 4180), with a header line.
//!
//! Texts come from models and suites, and a spreadsheet takes a cell that begins like a formula for one. Such a cell gets
//! an apostrophe in front (OWASP, "CSV Injection").

use super::printable::printable;
use crate::report::{Report, failure_kind, grade};
use crate::tale::{Answer, NoAnswer, Tale};

const HEADER: [&str; 8] = [
    "task",
    "sample",
    "grade",
    "failure",
    "reason",
    "attempts",
    "output_tokens",
    "seconds",
];

/// The table.
pub(super) fn csv(report: &Report<'_>) -> String {
    let story = report.story;
    let rows = story.summary().samples.iter().map(|(id, sample)| {
        let verdict = sample.verdict.as_deref();
        let tale = story.tale(id);
        let took = tale.and_then(|tale| tale.took);
        [
            text(&id.task),
            id.sample.to_string(),
            verdict.map_or("open", |verdict| grade(verdict.grade)).to_owned(),
            text(verdict.and_then(failure_kind).unwrap_or_default()),
            text(verdict.map(|verdict| verdict.reason.as_str()).unwrap_or_default()),
            tale.and_then(attempts)
                .map(|number| number.to_string())
                .unwrap_or_default(),
            sample.output_tokens.to_string(),
            took.map(|took| format!("{:.3}", took.as_secs_f64()))
                .unwrap_or_default(),
        ]
    });
    let header = HEADER.map(str::to_owned);
    [header]
        .into_iter()
        .chain(rows)
        .map(|row| row.join(",") + "\r\n")
        .collect()
}

/// Attempts at the last question, the one that succeeded included.
fn attempts(tale: &Tale) -> Option<u32> {
    match tale.answer.as_ref()? {
        Ok(Answer { attempts, .. }) | Err(NoAnswer { attempts, .. }) => Some(*attempts),
    }
}

/// A text of others as a cell.
fn text(text: &str) -> String {
    let mut text = printable(text);
    if text.starts_with(['=', '+', '-', '@', '\t', '\n']) {
        text.insert(0, '\'');
    }
    if text.contains(['"', ',', '\n']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_quoted_where_it_must_be_and_never_a_formula() {
        for (given, written) in [
            ("", ""),
            ("assert 1 == 2", "assert 1 == 2"),
            ("a, b", "\"a, b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("two\r\nlines", "\"two\nlines\""),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("\u{0}=1", "'=1"),
            ("-1", "'-1"),
            ("@x", "'@x"),
            ("+1", "'+1"),
            ("\t=1", "'\t=1"),
            ("\u{1b}[2Jx\u{202e}y", "[2Jxy"),
        ] {
            assert_eq!(text(given), written, "{given:?}");
        }
    }
}
