//! Several models side by side, and those that came to nothing.

use crate::differ::{UNLIKELY, rank_test, together};
use crate::json::json;
use crate::line::{COLUMNS, cell, first, fit, harmless, width};
use crate::measured::{Measured, measured};
use crate::numbers::{grouped, hundredths, percent, span};
use crate::report::Report;
use koderz_api::suite::{Grade, MetricInfo};
use koderz_core::summary::Counts;
use serde::Serialize;
use serde_json::{Value, json as object};
use std::collections::{BTreeMap, BTreeSet};

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
    let graded = reports.iter().any(|report| !report.rates().is_empty());
    let mut lines = match reports {
        [] => Vec::new(),
        reports if graded || reports.iter().all(|report| measured(report).is_empty()) => by_rate(reports),
        reports => by_metric(reports),
    };
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

fn by_rate(reports: &[Report<'_>]) -> Vec<String> {
    let mut sorted: Vec<&Report<'_>> = reports.iter().collect();
    sorted.sort_by(|a, b| value(b).total_cmp(&value(a)));
    let heading = ["model", "pass@1", "95 % interval", "p/f/t/i", "retries", "time"].map(str::to_owned);
    let rows = sorted.iter().map(|report| cells(report).to_vec());
    let mut lines = table(&[heading.to_vec()].into_iter().chain(rows).collect::<Vec<_>>());
    lines.extend(["", "p/f/t/i: pass, fail, truncated, inconclusive"].map(str::to_owned));
    lines
}

/// One column for each metric, and one for how the first compares with the best.
fn by_metric(reports: &[Report<'_>]) -> Vec<String> {
    let mut metrics: Vec<&MetricInfo> = Vec::new();
    let all = reports.iter().flat_map(|report| &report.manifest().metrics);
    for metric in all.filter(|metric| !metric.reductions.is_empty()) {
        if !metrics.iter().any(|known| known.name == metric.name) {
            metrics.push(metric);
        }
    }
    let mut sorted = pooled(reports);
    // A shape that writes one token has no rate of writing to compare.
    let is_measured = |info: &&MetricInfo| {
        let all = sorted.iter().flat_map(|(_, measured)| measured);
        all.into_iter().any(|metric| metric.info.name == info.name)
    };
    metrics.retain(is_measured);
    let main = |measured: &[Measured<'_>]| {
        let first = metrics.first()?;
        let metric = measured.iter().find(|metric| metric.info.name == first.name)?;
        Some((metric.badness(), metric.value()))
    };
    let badness = |measured: &[Measured<'_>]| main(measured).map_or(f64::INFINITY, |(badness, _)| badness);
    sorted.sort_by(|(_, a), (_, b)| badness(a).total_cmp(&badness(b)));
    let best = sorted
        .first()
        .and_then(|(_, measured)| main(measured))
        .map(|(_, value)| value);
    let mut heading = vec!["model".to_owned()];
    for (column, metric) in metrics.iter().enumerate() {
        heading.push(harmless(&metric.name));
        heading.extend((column == 0).then(|| "relative".to_owned()));
    }
    let row = |(model, measured): &(&str, Vec<Measured<'_>>)| {
        let mut row = vec![harmless(model)];
        for (column, info) in metrics.iter().enumerate() {
            let metric = measured.iter().find(|metric| metric.info.name == info.name);
            row.push(metric.map_or_else(|| "none".to_owned(), |metric| metric.shown(metric.value())));
            let relative = metric.zip(best).filter(|(_, best)| *best != 0.0);
            row.extend((column == 0).then(|| match relative {
                Some((metric, best)) => format!("{:.2}", metric.value() / best),
                None => "none".to_owned(),
            }));
        }
        row
    };
    let rows: Vec<Vec<String>> = [heading].into_iter().chain(sorted.iter().map(row)).collect();
    let mut lines = table(&rows);
    let first = metrics.first().map(|info| info.name.as_str());
    lines.extend(known(first.unwrap_or_default(), &sorted));
    lines.extend(doubtful(reports));
    let of = |(model, measured): &(&str, Vec<Measured<'_>>)| {
        let metric = measured
            .iter()
            .find(|metric| Some(metric.info.name.as_str()) == first)?;
        Some(((*model).to_owned(), metric.values().to_vec()))
    };
    let values: Vec<(String, Vec<f64>)> = sorted.iter().filter_map(of).collect();
    lines.extend(differences(first.unwrap_or_default(), &values));
    lines
}

/// What was measured of each model, in all of its runs.
fn pooled<'a>(reports: &'a [Report<'_>]) -> Vec<(&'a str, Vec<Measured<'a>>)> {
    let mut models: Vec<(&str, Vec<Measured<'_>>)> = Vec::new();
    for report in reports {
        let name = report.subject();
        let Some((_, known)) = models.iter_mut().find(|(known, _)| *known == name) else {
            models.push((name, measured(report)));
            continue;
        };
        for more in measured(report) {
            match known.iter().position(|metric| metric.info.name == more.info.name) {
                Some(place) => known[place] = known[place].clone().with(&more),
                None => known.push(more),
            }
        }
    }
    models
}

/// How well the first metric is known of each model.
fn known(metric: &str, models: &[(&str, Vec<Measured<'_>>)]) -> Vec<String> {
    let notes = models.iter().filter_map(|(model, measured)| {
        let measured = measured.iter().find(|measured| measured.info.name == metric)?;
        Some((harmless(model), measured.note()))
    });
    section(format!("{metric}:"), notes)
}

/// What makes the figures of each model doubtful, by name; what that means is told with each run.
fn doubtful(reports: &[Report<'_>]) -> Vec<String> {
    let mut flags: Vec<(&str, BTreeSet<String>)> = Vec::new();
    for report in reports {
        let (model, doubts) = (report.subject(), report.doubts());
        match flags.iter_mut().find(|(known, _)| *known == model) {
            Some((_, known)) => known.extend(doubts),
            None => flags.push((model, doubts.into_iter().collect())),
        }
    }
    let flagged = flags.into_iter().filter(|(_, doubts)| !doubts.is_empty());
    let flagged = flagged.map(|(model, doubts)| {
        let doubts: Vec<String> = doubts.iter().map(|doubt| harmless(doubt)).collect();
        (harmless(model), doubts.join(", "))
    });
    section("flags:".to_owned(), flagged)
}

/// A line for each model under a heading; nothing where there is none.
fn section(heading: String, lines: impl Iterator<Item = (String, String)>) -> Vec<String> {
    let lines: Vec<String> = lines
        .map(|(model, words)| fit(&format!("{model}: {words}"), COLUMNS))
        .collect();
    if lines.is_empty() {
        return lines;
    }
    let heading = fit(&harmless(&heading), COLUMNS);
    [String::new(), heading].into_iter().chain(lines).collect()
}

/// Whether each model differs from the first by more than chance, in words.
fn differences(metric: &str, values: &[(String, Vec<f64>)]) -> Vec<String> {
    let Some(((best, best_values), others)) = values.split_first() else {
        return Vec::new();
    };
    let tests = others.iter().filter_map(|(other, values)| {
        let test = rank_test(best_values, values)?;
        Some((other, values.len(), test))
    });
    let tests: Vec<_> = tests.collect();
    let probabilities: Vec<f64> = tests.iter().map(|(_, _, test)| test.probability).collect();
    let said = tests
        .iter()
        .zip(together(&probabilities))
        .map(|((other, count, test), probability)| {
            let (other, count, first) = (harmless(other), *count, best_values.len());
            // First of all: where others differ for certain, fewer answers can show a difference than by themselves.
            if probability <= UNLIKELY {
                let shown = if probability < 0.001 {
                    "p < 0.001".to_owned()
                } else {
                    format!("p = {probability:.3}")
                };
                format!("{other}: its {metric} differs by more than chance, {shown}")
            } else if test.least * tests.len() as f64 > UNLIKELY {
                format!("{other}: {first} and {count} answers are too few to show any difference")
            } else {
                format!("{other}: no difference that {first} and {count} answers could show, p = {probability:.2}")
            }
        });
    let said: Vec<String> = said.map(|line| fit(&line, COLUMNS)).collect();
    if said.is_empty() {
        return said;
    }
    let heading = fit(
        &format!("compared with {} by {metric}, a rank test:", harmless(best)),
        COLUMNS,
    );
    [String::new(), heading].into_iter().chain(said).collect()
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
            model: report.subject().to_owned(),
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
    let counts = report.counts();
    let Counts {
        pass,
        truncated,
        inconclusive,
        ..
    } = counts;
    let summary = report.story.summary();
    [
        harmless(report.subject()),
        rate,
        interval,
        format!("{pass}/{}/{truncated}/{inconclusive}", counts.wrong()),
        grouped(summary.retry_count()),
        span(summary.took),
    ]
}

/// Columns as wide as their widest cell; all but the first are flush right.
fn table(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut widths = vec![0; columns];
    for row in rows {
        for (column, text) in row.iter().enumerate() {
            widths[column] = widths[column].max(width(text));
        }
    }
    if let Some(first) = widths.first_mut() {
        *first = (*first).min(MODEL);
    }
    let line = |row: &Vec<String>| {
        let cells = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (text, columns))| match column {
                0 => cell(text, *columns),
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
    fn a_difference_that_was_shown_is_told_however_few_answers_showed_it() {
        let values = |from: u32, count: u32| (from..from + count).map(f64::from).collect::<Vec<f64>>();
        // The least that five and four answers come to is 2 of 126, and four times that is no difference any more; but
        // the test before it needs no making up for.
        let told = differences(
            "rate",
            &[
                ("first".to_owned(), values(100, 5)),
                ("many".to_owned(), values(0, 30)),
                ("few".to_owned(), values(50, 4)),
                ("none".to_owned(), values(90, 2)),
                ("alike".to_owned(), values(95, 30)),
            ],
        );
        insta::assert_snapshot!(told.join("\n"), @"

        compared with first by rate, a rank test:
        many: its rate differs by more than chance, p < 0.001
        few: its rate differs by more than chance, p = 0.048
        none: 5 and 2 answers are too few to show any difference
        alike: no difference that 5 and 30 answers could show, p = 0.16
        ");
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
        model    pass@1   95 % interval  p/f/t/i  retries   time
        tiny:1b  75.0 %  30.1 to 95.4 %  3/1/0/0        0  9.0 s
        tiny:1b  25.0 %   4.6 to 69.9 %  1/3/0/0        0  9.0 s
        tiny:1b    none                  0/0/0/2        0  5.0 s

        p/f/t/i: pass, fail, truncated, inconclusive

        ⚠ 2 model(s) failed:
          • deepseek-coder:33b: no such model
          • tiny:1b: max retries exceeded: read timeout (300s)
        ");
    }
}
