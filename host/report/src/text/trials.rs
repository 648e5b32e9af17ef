//! What became of trials: how many of each kind, what they cost, and which failed and why.

use super::layout::{FIGURES, figure, wrapped};
use crate::cost::{Figure, cost};
use crate::line::{COLUMNS, cell, first, fit, harmless, width};
use crate::numbers::{counted, grouped};
use crate::report::{NO_KIND, Report, failure_kind};
use koderz_api::suite::{Grade, Verdict};
use koderz_core::summary::{SampleId, TRUNCATED};

/// Failed samples that are listed; the page has all of them.
const LISTED: usize = 20;

/// Inconclusive samples that are listed. Each is to be looked into, but where so many are there is one reason.
const INCONCLUSIVE: usize = 100;

pub(super) fn counts(report: &Report<'_>) -> Vec<String> {
    let counts = report.counts();
    let not_begun = report.not_begun();
    let left_out = "the machinery failed; in no rate".to_owned();
    let always = [
        ("pass", counts.pass, String::new()),
        ("fail", counts.wrong(), String::new()),
    ];
    let seldom = [
        (
            TRUNCATED,
            counts.truncated,
            "cut by the output bound; wrong too".to_owned(),
        ),
        ("partial", counts.partial, String::new()),
        ("ungraded", counts.ungraded, "measured only".to_owned()),
        ("inconclusive", counts.inconclusive, left_out),
        ("open", counts.open, "begun; no verdict yet".to_owned()),
        ("not begun", not_begun, String::new()),
    ];
    // Where everything was measured, nothing was to be passed.
    let graded = counts.ungraded == 0 || counts.pass + counts.fail > 0;
    always
        .into_iter()
        .filter(|_| graded)
        .chain(seldom.into_iter().filter(|(_, count, _)| *count > 0))
        .map(|(name, count, note)| figure(name, &grouped(count), &note))
        .collect()
}

pub(super) fn work(report: &Report<'_>) -> Vec<String> {
    let summary = report.story.summary();
    let written = match summary.output_tokens {
        0 => String::new(),
        tokens => format!("{} written by the model", counted(tokens, "token")),
    };
    let mut lines = vec![figure("answers", &grouped(summary.answers), &written)];
    lines.extend(wrapped(
        &figure("retries", &grouped(summary.retry_count()), ""),
        FIGURES + 3,
        &report.retries(),
    ));
    for Figure { name, value, note } in cost(report) {
        lines.push(figure(name, &value, &note));
    }
    if let Some(limit) = summary.limit {
        lines.push(figure(
            "at once",
            &grouped(limit.into()),
            "as found: so many the server works on",
        ));
    }
    lines
}

pub(super) fn inconclusive(report: &Report<'_>) -> Vec<String> {
    let summary = report.story.summary();
    let verdicts: Vec<_> = summary.with_grade(|grade| grade == Grade::Inconclusive).collect();
    if verdicts.is_empty() {
        return Vec::new();
    }
    let listed = &verdicts[..verdicts.len().min(INCONCLUSIVE)];
    let mut lines = vec!["inconclusive".to_owned()];
    lines.extend(rows(listed, |_| String::new()));
    lines.extend(more(report, verdicts.len() - listed.len()));
    lines
}

pub(super) fn failed(report: &Report<'_>) -> Vec<String> {
    let summary = report.story.summary();
    let verdicts: Vec<_> = summary.with_grade(|grade| grade == Grade::Fail).collect();
    if verdicts.is_empty() {
        return Vec::new();
    }
    let listed = &verdicts[..verdicts.len().min(LISTED)];
    let mut lines = wrapped("failed: ", 8, &report.failures());
    lines.extend(rows(listed, |verdict| {
        harmless(failure_kind(verdict).unwrap_or(NO_KIND))
    }));
    lines.extend(more(report, verdicts.len() - listed.len()));
    lines
}

/// `  task   kind   reason`, with the columns as wide as their texts need, within reason.
fn rows(verdicts: &[(&SampleId, &Verdict)], kind: impl Fn(&Verdict) -> String) -> Vec<String> {
    let widest =
        |texts: &mut dyn Iterator<Item = String>, most| texts.map(|text| width(&text)).max().unwrap_or(0).min(most);
    let names = widest(&mut verdicts.iter().map(|(id, _)| name(id)), 26);
    let kinds = widest(&mut verdicts.iter().map(|(_, verdict)| kind(verdict)), 16);
    verdicts
        .iter()
        .map(|(id, verdict)| {
            let mut row = format!("  {}", cell(&name(id), names));
            if kinds > 0 {
                row = format!("{row}  {}", cell(&kind(verdict), kinds));
            }
            fit(&format!("{row}  {}", first(&verdict.reason)), COLUMNS)
        })
        .collect()
}

/// That so many are not listed here, and where they are.
fn more(report: &Report<'_>, count: usize) -> Option<String> {
    let place = match report.paths.report {
        Some(_) if report.story.untold() == 0 => "report",
        _ => "record",
    };
    (count > 0).then(|| format!("  … and {} more; the {place} has them all", grouped(count as u64)))
}

pub(crate) fn name(id: &SampleId) -> String {
    match id.sample {
        0 => harmless(&id.task),
        sample => harmless(&format!("{} sample {sample}", id.task)),
    }
}
