//! A search for the highest rate under an objective: which rate is tried next and for how long, and what came of it.

use crate::measure::{FIRST_TOKEN, LAG, WHOLE, nanos};
use crate::plan::{named, of};
use crate::queue::{Queue, Seen};
use crate::settings::{Arrivals, Objective};
use koderz_plugin::api::statistics::{self, Estimate, percentile, sorted};
use koderz_plugin::api::timing::EACH_TOKEN;
use koderz_plugin::prelude::*;

/// A share below this is no bad luck: the rate is too high.
const CLEARLY: f64 = 0.8;

/// Where rates are tried once the edge lies between two: on either side of where it seems to be.
const ASIDE: [f64; 5] = [1.0, 0.97, 1.03, 0.985, 1.015];

/// Rates that are tried.
const MOST_RATES: usize = 16;

/// How long a search may take, in seconds, and how long a rate is tried at least, which is how long it is tried to find
/// one that is too high. And the least and the most questions for one.
const SEARCHED: f64 = 285.0;
const GLANCED: f64 = 10.0;
const TRIED_QUESTIONS: (f64, f64) = (10.0, 5000.0);

/// Questions that were alone with the server from which on they say what it does at best.
const ALONE: usize = 3;

/// How far below the edge a rate may be, as a part of it, to tell where the edge is.
const AROUND: f64 = 0.5;

/// The share of questions that has to meet an objective.
pub(crate) const ENOUGH: f64 = 0.95;

/// Whether an answer was fast enough. What was not answered was not.
pub(crate) fn is_good(graded: &Graded, objective: &Objective) -> bool {
    let within = |limit: Option<std::time::Duration>, time: Option<f64>| match (limit, time) {
        (None, _) => true,
        (Some(limit), Some(time)) => time <= nanos(limit),
        (Some(_), None) => false,
    };
    let first = || Some(graded.verdict.metric(LAG)? + graded.verdict.metric(FIRST_TOKEN)?);
    graded.verdict.grade == Grade::Ungraded
        && within(objective.first_token, first())
        && within(objective.each_token, graded.verdict.metric(EACH_TOKEN))
        && within(objective.whole, graded.verdict.metric(WHOLE))
}

/// The rates that were tried, in their order.
pub(crate) fn tried(results: &[Graded], objective: &Objective) -> Vec<Tried> {
    let mut rates: Vec<Tried> = Vec::new();
    for graded in results {
        let Some(rate) = graded
            .stage
            .strip_prefix("rate/")
            .and_then(|rate| rate.parse::<f64>().ok())
        else {
            continue;
        };
        let good = usize::from(is_good(graded, objective));
        match rates.iter_mut().find(|(known, ..)| *known == rate) {
            Some((_, goods, all)) => (*goods, *all) = (*goods + good, *all + 1),
            None => rates.push((rate, good, 1)),
        }
    }
    rates
}

/// A rate that was tried, how many questions met the objective, and of how many.
pub(crate) type Tried = (f64, usize, usize);

fn share((_, good, all): &Tried) -> f64 {
    *good as f64 / *all as f64
}

/// The highest rate that met the objective, and the lowest that did not.
pub(crate) fn bounds(tried: &[Tried]) -> (Option<f64>, Option<f64>) {
    let missed = tried
        .iter()
        .filter(|tried| share(tried) < ENOUGH)
        .map(|(rate, ..)| *rate);
    let missed = missed.reduce(f64::min);
    // What was met above a rate that was missed was luck.
    let below = |rate: &f64| missed.is_none_or(|missed| *rate < missed);
    let met = tried
        .iter()
        .filter(|tried| share(tried) >= ENOUGH)
        .map(|(rate, ..)| *rate);
    (met.filter(below).reduce(f64::max), missed)
}

/// Between which rates the edge lies without doubt: one at which most questions met the objective, and the next one at
/// which clearly too few did.
fn bracket(tried: &[Tried]) -> (Option<f64>, Option<f64>) {
    let clearly = tried
        .iter()
        .filter(|tried| share(tried) < CLEARLY)
        .map(|(rate, ..)| *rate);
    let high = clearly.reduce(f64::min);
    let below = |rate: &f64| high.is_none_or(|high| *rate < high);
    let others = tried
        .iter()
        .filter(|tried| share(tried) >= CLEARLY)
        .map(|(rate, ..)| *rate);
    (others.filter(below).reduce(f64::max), high)
}

/// The rate at which just enough meet the objective, by a line through the logits of the shares at the rates around it:
/// single shares are a matter of luck, and together they are less so.
fn edge(tried: &[Tried]) -> Option<f64> {
    let (low, high) = match bracket(tried) {
        (Some(low), Some(high)) => (low, high),
        _ => return None,
    };
    let logit = |share: f64| (share / (1.0 - share)).ln();
    let near = tried.iter().filter(|(rate, ..)| (low * AROUND..=high).contains(rate));
    // Half a question on either side keeps the logit finite.
    let points = near.map(|(rate, good, all)| {
        let share = (*good as f64 + 0.5) / (*all as f64 + 1.0);
        (*rate, logit(share), *all as f64 * share * (1.0 - share))
    });
    let points: Vec<(f64, f64, f64)> = points.collect();
    let sum = |value: fn(&(f64, f64, f64)) -> f64| points.iter().map(value).sum::<f64>();
    let weight = sum(|(_, _, w)| *w);
    let (x, y) = (sum(|(x, _, w)| x * w) / weight, sum(|(_, y, w)| y * w) / weight);
    let across: f64 = points.iter().map(|(a, b, w)| w * (a - x) * (b - y)).sum();
    let spread: f64 = points.iter().map(|(a, _, w)| w * (a - x).powi(2)).sum();
    let slope = across / spread;
    let found = x + (logit(ENOUGH) - y) / slope;
    (slope < 0.0 && (low * AROUND..high).contains(&found)).then_some(found)
}

/// The highest rate that meets the objective, and what says so: the queue that the server is, which has less to do with
/// luck and is known how well, and the shares alone where it is none.
pub(crate) fn capacity(results: &[Graded], objective: &Objective, arrivals: Arrivals) -> Option<(Estimate, String)> {
    let tried = tried(results, objective);
    let queue = by_queue(results, objective, arrivals);
    let found = queue.and_then(|queue| Some((queue.capacity()?, format!("as a queue of {} slots", queue.slots))));
    found.filter(|(found, _)| is_around(&tried, found.value)).or_else(|| {
        let value = edge(&tried).filter(|rate| may_be_met(&tried, *rate))?;
        Some((
            Estimate { value, interval: None },
            "by a line through the shares".to_owned(),
        ))
    })
}

/// Whether enough questions met the objective up to a rate, but for bad luck. Where many have no answer too few did at
/// every rate, and a line through the shares does not see it.
fn may_be_met(tried: &[Tried], rate: f64) -> bool {
    let below = tried.iter().filter(|(tried, ..)| *tried <= rate);
    let (good, all) = below.fold((0, 0), |(goods, alls), (_, good, all)| (goods + good, alls + all));
    let interval = statistics::share(good, all).and_then(|share| share.interval);
    interval.is_none_or(|(_, high)| high >= ENOUGH)
}

/// The queue that makes what was seen at the rates around the edge.
fn by_queue(results: &[Graded], objective: &Objective, arrivals: Arrivals) -> Option<Queue> {
    let tried = tried(results, objective);
    let near = tried.iter().filter(|(rate, ..)| is_around(&tried, *rate));
    let seen = near.map(|(rate, ..)| Seen {
        rate: *rate,
        results: of(results, &named(*rate)),
    });
    Queue::seen(&seen.collect::<Vec<_>>(), objective, arrivals)
}

/// Whether a rate is one of those around the edge.
fn is_around(tried: &[Tried], rate: f64) -> bool {
    match bracket(tried) {
        (Some(low), Some(high)) => (low * AROUND..=high).contains(&rate),
        _ => false,
    }
}

/// How many questions a rate is tried with.
pub(crate) fn questions(results: &[Graded], objective: &Objective, rate: f64) -> u32 {
    let seconds = match bracket(&tried(results, objective)) {
        (Some(_), Some(_)) => share_of_time(results, objective),
        _ => GLANCED,
    };
    (rate * seconds).clamp(TRIED_QUESTIONS.0, TRIED_QUESTIONS.1) as u32
}

/// How long the next of the rates around the edge is tried, in seconds: its share of what is left, less the time that the
/// last answers take.
fn share_of_time(results: &[Graded], objective: &Objective) -> f64 {
    let tried = tried(results, objective);
    let left = ASIDE.len().saturating_sub(tried.len() - first_steps(&tried)).max(1);
    let answers = results.iter().filter_map(|graded| graded.verdict.metric(WHOLE));
    let last = percentile(&sorted(answers), 0.9).unwrap_or_default() / 1e9;
    ((SEARCHED - spent(results, &tried)) / left as f64 - last).max(GLANCED)
}

/// How long rates were tried in all, in seconds.
fn spent(results: &[Graded], tried: &[Tried]) -> f64 {
    let ended = tried.iter().filter_map(|(rate, ..)| {
        let ended = of(results, &named(*rate)).into_iter().map(|graded| graded.ended);
        ended.max()
    });
    ended.map(|ended| ended.as_secs_f64()).sum()
}

/// Whether most questions missed the objective that were alone with the server, so that no lower rate helps.
pub(crate) fn is_hopeless(results: &[Graded], objective: &Objective) -> bool {
    let tried = tried(results, objective);
    let Some(lowest) = tried.iter().map(|(rate, ..)| *rate).reduce(f64::min) else {
        return false;
    };
    let mut answers = of(results, &named(lowest));
    answers.sort_by_key(|graded| graded.began);
    let alone = (0..answers.len()).filter(|place| {
        let before = answers[..*place].iter().map(|graded| graded.ended).max();
        let after = answers.get(place + 1).map(|graded| graded.began);
        let this = answers[*place];
        before.is_none_or(|ended| ended <= this.began) && after.is_none_or(|began| began >= this.ended)
    });
    let alone: Vec<&Graded> = alone.map(|place| answers[place]).collect();
    let good = alone.iter().filter(|graded| is_good(graded, objective)).count();
    // Of so few a miss or two may be bad luck.
    alone.len() >= ALONE && good * 2 < alone.len()
}

/// Twice as fast until clearly too few questions meet the objective, and then around where the edge seems to be.
pub(crate) fn next(results: &[Graded], objective: &Objective, arrivals: Arrivals) -> Option<f64> {
    let tried = tried(results, objective);
    let rate = match bracket(&tried) {
        _ if tried.len() >= MOST_RATES => None,
        (None, None) => Some(1.0),
        (Some(low), None) => (low < 10_000.0).then_some(low * 2.0),
        (None, Some(high)) => {
            let lower = high / 2.0;
            let takes = TRIED_QUESTIONS.0 / lower;
            (!is_hopeless(results, objective) && spent(results, &tried) + takes <= SEARCHED).then_some(lower)
        }
        (Some(low), Some(high)) => {
            let refined = tried.len() - first_steps(&tried);
            let aside = ASIDE[refined.min(ASIDE.len() - 1)];
            let queue = by_queue(results, objective, arrivals);
            let guess = queue.map(|queue| queue.guess()).filter(|rate| is_around(&tried, *rate));
            let guess = guess.or_else(|| edge(&tried)).unwrap_or_else(|| (low * high).sqrt());
            (refined < ASIDE.len()).then_some(guess * aside)
        }
    };
    // The name of a stage has four digits behind the point, and no stage may come twice.
    rate.filter(|rate| of(results, &named(*rate)).is_empty())
}

/// How many rates were tried until the edge was found to lie between two.
fn first_steps(tried: &[Tried]) -> usize {
    let found = (1..=tried.len()).find(|number| matches!(bracket(&tried[..*number]), (Some(_), Some(_))));
    found.unwrap_or(tried.len())
}
