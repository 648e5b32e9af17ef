//! From what the host measured of one answer to its figures and flags.
//!
//! Times are those of the client's clock where nothing else is said; the server's own are beside them, and where the two
//! do not add up that is a flag.

use koderz_plugin::api::chat::{Prepared, ServerTiming};
use koderz_plugin::api::suite::{Direction, MetricInfo, Reduction};
use koderz_plugin::api::timing::{EACH_TOKEN, WARM, no_stall};
use koderz_plugin::api::waterfall::Waterfall;
use koderz_plugin::prelude::*;
use std::time::Duration;

/// Tokens a second from the first piece to the last. Of n tokens those of the first piece are not written in that time.
pub(crate) const DECODE: &str = "decode";
/// Tokens of the prompt a second, by the server's own figures.
pub(crate) const PREFILL: &str = "prefill";
/// From the first byte sent to the first token.
pub(crate) const FIRST_TOKEN: &str = "first-token";
/// Bringing the model into memory, from where nobody knows.
pub(crate) const LOAD: &str = "load";
/// The same just after it was taken out of it.
pub(crate) const LOAD_RUNNER: &str = "load-cold-runner";

/// The label of what kind of load it was. Times of several kinds have nothing to do with each other.
pub(crate) const LOAD_CLASS: &str = "load-class";

/// Kinds of loads. One from a disk whose files are in no cache cannot be brought about over HTTP.
const WAS_THERE: &str = "warm";
const COLD_RUNNER: &str = "cold-runner";
const UNKNOWN: &str = "unknown";

/// From the planned start to the first byte sent.
pub(crate) const LAG: &str = "lag";
/// From the planned start to the first token of the answer itself.
pub(crate) const FIRST_ANSWER: &str = "first-answer";
/// From the planned start to the end.
pub(crate) const WHOLE: &str = "e2e";
/// Of the server's time, what none of its phases accounts for.
pub(crate) const QUEUE: &str = "queue";
/// Reading the prompt, by the server.
pub(crate) const PROMPT: &str = "prompt";
/// From the last token to the end.
pub(crate) const TAIL: &str = "tail";
/// The server's own rate, which counts a step too many.
pub(crate) const EVAL_RATE: &str = "eval-rate";
/// Tokens read and written.
pub(crate) const READ: &str = "prompt-tokens";
pub(crate) const WRITTEN: &str = "output-tokens";
/// The longest gap between two pieces of the answer.
pub(crate) const LONGEST_GAP: &str = "longest-gap";

/// The label of what is odd about an answer.
pub(crate) const FLAG: &str = "flag";

/// Flags of an answer.
pub(crate) const RELOAD: &str = "reload";
pub(crate) const TRUNCATED: &str = "prompt-truncated";
pub(crate) const SHORT: &str = "short-answer";
pub(crate) const THINKING: &str = "thinking";
pub(crate) const BURSTS: &str = "bursts";
pub(crate) const STALL: &str = "stall";
pub(crate) const UNRECONCILED: &str = "unreconciled";

/// Steps that a time for one is taken from: fewer say nothing.
const FEWEST_STEPS: f64 = 8.0;

/// How far apart arrivals are, in the mean, for what comes together to have been sent together.
const APART: Duration = Duration::from_millis(5);

/// Every metric. Those without a reduction are for exports and for the suite's own figures.
pub(crate) fn metrics() -> Vec<MetricInfo> {
    let metric = |name: &str, unit: &str, direction, shown| MetricInfo {
        name: name.to_owned(),
        unit: unit.to_owned(),
        direction,
        reductions: match shown {
            true => vec![Reduction::Median, Reduction::Minimum, Reduction::Maximum],
            false => Vec::new(),
        },
    };
    let mut metrics = vec![
        metric(DECODE, "tokens/s", Direction::HigherIsBetter, true),
        metric(PREFILL, "tokens/s", Direction::HigherIsBetter, true),
        metric(FIRST_TOKEN, "ns", Direction::LowerIsBetter, true),
        metric(LOAD, "ns", Direction::LowerIsBetter, true),
    ];
    for (name, unit) in [
        (LOAD_RUNNER, "ns"),
        (LAG, "ns"),
        (FIRST_ANSWER, "ns"),
        (EACH_TOKEN, "ns"),
        (WHOLE, "ns"),
        (QUEUE, "ns"),
        (PROMPT, "ns"),
        (TAIL, "ns"),
        (LONGEST_GAP, "ns"),
        (EVAL_RATE, "tokens/s"),
        (READ, "1"),
        (WRITTEN, "1"),
    ] {
        metrics.push(metric(name, unit, Direction::Neutral, false));
    }
    metrics
}

/// What was asked for, as far as the answer is held against it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked {
    /// Tokens that the prompt should have.
    pub(crate) read: Option<u32>,
    /// Tokens that the answer should have.
    pub(crate) write: Option<u32>,
}

/// The figures of an answer, as far as there are any.
pub(crate) fn answer(reply: &Reply, asked: Asked) -> Verdict {
    let (timing, usage) = (&reply.timing, &reply.usage);
    let server = timing.server.unwrap_or_default();
    let between = || timing.last_token?.checked_sub(timing.first_token?);
    let steps = || steps(usage.output_tokens?, &timing.chunks);
    let tail = timing.last_token.map(|last| timing.total.saturating_sub(last));
    let figures = [
        (DECODE, rate(steps(), between())),
        (PREFILL, rate(usage.input_tokens.map(f64::from), server.prompt)),
        (FIRST_TOKEN, timing.first_token.map(nanos)),
        (LAG, Some(nanos(timing.lag))),
        (
            FIRST_ANSWER,
            timing.first_answer_token.map(|time| nanos(timing.lag + time)),
        ),
        (EACH_TOKEN, each(steps(), between())),
        (WHOLE, Some(nanos(timing.lag + timing.total))),
        (QUEUE, queue(&server).map(nanos)),
        (PROMPT, server.prompt.map(nanos)),
        (TAIL, tail.map(nanos)),
        (LONGEST_GAP, gaps(timing.chunks.as_slice()).last().copied().map(nanos)),
        (EVAL_RATE, rate(usage.output_tokens.map(f64::from), server.generation)),
        (READ, usage.input_tokens.map(f64::from)),
        (WRITTEN, usage.output_tokens.map(f64::from)),
    ];
    let metrics = figures
        .into_iter()
        .filter_map(|(name, value)| Some(metric(name, value?)));
    let flags = flags(reply, &server, asked);
    Verdict {
        labels: flags.iter().map(|flag| (FLAG.to_owned(), (*flag).to_owned())).collect(),
        ..verdict(metrics.collect(), told(reply))
    }
}

/// How many tokens a prompt has, of whose answer nothing else is measured: it has no length of the shape.
pub(crate) fn counted(reply: &Reply) -> Verdict {
    let tokens = reply.usage.input_tokens;
    let metrics = tokens.map(|tokens| metric(READ, f64::from(tokens)));
    verdict(metrics.into_iter().collect(), "the server counts its tokens".to_owned())
}

/// The figure of a load, where there was one. What was on this machine's disk or in its cache before is not known.
pub(crate) fn load(prepared: &Prepared) -> Verdict {
    let took = prepared.load.unwrap_or(prepared.took);
    if took <= WARM {
        return loaded(Vec::new(), WAS_THERE, "it was in memory already");
    }
    loaded(
        vec![metric(LOAD, nanos(took))],
        UNKNOWN,
        "from the disk, or from the system's cache",
    )
}

/// The figure of a load of a model that was in memory a moment ago, so that its files are in the system's cache if they fit.
pub(crate) fn reload(prepared: &Prepared) -> Verdict {
    let took = prepared.load.unwrap_or(prepared.took);
    loaded(
        vec![metric(LOAD_RUNNER, nanos(took))],
        COLD_RUNNER,
        "its files were read a moment ago",
    )
}

fn loaded(metrics: Vec<Metric>, class: &str, reason: &str) -> Verdict {
    Verdict {
        labels: vec![(LOAD_CLASS.to_owned(), class.to_owned())],
        ..verdict(metrics, reason.to_owned())
    }
}

/// What none of the server's phases accounts for.
fn queue(server: &ServerTiming) -> Option<Duration> {
    let phases = server.load.unwrap_or_default() + server.prompt? + server.generation?;
    Some(server.total?.saturating_sub(phases))
}

/// How many tokens were written from the first piece of the answer to the last: all but those of the first one. Where
/// there are fewer pieces than tokens, a piece is taken to have as many as the others.
fn steps(tokens: u32, chunks: &[Duration]) -> Option<f64> {
    let at_once = chunks.iter().take_while(|time| chunks.first() == Some(*time)).count();
    let first = match chunks.len() {
        0 => 1.0,
        pieces => (at_once as f64 * f64::from(tokens) / pieces as f64).max(1.0),
    };
    Some(f64::from(tokens) - first).filter(|steps| *steps >= 1.0)
}

/// How often something came.
fn arrivals(chunks: &[Duration]) -> usize {
    chunks.chunk_by(|one, next| one == next).count()
}

/// Gaps between pieces of the answer, the longest last.
fn gaps(chunks: &[Duration]) -> Vec<Duration> {
    let mut gaps: Vec<Duration> = chunks.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
    gaps.sort();
    gaps
}

fn flags(reply: &Reply, server: &ServerTiming, asked: Asked) -> Vec<&'static str> {
    let usage = &reply.usage;
    let chunks = &reply.timing.chunks;
    let gaps = gaps(chunks);
    let stall = gaps
        .get(gaps.len() / 2)
        .map(|middle| no_stall(*middle))
        .zip(gaps.last())
        .is_some_and(|(limit, longest)| *longest > limit);
    let fewer = |is: Option<u32>, wanted: Option<u32>| match (is, wanted) {
        (Some(is), Some(wanted)) => f64::from(is) < 0.9 * f64::from(wanted),
        _ => false,
    };
    let bursts = usage
        .output_tokens
        .is_some_and(|tokens| comes_in_bursts(tokens, chunks));
    [
        (RELOAD, server.load.is_some_and(|load| load > WARM)),
        (TRUNCATED, fewer(usage.input_tokens, asked.read)),
        (SHORT, fewer(usage.output_tokens, asked.write)),
        (THINKING, reply.thinking.as_ref().is_some_and(|text| !text.is_empty())),
        (BURSTS, bursts),
        (STALL, stall),
        (
            UNRECONCILED,
            !Waterfall::of(&reply.timing, &reply.usage).is_some_and(|waterfall| waterfall.reconciled),
        ),
    ]
    .into_iter()
    .filter_map(|(flag, raised)| raised.then_some(flag))
    .collect()
}

/// Whether there are fewer than two pieces for three tokens, or fewer than two arrivals that are far enough apart for
/// nobody to have collected them on the way.
fn comes_in_bursts(tokens: u32, chunks: &[Duration]) -> bool {
    let few = |number: usize| (number as f64) * 1.5 < f64::from(tokens);
    let (Some(first), Some(last)) = (chunks.first(), chunks.last()) else {
        return false;
    };
    let arrivals = arrivals(chunks);
    few(chunks.len()) || few(arrivals) && last.saturating_sub(*first) >= APART * arrivals as u32
}

/// Where the time of an answer went, in words.
fn told(reply: &Reply) -> String {
    let Some(waterfall) = Waterfall::of(&reply.timing, &reply.usage) else {
        return "the server does not say where its time went".to_owned();
    };
    // Whether a connection was made is the host's to know; here it is part of the lag.
    let parts = waterfall.parts().into_iter().filter(|(name, _)| *name != "connect");
    let parts = parts.map(|(name, time)| format!("{name} {:.1} ms", time.as_secs_f64() * 1e3));
    parts.collect::<Vec<_>>().join(", ")
}

/// None where there is no time to divide by.
fn rate(tokens: Option<f64>, time: Option<Duration>) -> Option<f64> {
    let (tokens, time) = (tokens?, time?);
    (tokens > 0.0 && !time.is_zero()).then(|| tokens / time.as_secs_f64())
}

fn each(steps: Option<f64>, time: Option<Duration>) -> Option<f64> {
    let (steps, time) = (steps?, time?);
    (steps >= FEWEST_STEPS).then(|| nanos(time) / steps)
}

pub(crate) fn nanos(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

fn metric(name: &str, value: f64) -> Metric {
    Metric {
        name: name.to_owned(),
        value,
    }
}

fn verdict(metrics: Vec<Metric>, reason: String) -> Verdict {
    Verdict {
        grade: Grade::Ungraded,
        metrics,
        reason,
        labels: Vec::new(),
    }
}
