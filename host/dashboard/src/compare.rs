//! Two runs beside each other: what they came to, and the samples that came to different things.

use crate::live::{Live, beginning, class};
use crate::shelf::{Shelf, ShelfError};
use askama::Template;
use koderz_core::numbers::{counted, grouped, percent, span};
use koderz_core::paired::{SIGNIFICANT, mcnemar};
use koderz_core::summary::{Sample, SampleId};
use std::collections::BTreeSet;

#[derive(Template)]
#[template(path = "compare.html")]
pub(crate) struct Compared {
    base: String,
    runs: [String; 2],
    figures: Vec<(&'static str, [String; 2])>,
    told: String,
    differences: Vec<Difference>,
}

/// Whether chance explains that one run passes what the other does not.
fn chance(left: usize, right: usize) -> String {
    let p = mcnemar(left as u64, right as u64);
    let claim = if p < SIGNIFICANT {
        "More than chance"
    } else {
        "No more than chance"
    };
    format!(" {claim}: p = {p:.4}, McNemar's exact test.")
}

struct Difference {
    task: String,
    sides: [Side; 2],
}

struct Side {
    class: &'static str,
    reason: String,
}

/// Looks at both runs.
pub(crate) fn compared(shelf: &dyn Shelf, base: String, runs: [&str; 2]) -> Result<Compared, ShelfError> {
    let look = |run: &str| Live::new(shelf.follow(run)?).caught_up();
    let both = [look(runs[0])?, look(runs[1])?];
    let samples = [&both[0].summary.samples, &both[1].summary.samples];
    let ids: BTreeSet<&SampleId> = samples.iter().flat_map(|samples| samples.keys()).collect();
    let (all, single) = (ids.len(), ids.iter().all(|id| id.sample == 0));
    let sides = |id: &SampleId| samples.map(|samples| Side::of(samples.get(id)));
    let differences: Vec<Difference> = ids
        .into_iter()
        .map(|id| (id, sides(id)))
        .filter(|(_, [left, right])| left.class != right.class)
        .map(|(id, sides)| Difference {
            task: match id.sample {
                0 => id.task.clone(),
                sample => format!("{} sample {sample}", id.task),
            },
            sides,
        })
        .collect();
    // What is inconclusive says nothing of a model.
    let alone = |side: usize| {
        let lost = |one: &&Difference| matches!(one.sides[1 - side].class, "fail" | "truncated");
        let won = differences.iter().filter(|one| one.sides[side].class == "pass");
        won.filter(lost).count()
    };
    // Several samples of a task are not independent, and `koderz compare` has the test for them.
    let gained = |side: usize| differences.iter().filter(|one| one.sides[side].class == "pass").count();
    Ok(Compared {
        base,
        runs: both.each_ref().map(|live| live.manifest().run.clone()),
        figures: figures(&both),
        told: format!(
            "{} of {} differ: {} pass only on the left, {} only on the right.{}",
            differences.len(),
            counted(all as u64, "sample"),
            gained(0),
            gained(1),
            if single {
                chance(alone(0), alone(1))
            } else {
                String::new()
            }
        ),
        differences,
    })
}

impl Side {
    fn of(sample: Option<&Sample>) -> Self {
        let verdict = sample.map(|sample| sample.verdict.as_ref());
        Side {
            class: match verdict {
                None => "missing",
                Some(None) => "open",
                Some(Some(verdict)) => class(verdict),
            },
            reason: verdict
                .flatten()
                .map(|verdict| beginning(&verdict.reason))
                .unwrap_or_default(),
        }
    }
}

/// What both came to, a line for each figure.
fn figures(both: &[Live; 2]) -> Vec<(&'static str, [String; 2])> {
    let of = |figure: &dyn Fn(&Live) -> String| both.each_ref().map(figure);
    let count = |count: fn(koderz_core::summary::Counts) -> u64| of(&|live| grouped(count(live.summary.counts())));
    vec![
        (
            "suite",
            of(&|live| {
                let suite = &live.manifest().suite.identity;
                format!("{} {}", suite.name, suite.version)
            }),
        ),
        (
            "model",
            of(&|live| live.manifest().subject().unwrap_or_default().to_owned()),
        ),
        ("begun", of(&|live| live.manifest().began.clone())),
        ("state", of(&|live| live.told().state.to_owned())),
        (
            "pass@1, with its 95 % interval",
            of(&|live| {
                live.summary.pass_at(1).map_or_else(
                    || "none".to_owned(),
                    |rate| {
                        let [value, low, high] = [rate.value, rate.low, rate.high].map(percent);
                        format!("{value} ({low} to {high})")
                    },
                )
            }),
        ),
        ("pass", count(|counts| counts.pass)),
        ("fail", count(|counts| counts.wrong())),
        ("truncated", count(|counts| counts.truncated)),
        ("inconclusive", count(|counts| counts.inconclusive)),
        ("tokens written", of(&|live| grouped(live.summary.output_tokens))),
        ("retries", of(&|live| grouped(live.summary.retry_count()))),
        ("time of work", of(&|live| span(live.summary.took))),
    ]
}
