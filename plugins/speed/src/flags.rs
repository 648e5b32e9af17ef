//! What makes figures doubtful: with how often it was seen, what it means and what to do.

use crate::figures::{figure, lengths, values};
use crate::measure::{
    BURSTS, DECODE, FLAG, LAG, PREFILL, PROMPT, QUEUE, READ, RELOAD, SHORT, STALL, THINKING, TRUNCATED, UNRECONCILED,
};
use crate::plan::{CALIBRATE, clients, of, throughput};
use crate::settings::{Load, Test};
use crate::shapes::Shape;
use koderz_plugin::api::statistics::{Estimate, middle, sorted};
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
        "answers are shorter than the shape has them: they ended, or --num-predict",
    ),
    (THINKING, "the model thinks, which counts as writing: --think off"),
    (
        BURSTS,
        "several tokens come at once: speculation, or a gateway that collects",
    ),
    (
        STALL,
        "pauses in mid-answer, on the page: swapped memory, or other work",
    ),
    (
        UNRECONCILED,
        "two clocks disagree: a busy machine here, or a proxy between",
    ),
    (CACHE, "prompts were read before: their prefill says nothing"),
    (OTHERS, "questions waited though alone: others ask; see koderz status"),
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

/// Everything that makes the figures doubtful, with what it means.
pub(crate) fn flags(test: &Test, results: &[Graded]) -> Vec<Figure> {
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
