//! What all answers come to, and what makes that doubtful.

use crate::measure::{
    BURSTS, DECODE, FIRST_TOKEN, FLAG, LAG, LOAD_RUNNER, PREFILL, PROMPT, QUEUE, READ, RELOAD, SHORT, STALL, THINKING,
    TRUNCATED, UNRECONCILED, WHOLE, nanos,
};
use crate::plan::{CALIBRATE, bounds, capacity, clients, of, throughput, tried};
use crate::settings::{Arrivals, Load, Objective, Test};
use crate::shapes::Shape;
use koderz_plugin::api::statistics::{self, Estimate, median, middle, percentile, sorted};
use koderz_plugin::api::timing::{EACH_TOKEN, OBJECTIVE};
use koderz_plugin::prelude::*;
use std::collections::BTreeMap;

/// A server that reads a prompt so many times as fast as the others of its length has read it before.
const FROM_CACHE: f64 = 4.0;

/// How many times as long as the shortest a prompt is that has to take longer, and by how much.
const MUCH_LONGER: f64 = 4.0;
const NO_LONGER: f64 = 1.1;

/// Waiting, while nobody else should ask, that only another client explains, in nanoseconds.
const BUSY: f64 = 50e6;

/// What questions at planned times may begin late by, in nanoseconds, before it is the client that is measured.
const LATE: f64 = 5e6;

/// How much slower the last third may be than the first.
const SLOWER: f64 = 0.9;

/// What a second client has to get done more, unless the server takes one question at a time.
const SERIAL: f64 = 1.1;

/// What each flag means, and what to do.
const MEANINGS: [(&str, &str); 12] = [
    (RELOAD, "the model was loaded anew: other options, or no memory for it"),
    (TRUNCATED, "the prompt was cut: a larger --num-ctx is needed"),
    (
        SHORT,
        "answers ended by themselves: their lengths are not those of the shape",
    ),
    (THINKING, "the model thinks, which counts as writing: --think off"),
    (
        BURSTS,
        "several tokens come at once: speculation, or a gateway that collects",
    ),
    (STALL, "pauses in mid-answer: memory that is swapped, or other work"),
    (UNRECONCILED, "the server's own times are not what was seen here"),
    (CACHE, "prompts were read before: their prefill says nothing"),
    (OTHERS, "questions waited although nobody else should ask"),
    (DRIFT, "the last third was slower than the first: heat, or other work"),
    (
        ONE,
        "one question at a time: OLLAMA_NUM_PARALLEL, or a model that cannot more",
    ),
    (
        CLIENT,
        "INVALID: questions began late here, so this machine was measured",
    ),
];
const CACHE: &str = "prefix-cache";
const OTHERS: &str = "other-clients";
const DRIFT: &str = "slowing-down";
const ONE: &str = "parallelism-1";
const CLIENT: &str = "client-too-slow";

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

fn figure(name: impl Into<String>, unit: &str, estimate: Estimate, note: impl Into<String>) -> Figure {
    Figure {
        name: name.into(),
        unit: unit.to_owned(),
        value: estimate.value,
        interval: estimate.interval,
        note: note.into(),
    }
}

fn values<'a>(results: &[&'a Graded], name: &'a str) -> impl Iterator<Item = f64> + use<'a> {
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
fn lengths<'a>(test: &Test, results: &'a [Graded]) -> Vec<(&'static str, Vec<&'a Graded>)> {
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
        ("first-token", objective.first_token),
        ("each-token", objective.each_token),
        ("whole", objective.whole),
    ];
    // The report draws a line there.
    let kept = kept.into_iter().filter_map(|(name, limit)| {
        let estimate = Estimate {
            value: nanos(limit?),
            interval: None,
        };
        Some(figure(format!("{OBJECTIVE}{name}"), "ns", estimate, ""))
    });
    let mut figures: Vec<Figure> = kept.collect();
    let note = match (met, missed) {
        (Some(met), Some(missed)) => format!("met at {met:.3}/s, missed at {missed:.3}/s"),
        (Some(_), None) => "met at every rate that was tried".to_owned(),
        (None, _) => "missed at every rate that was tried".to_owned(),
    };
    let estimate = capacity(results, objective, arrivals).unwrap_or(Estimate {
        value: met.unwrap_or(0.0),
        interval: None,
    });
    figures.push(figure("goodput", "1/s", estimate, note));
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

/// Everything that makes the figures doubtful, with what it means.
fn flags(test: &Test, results: &[Graded]) -> Vec<Figure> {
    let measured: Vec<&Graded> = results.iter().filter(|graded| graded.stage != CALIBRATE).collect();
    let mut raised: BTreeMap<&str, usize> = BTreeMap::new();
    for graded in &measured {
        for (name, flag) in &graded.verdict.labels {
            if name == FLAG {
                *raised.entry(flag).or_default() += 1;
            }
        }
    }
    let alone = matches!(test.load, Load::Single);
    let found = [
        (
            CACHE,
            if test.shape == Shape::Cached {
                0
            } else {
                read_before(&measured)
            },
        ),
        (OTHERS, if alone { above(&measured, QUEUE, BUSY) } else { 0 }),
        (DRIFT, usize::from(alone && slows_down(test, results))),
        (ONE, usize::from(is_serial(results))),
        (CLIENT, usize::from(is_late(&measured))),
    ];
    raised.extend(found.into_iter().filter(|(_, times)| *times > 0));
    let meaning = |flag: &str| {
        MEANINGS
            .iter()
            .find(|(known, _)| *known == flag)
            .map_or("", |(_, words)| words)
    };
    let figures = raised.into_iter().map(|(flag, times)| {
        let estimate = Estimate {
            value: times as f64,
            interval: None,
        };
        figure(format!("flag {flag}"), "1", estimate, meaning(flag))
    });
    figures.collect()
}

fn above(results: &[&Graded], name: &str, limit: f64) -> usize {
    values(results, name).filter(|value| *value > limit).count()
}

/// Prompts that were read far faster than others: of about their length, since short ones cost what any prompt costs.
fn read_before(results: &[&Graded]) -> usize {
    let mut by_size: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for graded in results {
        if let (Some(read), Some(rate)) = (graded.verdict.metric(READ), graded.verdict.metric(PREFILL)) {
            by_size.entry(read.log2().round() as u32).or_default().push(rate);
        }
    }
    let fast = by_size.into_values().map(|rates| {
        let usual = middle(&sorted(rates.iter().copied())).unwrap_or(f64::INFINITY);
        rates.into_iter().filter(|rate| *rate > FROM_CACHE * usual).count()
    });
    fast.sum::<usize>().max(took_no_longer(results))
}

/// Prompts that are several times as long as the shortest ones and took no longer: where all were read before, none is
/// faster than the others.
fn took_no_longer(results: &[&Graded]) -> usize {
    let points = results
        .iter()
        .filter_map(|graded| Some((graded.verdict.metric(READ)?, graded.verdict.metric(PROMPT)?)));
    let points: Vec<(f64, f64)> = points.collect();
    let least = points.iter().map(|(read, _)| *read).fold(f64::INFINITY, f64::min);
    let times = |is: fn(f64) -> bool| {
        sorted(
            points
                .iter()
                .filter(|(read, _)| is(read / least))
                .map(|(_, time)| *time),
        )
    };
    let (short, long) = (times(|longer| longer < 1.2), times(|longer| longer >= MUCH_LONGER));
    match (middle(&short), middle(&long)) {
        (Some(short), Some(long_one)) if long_one < NO_LONGER * short => long.len(),
        _ => 0,
    }
}

/// Whether tokens came slower in the end than in the beginning, by length, where there are enough to tell.
fn slows_down(test: &Test, results: &[Graded]) -> bool {
    let mut groups: Vec<Vec<&Graded>> = lengths(test, results).into_iter().map(|(_, results)| results).collect();
    if test.shape == Shape::Classic {
        groups = vec![of(results, crate::SPEED)];
    }
    groups.into_iter().any(|mut group| {
        group.sort_by_key(|graded| graded.began);
        let rates: Vec<f64> = values(&group, DECODE).collect();
        let third = rates.len() / 3;
        let middle = |rates: &[f64]| middle(&sorted(rates.iter().copied()));
        third >= 3
            && match (middle(&rates[..third]), middle(&rates[rates.len() - third..])) {
                (Some(first), Some(last)) => last < SLOWER * first,
                _ => false,
            }
    })
}

/// Whether two clients get no more done than one.
fn is_serial(results: &[Graded]) -> bool {
    let got = |number| throughput(&of(results, &clients(number).name));
    match (got(1), got(2)) {
        (Some(one), Some(two)) => two < SERIAL * one,
        _ => false,
    }
}

/// Whether this machine was too slow to ask when it should have. A server that is behind does not make it so: a question
/// that is tried again, or that waits for an outage to end, is late for reasons of the server's, and those are few.
fn is_late(results: &[&Graded]) -> bool {
    let planned = results
        .iter()
        .copied()
        .filter(|graded| graded.stage.starts_with("rate/"));
    middle(&sorted(values(&planned.collect::<Vec<_>>(), LAG))).is_some_and(|lag| lag > LATE)
}

#[cfg(test)]
mod tests;
