//! A server as a queue: so many slots, answers that take as long as those that were seen, and whoever finds no slot waits
//! in order.
//!
//! How many of some questions meet an objective near the edge is a matter of luck: one long wait makes the next ones
//! long, and five minutes have few such times. How long answers take and how many there are at once is known far
//! better, and from these follows what would come of questions without end. So that is reckoned by playing the queue,
//! and believed only where it could have made what was seen.

use crate::measure::{FIRST_TOKEN, LAG, QUEUE, WHOLE, nanos};
use crate::plan::ENOUGH;
use crate::settings::Objective;
use koderz_plugin::api::seed::Stream;
use koderz_plugin::api::statistics::{middle, sorted};
use koderz_plugin::api::timing::EACH_TOKEN;
use koderz_plugin::prelude::*;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// Questions of a game, and of one that is only for a guess; which part of them finds the queue shorter than it
/// will be; and how often the range of rates is halved.
const PLAYED: usize = 100_000;
const GUESSED: usize = 30_000;
const SKIPPED: usize = 20;
const HALVED: u32 = 14;

/// Games that what was seen is held against, and how far beyond all of them it may lie: a part of it, and questions.
const GAMES: usize = 40;
const BEYOND: (f64, f64) = (0.2, 3.0);

/// Answers from which on there is something to go by.
const FEWEST: usize = 50;

/// The part of an answer's time that somebody has to wait for all slots to be taken meanwhile.
const WAITS: f64 = 0.2;

/// What is known of an answer, in nanoseconds.
#[derive(Clone, Copy, Debug)]
struct Answer {
    /// When it was asked for, and when it was there.
    asked: f64,
    ended: f64,
    /// How long it had a slot.
    service: f64,
    /// How long it may wait and still meet the objective.
    slack: f64,
}

/// Answers of one rate.
pub(crate) struct Seen<'a> {
    pub(crate) rate: f64,
    pub(crate) results: Vec<&'a Graded>,
}

/// A server, as far as it is a queue.
pub(crate) struct Queue {
    slots: usize,
    /// Answers by rate.
    stages: Vec<(f64, Vec<Answer>)>,
    answers: Vec<Answer>,
    /// From one question to the next, in parts of the mean.
    gaps: Vec<f64>,
}

/// One question of a game: what lies before it, and its answer.
type Turn = (f64, Answer);

impl Queue {
    /// The one that was seen. None if it cannot be told how many slots there are.
    pub(crate) fn seen(seen: &[Seen<'_>], objective: &Objective) -> Option<Self> {
        let stages = seen
            .iter()
            .map(|seen| Some((seen.rate, answers(&seen.results, objective)?)));
        let stages: Vec<(f64, Vec<Answer>)> = stages.collect::<Option<_>>()?;
        let queue = Queue {
            slots: slots(&stages)?,
            gaps: stages.iter().flat_map(|(_, answers)| gaps(answers)).collect(),
            answers: stages.iter().flat_map(|(_, answers)| answers.iter().copied()).collect(),
            stages,
        };
        (queue.answers.len() >= FEWEST && !queue.gaps.is_empty()).then_some(queue)
    }

    /// The rate at which just enough questions meet the objective, about.
    pub(crate) fn guess(&self) -> f64 {
        self.edge(GUESSED)
    }

    /// The same more closely, unless what was seen is not what such a queue makes.
    pub(crate) fn capacity(&self) -> Option<f64> {
        self.explains().then(|| self.edge(PLAYED))
    }

    fn edge(&self, questions: usize) -> f64 {
        // The same results give the same figure.
        let game = self.game(questions, &mut Stream::new(1));
        let skipped = questions / SKIPPED;
        let services: f64 = self.answers.iter().map(|answer| answer.service).sum();
        let (mut low, mut high) = (0.0, self.slots as f64 * self.answers.len() as f64 / services * 1e9);
        for _ in 0..HALVED {
            let rate = (low + high) / 2.0;
            let missed = self.missed(&game, rate, skipped) as f64 / (questions - skipped) as f64;
            match missed <= 1.0 - ENOUGH {
                true => low = rate,
                false => high = rate,
            }
        }
        low
    }

    /// Whether it could have made what was seen.
    fn explains(&self) -> bool {
        let late = |answer: &&Answer| answer.ended - answer.asked - answer.service > answer.slack;
        let seen: usize = self
            .stages
            .iter()
            .map(|(_, seen)| seen.iter().filter(late).count())
            .sum();
        let mut chance = Stream::new(2);
        let games = (0..GAMES).map(|_| {
            let missed = self.stages.iter().map(|(rate, answers)| {
                let game = self.game(answers.len(), &mut chance);
                self.missed(&game, *rate, 0)
            });
            missed.sum::<usize>()
        });
        let games: Vec<usize> = games.collect();
        let (Some(least), Some(most)) = (games.iter().min(), games.iter().max()) else {
            return false;
        };
        let beyond = BEYOND.0 * seen as f64 + BEYOND.1;
        (*least as f64 - beyond..=*most as f64 + beyond).contains(&(seen as f64))
    }

    fn game(&self, questions: usize, chance: &mut Stream) -> Vec<Turn> {
        let turn = |_| {
            let gap = self.gaps[chance.below(self.gaps.len())];
            (gap, self.answers[chance.below(self.answers.len())])
        };
        (0..questions).map(turn).collect()
    }

    /// How many questions come too late at a rate, but for the first ones.
    fn missed(&self, game: &[Turn], rate: f64, skipped: usize) -> usize {
        let mean = 1e9 / rate;
        let mut free: BinaryHeap<Reverse<u64>> = (0..self.slots).map(|_| Reverse(0)).collect();
        let (mut now, mut missed) = (0.0, 0);
        for (number, (gap, answer)) in game.iter().enumerate() {
            now += gap * mean;
            let Some(mut slot) = free.peek_mut() else { return 0 };
            let starts = now.max(slot.0 as f64);
            *slot = Reverse((starts + answer.service) as u64);
            missed += usize::from(number >= skipped && starts - now > answer.slack);
        }
        missed
    }
}

/// What is known of the answers of a stage. None if the server does not say how long they waited, and where a question has
/// no answer: it does not meet the objective, for a reason that is no queue's.
fn answers(results: &[&Graded], objective: &Objective) -> Option<Vec<Answer>> {
    let answer = |graded: &&Graded| {
        let (whole, queue) = (graded.verdict.metric(WHOLE)?, graded.verdict.metric(QUEUE)?);
        let service = whole - queue - graded.verdict.metric(LAG)?;
        let too_slow = match (objective.each_token, graded.verdict.metric(EACH_TOKEN)) {
            (Some(limit), Some(time)) => time > nanos(limit),
            (limit, _) => limit.is_some(),
        };
        let limit = |limit: Option<Duration>, takes: f64| limit.map_or(f64::INFINITY, |limit| nanos(limit) - takes);
        let first = graded
            .verdict
            .metric(FIRST_TOKEN)
            .map_or(f64::INFINITY, |first| first - queue);
        let slack = limit(objective.first_token, first).min(limit(objective.whole, service));
        let ended = graded.ended.as_secs_f64() * 1e9;
        Some(Answer {
            asked: ended - whole,
            ended,
            service: service.max(0.0),
            slack: if too_slow { f64::NEG_INFINITY } else { slack },
        })
    };
    results.iter().map(answer).collect()
}

/// How many questions had a slot in the middle of the time that somebody waited for one.
fn slots(stages: &[(f64, Vec<Answer>)]) -> Option<usize> {
    let usual = middle(&sorted(
        stages
            .iter()
            .flat_map(|(_, answers)| answers.iter().map(|answer| answer.service)),
    ))?;
    let mut counted = Vec::new();
    for (_, answers) in stages {
        let starts = sorted(answers.iter().map(|answer| answer.ended - answer.service));
        let ends = sorted(answers.iter().map(|answer| answer.ended));
        for answer in answers {
            let wait = answer.ended - answer.service - answer.asked;
            if wait > WAITS * usual {
                let at = answer.asked + wait / 2.0;
                let before = |times: &[f64]| times.partition_point(|time| *time <= at);
                counted.push((before(&starts) - before(&ends)) as f64);
            }
        }
    }
    middle(&sorted(counted))
        .map(|slots| slots.round() as usize)
        .filter(|slots| *slots > 0)
}

/// What lies between the questions of a stage, in parts of the mean.
fn gaps(answers: &[Answer]) -> Vec<f64> {
    let asked = sorted(answers.iter().map(|answer| answer.asked));
    let (Some(first), Some(last)) = (asked.first(), asked.last()) else {
        return Vec::new();
    };
    let mean = (last - first) / (asked.len() as f64 - 1.0);
    asked
        .windows(2)
        .map(|pair| (pair[1] - pair[0]) / mean)
        .filter(|gap| gap.is_finite())
        .collect()
}
