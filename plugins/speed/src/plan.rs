//! Stages that follow from what was measured: lengths that the server itself has counted, more clients while that gets
//! more done, and the rates of a search.

use crate::PROMPT;
use crate::given::can_be_planned;
use crate::measure::{READ, WRITTEN};
use crate::precision;
use crate::prompts;
use crate::search;
use crate::settings::{Load, MOST_CLIENTS, Test};
use crate::shapes::{Length, Shape};
use crate::work::Work;
use koderz_plugin::api::statistics::line;
use koderz_plugin::api::suite::Arrivals;
use koderz_plugin::prelude::*;

/// The stage in which the server counts what words come to.
pub(crate) const CALIBRATE: &str = "calibrate";

/// Words of the texts that it counts.
pub(crate) const COUNTED: [u32; 2] = [64, 512];

/// What more clients have to get done more for there to be still more.
const WORTH: f64 = 1.05;

/// Results of a stage.
pub(crate) fn of<'a>(results: &'a [Graded], stage: &str) -> Vec<&'a Graded> {
    let belongs = |graded: &&Graded| precision::belongs(&graded.stage, stage);
    results.iter().filter(belongs).collect()
}

/// Tokens that come to a text of so many words.
pub(crate) struct Scale {
    start: f64,
    each: f64,
    /// What the times of the counting came to, in nanoseconds: another number in every run.
    times: u64,
}

impl Scale {
    /// From what the server counted.
    pub(crate) fn of(results: &[Graded]) -> Result<Self, String> {
        let points = of(results, CALIBRATE).into_iter().filter_map(|graded| {
            let words: f64 = graded.task_id.rsplit('/').next()?.parse().ok()?;
            Some((words, graded.verdict.metric(READ)?))
        });
        let found = line(&points.collect::<Vec<_>>()).filter(|line| line.slope.value > 0.0);
        let found = found.ok_or("the server does not say how many tokens a prompt has, so no length can be set")?;
        let times = of(results, CALIBRATE)
            .into_iter()
            .map(|graded| graded.ended.as_nanos() as u64);
        Ok(Scale {
            start: found.start,
            each: found.slope.value,
            times: times.fold(0, |all, time| all.wrapping_mul(31).wrapping_add(time)),
        })
    }

    /// A number for a turn. A server may keep what it has read from one run to the next, even of one seed, and what is to
    /// be new has to be new to it.
    fn own(&self, turn: u32) -> u64 {
        self.times.wrapping_add(u64::from(turn)) & u64::from(u32::MAX)
    }

    fn words(&self, tokens: u32) -> u32 {
        ((f64::from(tokens) - self.start) / self.each).round().max(1.0) as u32
    }
}

/// The stage that comes next.
pub(crate) fn next(test: &Test, results: &[Graded]) -> Result<Option<Plan>, String> {
    let stage = match &test.load {
        Load::Single if test.shape == Shape::Classic => return Ok(None),
        Load::Single => return single(test, results),
        Load::Clients(numbers) => numbers
            .iter()
            .copied()
            .find(|number| is_new(results, *number))
            .map(clients),
        Load::Sweep => sweep(results).map(clients),
        Load::Rate(rate) => of(results, &named(*rate)).is_empty().then(|| at(*rate, test)),
        Load::Search(objective) => search::next(results, objective, test.arrivals).map(|rate| at(rate, test)),
    };
    stage.map(|stage| crowd(test, results, stage)).transpose()
}

/// Each length so often, one question at a time. Every other time they come the other way round, so that what drifts
/// meets all alike.
fn single(test: &Test, results: &[Graded]) -> Result<Option<Plan>, String> {
    let name = test.shape.name();
    let Some(turns) = precision::turns(test, results) else {
        return Ok(None);
    };
    let stage = precision::stage(name, &turns);
    let scale = Scale::of(results)?;
    let mut tasks = Vec::new();
    for turn in turns {
        let mut lengths: Vec<&Length> = test.shape.lengths().iter().collect();
        if turn % 2 == 1 && test.shape != Shape::Cached {
            lengths.reverse();
        }
        for length in lengths {
            let ask = prompts::of_length(test, length, scale.words(length.read), turn as usize, scale.own(turn));
            tasks.push(task(format!("{name}/{}/{turn}", length.name), &stage, &Work::Ask(ask))?);
        }
    }
    can_be_planned(&tasks)?;
    Ok(Some(Plan {
        stage: Stage {
            name: stage,
            pacing: Pacing::Exclusive,
            warm_up: false,
        },
        tasks,
    }))
}

fn is_new(results: &[Graded], number: u32) -> bool {
    of(results, &clients(number).name).is_empty()
}

/// So many clients at once.
pub(crate) fn clients(number: u32) -> Stage {
    Stage {
        name: format!("clients/{number}"),
        pacing: Pacing::Closed(number),
        warm_up: false,
    }
}

/// The stage that tries a rate.
pub(crate) fn named(rate: f64) -> String {
    format!("rate/{rate:.4}")
}

fn at(rate: f64, test: &Test) -> Stage {
    Stage {
        name: named(rate),
        pacing: Pacing::Open(Arrivals {
            per_second: rate,
            burstiness: test.arrivals.burstiness(),
        }),
        warm_up: false,
    }
}

/// The questions of a stage that loads the server.
fn crowd(test: &Test, results: &[Graded], stage: Stage) -> Result<Plan, String> {
    let at_once = match stage.pacing {
        Pacing::Closed(clients) => clients,
        _ => 1,
    };
    let lengths = test.shape.lengths();
    let scale = match lengths {
        [] => None,
        _ => Some(Scale::of(results)?),
    };
    // The clients that begin together and those that end together are not what many clients are like.
    let count = match (&test.load, &stage.pacing) {
        (Load::Search(objective), Pacing::Open(Arrivals { per_second, .. })) => {
            search::questions(results, objective, *per_second)
        }
        _ => test.requests.max(4 * at_once),
    };
    let tasks = (0..count as usize).map(|number| {
        let id = format!("{}/{number}", stage.name);
        match (&scale, lengths.get(number % lengths.len().max(1))) {
            (Some(scale), Some(length)) => {
                let ask = prompts::of_length(test, length, scale.words(length.read), number, 0);
                task(id, &stage.name, &Work::Ask(ask))
            }
            _ => {
                let (prompt, ask) = prompts::turn(test, number);
                let task = task(id, &stage.name, &Work::Ask(ask))?;
                let labels = test.given.iter().map(|_| (PROMPT.to_owned(), prompt.clone())).collect();
                Ok(Task { labels, ..task })
            }
        }
    });
    let tasks = tasks.collect::<Result<Vec<Task>, String>>()?;
    can_be_planned(&tasks)?;
    Ok(Plan { tasks, stage })
}

/// Tokens a second that a stage got done, from its first question to its last answer.
pub(crate) fn throughput(results: &[&Graded]) -> Option<f64> {
    let began = results.iter().map(|graded| graded.began).min()?;
    let ended = results.iter().map(|graded| graded.ended).max()?;
    let tokens: f64 = results.iter().filter_map(|graded| graded.verdict.metric(WRITTEN)).sum();
    let seconds = (ended - began).as_secs_f64();
    (seconds > 0.0).then(|| tokens / seconds)
}

/// Twice as many clients as before, as long as that got more done.
fn sweep(results: &[Graded]) -> Option<u32> {
    let mut number = 1;
    let mut before: Option<f64> = None;
    while !is_new(results, number) {
        let now = throughput(&of(results, &clients(number).name))?;
        if before.is_some_and(|before| now < before * WORTH) || number >= MOST_CLIENTS {
            return None;
        }
        before = Some(now);
        number *= 2;
    }
    Some(number)
}

#[cfg(test)]
mod tests;
