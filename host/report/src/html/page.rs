//! The page as a whole: figures, facts, and a row for each sample.

use crate::cost::{Figure, cost};
use crate::flags::FLAG;
use crate::html::plot::{Plot, plots};
use crate::html::policy::{SCRIPT, STYLE, content_security_policy};
use crate::html::problem::{Problem, problems};
use crate::html::room::Room;
use crate::html::sample::Row;
use crate::html::timed::{Drawings, drawings};
use crate::measured::measured;
use crate::numbers::{counted, grouped, hundredths, micros, percent, span};
use crate::progress::ending;
use crate::reckoned::reckoned;
use crate::report::{Report, ReportError, asked};
use crate::resources::resources;
use crate::tale::Tale;
use askama::Template;
use koderz_core::manifest::PluginUse;
use koderz_core::statistics::Rate;
use koderz_core::summary::TRUNCATED;

/// What the texts of a sample may take in the page, in bytes, on average: 164 samples stay under 3 MB.
const SAMPLE_BYTES: usize = 12 << 10;

/// What all texts together may always take.
const LEAST_BYTES: usize = 1 << 20;

/// What they may take at most, however many samples there are: a browser shows such a page in a second.
const MOST_BYTES: usize = 8 << 20;

/// A run as one HTML page that needs nothing else.
///
/// # Errors
/// If the page's template fails.
pub fn html(report: &Report<'_>) -> Result<String, ReportError> {
    html_with(report, &[])
}

/// The same page with links on its top, for whoever serves it beside others.
///
/// # Errors
/// If the page's template fails.
pub fn html_with(report: &Report<'_>, links: &[Link]) -> Result<String, ReportError> {
    Page::of(report, links).render().map_err(ReportError::Page)
}

/// A way to another page.
#[derive(Clone, Debug)]
pub struct Link {
    /// What it says.
    pub text: String,
    /// Where it leads.
    pub to: String,
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    policy: String,
    style: &'static str,
    script: &'static str,
    links: &'a [Link],
    suite: String,
    model: String,
    run: String,
    end: String,
    rates: Vec<RateView>,
    tiles: Vec<Tile>,
    failures: Vec<(String, String)>,
    retries: Vec<(String, String)>,
    measured: Vec<(String, String, String)>,
    costs: Vec<Figure>,
    facts: Vec<(&'static str, String)>,
    plots: Vec<Plot>,
    drawings: Drawings,
    problems: Vec<Problem>,
    /// Samples that have no row.
    untold: Option<String>,
    not_begun: Option<String>,
    resume: Option<String>,
}

struct RateView {
    name: String,
    value: String,
    interval: String,
    /// Places on an axis that is 100 long.
    at: String,
    low: String,
    width: String,
}

struct Tile {
    class: &'static str,
    count: String,
    name: &'static str,
    note: String,
}

impl<'a> Page<'a> {
    fn of(report: &Report<'_>, links: &'a [Link]) -> Self {
        let manifest = report.manifest();
        let summary = report.story.summary();
        let room = room(report);
        let drawings = drawings(report);
        let rows = summary.samples.iter().filter_map(|(id, sample)| {
            Some(Row::of(
                id,
                sample,
                Some(report.story.tale(id)?),
                &manifest.metrics,
                room,
            ))
        });
        let grouped_counts = |counts: Vec<(String, u64)>| -> Vec<(String, String)> {
            counts.into_iter().map(|(name, count)| (name, grouped(count))).collect()
        };
        Page {
            policy: content_security_policy(),
            style: STYLE,
            script: SCRIPT,
            links,
            suite: manifest.suite.in_words(),
            model: report.subject().to_owned(),
            run: manifest.run.clone(),
            end: format!("{}; {} of work", ending(report.end), span(summary.took)),
            rates: report.rates().into_iter().map(RateView::of).collect(),
            tiles: tiles(report),
            failures: grouped_counts(report.failures()),
            retries: grouped_counts(report.retries()),
            measured: measurements(report),
            costs: cost(report),
            facts: facts(report),
            plots: plots(report, drawings.charts.is_empty()),
            drawings,
            problems: problems(rows),
            untold: Some(report.story.untold()).filter(|count| *count > 0).map(grouped),
            not_begun: Some(report.not_begun()).filter(|count| *count > 0).map(grouped),
            resume: report.unfinished().then(|| format!("koderz resume {}", manifest.run)),
        }
    }
}

/// What each text gets for the page to keep its size.
fn room(report: &Report<'_>) -> Room {
    let samples = &report.story.summary().samples;
    let tales = samples.keys().filter_map(|id| report.story.tale(id));
    let told = samples.len() - report.story.untold() as usize;
    Room::shared_by(
        tales.flat_map(Tale::texts),
        (told * SAMPLE_BYTES).clamp(LEAST_BYTES, MOST_BYTES),
    )
}

impl RateView {
    fn of((k, rate): (u64, Rate)) -> Self {
        RateView {
            name: format!("pass@{k}"),
            value: percent(rate.value),
            interval: format!("{} to {}", hundredths(rate.low), percent(rate.high)),
            at: hundredths(rate.value),
            low: hundredths(rate.low),
            width: hundredths(rate.high - rate.low),
        }
    }
}

fn tiles(report: &Report<'_>) -> Vec<Tile> {
    let counts = report.counts();
    // Where everything was measured, nothing was to be passed.
    let graded = counts.ungraded == 0 || counts.pass + counts.fail > 0;
    let all = [
        ("pass", counts.pass, String::new(), graded),
        ("fail", counts.wrong(), String::new(), graded),
        (
            TRUNCATED,
            counts.truncated,
            "cut by the output bound; wrong".to_owned(),
            graded,
        ),
        ("partial", counts.partial, String::new(), false),
        ("ungraded", counts.ungraded, "measured only".to_owned(), false),
        ("inconclusive", counts.inconclusive, "in no rate".to_owned(), true),
        ("open", counts.open, "begun; no verdict yet".to_owned(), false),
    ];
    all.into_iter()
        .filter(|(_, count, _, always)| *always || *count > 0)
        .map(|(name, count, note, _)| Tile {
            class: name,
            count: grouped(count),
            name,
            note,
        })
        .collect()
}

/// What was measured, and what the suite reckons it all to be.
fn measurements(report: &Report<'_>) -> Vec<(String, String, String)> {
    let measured = measured(report);
    let rows = measured
        .iter()
        .map(|metric| (metric.info.name.clone(), metric.shown(metric.value()), metric.note()));
    rows.chain(reckoned(report)).chain(resources(report)).collect()
}

fn facts(report: &Report<'_>) -> Vec<(&'static str, String)> {
    let manifest = report.manifest();
    let summary = report.story.summary();
    let none = || "the server's".to_owned();
    let plugin = PluginUse::in_words;
    let evaluators: Vec<String> = manifest.evaluators.iter().map(plugin).collect();
    let digests: Vec<&str> = manifest.model_digests.values().map(String::as_str).collect();
    let defaults = &manifest.defaults;
    let tokens = |bound: Option<u32>| bound.map_or_else(none, |bound| counted(bound.into(), "token"));
    [
        ("Run", manifest.run.clone()),
        ("Begun", manifest.began.clone()),
        ("Koderz", manifest.koderz.clone()),
        (
            if manifest.answers.is_some() {
                "Answers"
            } else {
                "Server"
            },
            asked(manifest)
                .into_iter()
                .map(|(_, which)| which)
                .collect::<Vec<_>>()
                .join(", "),
        ),
        ("Model digest", digests.join(", ")),
        ("Retry policy", plugin(&manifest.retry)),
        ("Programs run by", evaluators.join(", ")),
        ("Samples per task", manifest.samples.to_string()),
        ("Temperature", defaults.temperature.to_string()),
        ("Top p", defaults.top_p.map_or_else(none, |p| p.to_string())),
        ("Longest answer", tokens(defaults.max_output_tokens)),
        ("Context window", tokens(manifest.context_tokens)),
        ("Seed", manifest.seed.to_string()),
        ("Questions at once", manifest.concurrency.to_string()),
        (
            "Own error",
            summary.instrument.map_or_else(String::new, |instrument| {
                format!(
                    "first token ±{}, gaps ±{}, 95 of 100 times",
                    micros(instrument.first_token),
                    micros(instrument.gap)
                )
            }),
        ),
        ("Answers", grouped(summary.answers)),
        ("Tokens written", grouped(summary.output_tokens)),
        ("Command line", manifest.command_line.join(" ")),
        ("Record", report.paths.record.display().to_string()),
    ]
    .into_iter()
    .filter(|(_, value)| !value.trim().is_empty())
    .collect()
}
