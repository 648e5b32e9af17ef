//! Samples as a table of comma-separated values (RFC 4180), with a header line.
//!
//! Texts come from models and suites, and a spreadsheet takes a cell that begins like a formula for one. Such a cell gets
//! an apostrophe in front (OWASP, "CSV Injection").

use super::printable::printable;
use crate::report::{Report, failure_kind, grade};
use crate::tale::{Answer, NoAnswer, Tale};

const HEADER: [&str; 9] = [
    "task",
    "sample",
    "grade",
    "failure",
    "reason",
    "attempts",
    "output_tokens",
    "seconds",
    "model",
];

/// The table of one run or several: after what every run has come the model and the suite's metrics, in its units.
pub(super) fn csv(reports: &[Report<'_>]) -> String {
    let metrics = metrics(reports);
    let names = metrics.iter().map(|name| text(name));
    let header = HEADER.map(str::to_owned).into_iter().chain(names);
    let rows = reports.iter().flat_map(|report| rows(report, &metrics));
    std::iter::once(header.collect())
        .chain(rows)
        .map(|row: Vec<String>| row.join(",") + "\r\n")
        .collect()
}

/// The names of all metrics, in the suites' order.
fn metrics<'a>(reports: &[Report<'a>]) -> Vec<&'a str> {
    let mut names = Vec::new();
    for metric in reports.iter().flat_map(|report| &report.story.manifest().metrics) {
        if !names.contains(&metric.name.as_str()) {
            names.push(metric.name.as_str());
        }
    }
    names
}

fn rows(report: &Report<'_>, metrics: &[&str]) -> Vec<Vec<String>> {
    let story = report.story;
    let rows = story.summary().samples.iter().map(|(id, sample)| {
        let verdict = sample.verdict.as_deref();
        let tale = story.tale(id);
        let took = tale.and_then(|tale| tale.took);
        let known = [
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
            text(report.subject()),
        ];
        let metric = |name: &&str| {
            let metrics = verdict.map_or(&[][..], |verdict| &verdict.metrics);
            let found = metrics.iter().find(|metric| metric.name == *name);
            found.map(|metric| metric.value.to_string()).unwrap_or_default()
        };
        known.into_iter().chain(metrics.iter().map(metric)).collect()
    });
    rows.collect()
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
