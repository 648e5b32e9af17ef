//! What all answers come to.

use crate::flags::flags;
use crate::measure::{
    DECODE, FIRST_TOKEN, FLAG, LAG, LOAD_RUNNER, PREFILL, PROMPT, QUEUE, READ, UNRECONCILED, WHOLE, nanos,
};
use crate::plan::{clients, of, throughput};
use crate::search::{bounds, capacity, is_hopeless, tried};
use crate::settings::{Arrivals, Load, Objective, Test};
use crate::shapes::Shape;
use koderz_plugin::api::statistics::{self, Estimate, median, middle, percentile, sorted};
use koderz_plugin::api::timing::{EACH_TOKEN, OBJECTIVE};
use koderz_plugin::prelude::*;
use std::collections::BTreeMap;

pub(crate) fn figures(test: &Test, results: &[Graded]) -> Vec<Figure> {
    let mut figures = match &test.load {
        Load::Single => single(test, results),
        Load::Clients(_) | Load::Sweep => crowds(results),
        Load::Rate(_) => rates(results),
        Load::Search(objective) => searched(results, objective, test.arrivals),
    };
    figures.extend(crate::precision::figure(test, results));
    figures.extend(reloads(results));
    figures.extend(explained(results));
    figures.extend(flags(test, results));
    figures
}

pub(crate) fn figure(name: impl Into<String>, unit: &str, estimate: Estimate, note: impl Into<String>) -> Figure {
    Figure {
        name: name.into(),
        unit: unit.to_owned(),
        value: estimate.value,
        interval: estimate.interval,
        note: note.into(),
    }
}

pub(crate) fn values<'a>(results: &[&'a Graded], name: &'a str) -> impl Iterator<Item = f64> + use<'a> {
    let results: Vec<&Graded> = results.to_vec();
    results
        .into_iter()
        .filter_map(move |graded| graded.verdict.metric(name))
}

/// How a metric is noted beside others: its median, where there is one.
fn noted(results: &[&Graded], name: &str, words: &str) -> Option<String> {
    let value = middle(&sorted(values(results, name)))?;
    Some(format!("{words} {:.1} ms", value / 1e6))
}

/// Loads of a model that was in memory just before.
fn reloads(results: &[Graded]) -> Option<Figure> {
    let values = sorted(results.iter().filter_map(|graded| graded.verdict.metric(LOAD_RUNNER)));
    let note = format!("median of {}, files just read", values.len());
    Some(figure("load cold-runner", "ns", median(values)?, note))
}

/// How many answers have a time whose parts come to the whole.
fn explained(results: &[Graded]) -> Option<Figure> {
    let flagged = |graded: &&Graded| {
        graded
            .verdict
            .labels
            .iter()
            .any(|(name, flag)| name == FLAG && flag == UNRECONCILED)
    };
    let answers = results.iter().filter(|graded| graded.verdict.metric(WHOLE).is_some());
    let (all, unexplained) = (answers.clone().count(), answers.filter(flagged).count());
    let share = 100.0 * (all - unexplained) as f64 / all.max(1) as f64;
    let estimate = Estimate {
        value: share,
        interval: None,
    };
    (all > 0).then(|| figure("reconciled", "%", estimate, format!("of {all} answers, by both clocks")))
}

fn single(test: &Test, results: &[Graded]) -> Vec<Figure> {
    let mut figures = Vec::new();
    for (length, results) in lengths(test, results) {
        for (name, unit) in [(DECODE, "tokens/s"), (PREFILL, "tokens/s"), (FIRST_TOKEN, "ns")] {
            let values = sorted(values(&results, name));
            // Of llama-bench's two tests each says one thing.
            if let Some(estimate) = median(values.iter().copied()) {
                let outliers = match statistics::outliers(&values) {
                    0 => String::new(),
                    number => format!(", {number} far off"),
                };
                let note = format!("median of {}{outliers}", values.len());
                figures.push(figure(format!("{length} {name}"), unit, estimate, note));
            }
        }
    }
    match test.shape {
        Shape::Prefill => figures.extend(slope(&of(results, Shape::Prefill.name()))),
        Shape::Cached => figures.extend(cached(test, results)),
        _ => {}
    }
    figures
}

/// Results by length, in the order of the shape's lengths.
pub(crate) fn lengths<'a>(test: &Test, results: &'a [Graded]) -> Vec<(&'static str, Vec<&'a Graded>)> {
    let of_shape = of(results, test.shape.name());
    let named = |graded: &&Graded, name: &str| graded.task_id.split('/').nth(1) == Some(name);
    let lengths = test.shape.lengths().iter().map(|length| {
        let results = of_shape.iter().copied().filter(|graded| named(graded, length.name));
        (length.name, results.collect::<Vec<_>>())
    });
    lengths.collect()
}

/// What a token of a prompt costs: the slope of a line through the times. What every prompt costs is its beginning.
fn slope(results: &[&Graded]) -> Vec<Figure> {
    let points = results
        .iter()
        .filter_map(|graded| Some((graded.verdict.metric(READ)?, graded.verdict.metric(PROMPT)?)));
    let points: Vec<(f64, f64)> = points.collect();
    let Some(line) = statistics::line(&points).filter(|line| line.slope.value > 0.0) else {
        return Vec::new();
    };
    let rate = Estimate {
        value: 1e9 / line.slope.value,
        interval: line
            .slope
            .interval
            .filter(|(low, _)| *low > 0.0)
            .map(|(low, high)| (1e9 / high, 1e9 / low)),
    };
    let start = Estimate {
        value: line.start.max(0.0),
        interval: None,
    };
    vec![
        figure(
            "prefill slope",
            "tokens/s",
            rate,
            format!("a line through {}", points.len()),
        ),
        figure("prefill start", "ns", start, "what any prompt costs"),
    ]
}

/// How many times as soon the first token comes of a prompt that was read before.
fn cached(test: &Test, results: &[Graded]) -> Option<Figure> {
    let by_length: BTreeMap<&str, Vec<&Graded>> = lengths(test, results).into_iter().collect();
    let time = |length: &str| middle(&sorted(values(by_length.get(length)?, FIRST_TOKEN)));
    let (cold, warm) = (time("cold")?, time("warm")?);
    let estimate = Estimate {
        value: cold / warm,
        interval: None,
    };
    Some(figure("cached prefix", "1", estimate, "times as soon as a new one"))
}

fn crowds(results: &[Graded]) -> Vec<Figure> {
    let mut numbers: Vec<u32> = results
        .iter()
        .filter_map(|graded| graded.stage.strip_prefix("clients/")?.parse().ok())
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    let crowd = |number: u32| {
        let results = of(results, &clients(number).name);
        let estimate = Estimate {
            value: throughput(&results)?,
            interval: None,
        };
        let notes = [
            noted(&results, FIRST_TOKEN, "first token"),
            noted(&results, EACH_TOKEN, "each token"),
            noted(&results, QUEUE, "queue"),
        ];
        let notes: Vec<String> = notes.into_iter().flatten().collect();
        let name = match number {
            1 => "1 client".to_owned(),
            number => format!("{number} clients"),
        };
        Some(figure(name, "tokens/s", estimate, notes.join(", ")))
    };
    numbers.into_iter().filter_map(crowd).collect()
}

/// Times since the planned start, for questions at a rate.
fn rates(results: &[Graded]) -> Vec<Figure> {
    let results: Vec<&Graded> = results
        .iter()
        .filter(|graded| graded.stage.starts_with("rate/"))
        .collect();
    let first = results
        .iter()
        .filter_map(|graded| Some(graded.verdict.metric(LAG)? + graded.verdict.metric(FIRST_TOKEN)?));
    let first = sorted(first);
    let mut figures = Vec::new();
    if let Some(estimate) = median(first.iter().copied()) {
        let note = format!("median of {}, from the planned start", first.len());
        figures.push(figure("first-token planned", "ns", estimate, note));
    }
    for (name, share) in [("p90", 0.9), ("p99", 0.99)] {
        if let Some(value) = percentile(&first, share) {
            let estimate = Estimate { value, interval: None };
            figures.push(figure(
                format!("first-token {name}"),
                "ns",
                estimate,
                "from the planned start",
            ));
        }
    }
    if let Some(value) = throughput(&results) {
        let estimate = Estimate { value, interval: None };
        figures.push(figure(
            "throughput",
            "tokens/s",
            estimate,
            format!("{} questions", results.len()),
        ));
    }
    figures
}

fn searched(results: &[Graded], objective: &Objective, arrivals: Arrivals) -> Vec<Figure> {
    let tried = tried(results, objective);
    let (met, missed) = bounds(&tried);
    let kept = [
        ("first-token", "ttft", objective.first_token),
        ("each-token", "tpot", objective.each_token),
        ("whole", "e2e", objective.whole),
    ];
    // The report draws a line there.
    let kept = kept.into_iter().filter_map(|(name, typed, limit)| {
        let estimate = Estimate {
            value: nanos(limit?),
            interval: None,
        };
        Some(figure(format!("{OBJECTIVE}{name}"), "ns", estimate, typed))
    });
    let mut figures: Vec<Figure> = kept.collect();
    let (estimate, note) = capacity(results, objective, arrivals).unwrap_or_else(|| {
        let note = match (met, missed) {
            (Some(met), Some(missed)) => format!("met at {met:.3}/s, missed at {missed:.3}/s"),
            (Some(_), None) => "met at every rate that was tried".to_owned(),
            (None, _) if is_hopeless(results, objective) => "missed by most questions that were alone, too".to_owned(),
            (None, _) => "missed at every rate that was tried".to_owned(),
        };
        let value = met.unwrap_or(0.0);
        (Estimate { value, interval: None }, note)
    });
    figures.push(figure("goodput", "1/s", estimate, note));
    let mut tried = tried;
    tried.sort_by(|(a, ..), (b, ..)| a.total_cmp(b));
    for (rate, good, all) in tried {
        if let Some(share) = statistics::share(good, all) {
            let percent = |value: f64| value * 100.0;
            let share = Estimate {
                value: percent(share.value),
                interval: share.interval.map(|(low, high)| (percent(low), percent(high))),
            };
            figures.push(figure(format!("met at {rate:.3}/s"), "%", share, format!("of {all}")));
        }
    }
    figures
}

#[cfg(test)]
mod tests;
