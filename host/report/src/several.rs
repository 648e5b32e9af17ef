//! Several models side by side, and those that came to nothing.

use crate::json::json;
use crate::line::{cell, first, fit, harmless, width};
use crate::numbers::{grouped, hundredths, percent, span};
use crate::report::Report;
use koderz_api::suite::Grade;
use koderz_core::summary::Counts;
use serde::Serialize;
use serde_json::{Value, json as object};
use std::collections::BTreeMap;

/// The width of a terminal that nobody has widened.
const COLUMNS: usize = 80;

/// The most that the name of a model takes.
const MODEL: usize = 30;

/// A model whose run could not begin or could not go on.
#[derive(Clone, Debug, Serialize)]
pub struct FailedModel {
    /// Which.
    pub model: String,
    /// Why.
    pub reason: String,
}

/// A table of runs of several models, the best first, and what failed. At most 80 columns, and no colour.
pub fn several(reports: &[Report<'_>], failed: &[FailedModel]) -> String {
    let mut lines = Vec::new();
    let mut sorted: Vec<&Report<'_>> = reports.iter().collect();
    sorted.sort_by(|a, b| value(b).total_cmp(&value(a)));
    if !sorted.is_empty() {
        let heading = ["model", "pass@1", "95 % interval", "p/f/i", "retries", "time"].map(str::to_owned);
        let rows: Vec<[String; 6]> = [heading]
            .into_iter()
            .chain(sorted.iter().map(|report| cells(report)))
            .collect();
        lines.extend(table(&rows));
        lines.push(String::new());
        lines.push("p/f/i: pass, fail, inconclusive".to_owned());
    }
    let failed = all_failed(reports, failed);
    if !failed.is_empty() {
        lines.extend((!lines.is_empty()).then(String::new));
        lines.push(format!("⚠ {} model(s) failed:", failed.len()));
        lines.extend(failed.iter().map(|failed| {
            let line = format!("  • {}: {}", failed.model, first(&failed.reason));
            fit(&harmless(&line), COLUMNS)
        }));
    }
    lines.iter().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// The same for programs.
pub fn several_json(reports: &[Report<'_>], failed: &[FailedModel]) -> Value {
    let runs: Vec<Value> = reports.iter().map(json).collect();
    object!({ "runs": runs, "failed_models": all_failed(reports, failed) })
}

/// What could not be run, and what was run without a single verdict.
fn all_failed(reports: &[Report<'_>], failed: &[FailedModel]) -> Vec<FailedModel> {
    let fruitless = reports.iter().filter_map(|report| {
        let counts = report.counts();
        (counts.inconclusive > 0 && counts.inconclusive == counts.settled()).then(|| FailedModel {
            model: model(report).to_owned(),
            reason: commonest_reason(report),
        })
    });
    failed.iter().cloned().chain(fruitless).collect()
}

fn commonest_reason(report: &Report<'_>) -> String {
    let mut times: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, verdict) in report.story.summary().with_grade(|grade| grade == Grade::Inconclusive) {
        *times.entry(verdict.reason.as_str()).or_default() += 1;
    }
    let commonest = times.into_iter().max_by_key(|(_, count)| *count);
    commonest.map_or_else(String::new, |(reason, _)| reason.to_owned())
}

fn model<'a>(report: &'a Report<'_>) -> &'a str {
    report
        .manifest()
        .models
        .get("subject")
        .map_or("no model", String::as_str)
}

/// What runs are sorted by; those without a rate come last.
fn value(report: &Report<'_>) -> f64 {
    report.rates().first().map_or(-1.0, |(_, rate)| rate.value)
}

fn cells(report: &Report<'_>) -> [String; 6] {
    let (rate, interval) = match report.rates().first() {
        Some((_, rate)) => (
            percent(rate.value),
            format!("{} to {}", hundredths(rate.low), percent(rate.high)),
        ),
        None => ("none".to_owned(), String::new()),
    };
    let Counts {
        pass,
        fail,
        inconclusive,
        ..
    } = report.counts();
    let summary = report.story.summary();
    [
        harmless(model(report)),
        rate,
        interval,
        format!("{pass}/{fail}/{inconclusive}"),
        grouped(summary.retry_count()),
        span(summary.took),
    ]
}

/// Columns as wide as their widest cell; all but the first are flush right.
fn table(rows: &[[String; 6]]) -> Vec<String> {
    let mut widths = [0; 6];
    for row in rows {
        for (column, text) in row.iter().enumerate() {
            widths[column] = widths[column].max(width(text));
        }
    }
    widths[0] = widths[0].min(MODEL);
    let line = |row: &[String; 6]| {
        let cells = row
            .iter()
            .zip(widths)
            .enumerate()
            .map(|(column, (text, columns))| match column {
                0 => cell(text, columns),
                _ => format!("{}{text}", " ".repeat(columns.saturating_sub(width(text)))),
            });
        fit(&cells.collect::<Vec<_>>().join("  "), COLUMNS)
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Tape;
    use crate::report::Paths;
    use crate::story::Story;
    use koderz_core::event::End;

    fn story(passes: u32, fails: u32, inconclusive: u32) -> Story {
        let grades = [
            (Grade::Pass, passes, ""),
            (Grade::Fail, fails, "wrong"),
            (
                Grade::Inconclusive,
                inconclusive,
                "max retries exceeded: read timeout (300s)",
            ),
        ];
        let trials = grades
            .into_iter()
            .flat_map(|(grade, count, reason)| (0..count).map(move |_| (grade, reason)));
        let tape = Tape::new().began(u64::from(passes + fails + inconclusive), 0);
        let tape = trials.enumerate().fold(tape, |tape, (number, (grade, reason))| {
            tape.trial(&format!("t/{number}"), 0, |trial| trial.verdict(grade, reason))
        });
        tape.ended(End::Finished).story()
    }

    #[test]
    fn the_best_comes_first_and_what_failed_last() {
        let paths = Paths {
            record: "runs.db".into(),
            report: None,
        };
        let stories = [story(1, 3, 0), story(3, 1, 0), story(0, 0, 2)];
        let reports: Vec<Report<'_>> = stories
            .iter()
            .map(|story| Report {
                story,
                end: story.end(),
                paths: &paths,
            })
            .collect();
        let missing = FailedModel {
            model: "deepseek-coder:33b".to_owned(),
            reason: "no such model\nhint: pull it".to_owned(),
        };
        insta::assert_snapshot!(several(&reports, &[missing]), @r"
        model    pass@1   95 % interval  p/f/i  retries   time
        tiny:1b  75.0 %  30.1 to 95.4 %  3/1/0        0  9.0 s
        tiny:1b  25.0 %   4.6 to 69.9 %  1/3/0        0  9.0 s
        tiny:1b    none                  0/0/2        0  5.0 s

        p/f/i: pass, fail, inconclusive

        ⚠ 2 model(s) failed:
          • deepseek-coder:33b: no such model
          • tiny:1b: max retries exceeded: read timeout (300s)
        ");
    }
}
