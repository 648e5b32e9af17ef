//! A server as a queue: so many slots, answers that take as long as those that were seen, and whoever finds no slot waits
//! in order.
//!
//! How many of some questions meet an objective near the edge is a matter of luck: one long wait makes the next ones
//! long, and five minutes have few such times. How long answers take and how many there are at once is known far
//! better, and from these follows what would come of questions without end. So that is reckoned by playing the queue,
//! and believed only where it could have made what was seen. How well it is known follows from playing it with answers
//! drawn from those that were seen, over and over (Efron and Tibshirani, "An introduction to the bootstrap", 1993).

use crate::measure::{FIRST_TOKEN, LAG, QUEUE, WHOLE, nanos};
use crate::search::ENOUGH;
use crate::settings::{Arrivals, Objective};
use koderz_plugin::api::seed::Stream;
use koderz_plugin::api::statistics::{Estimate, middle, sorted};
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

/// Games with drawn answers, the questions of each, and how often the range of rates around what was found is halved.
const DRAWN: usize = 50;
const DRAWN_QUESTIONS: usize = 10_000;
const DRAWN_HALVED: u32 = 10;

/// Standard deviations that 95 of 100 values of a normal distribution lie within.
const WITHIN: f64 = 1.96;

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
    pub(crate) slots: usize,
    /// Answers by rate.
    stages: Vec<(f64, Vec<Answer>)>,
    /// All of them, the fastest first.
    answers: Vec<Answer>,
    arrivals: Arrivals,
    /// From one question to the next, in parts of the mean.
    gaps: Vec<f64>,
}

/// One question of a game: what lies before it in parts of the mean, and where among the answers its own stands, from 0
/// and below 1. The same game can be played with other answers, and what differs then is theirs and no other luck.
type Turn = (f64, f64);

impl Queue {
    /// The one that was seen. None if it cannot be told how many slots there are.
    pub(crate) fn seen(seen: &[Seen<'_>], objective: &Objective, arrivals: Arrivals) -> Option<Self> {
        let stages = seen
            .iter()
            .map(|seen| Some((seen.rate, answers(&seen.results, objective)?)));
        let stages: Vec<(f64, Vec<Answer>)> = stages.collect::<Option<_>>()?;
        let queue = Queue {
            slots: slots(&stages)?,
            gaps: stages.iter().flat_map(|(_, answers)| gaps(answers)).collect(),
            answers: fastest_first(stages.iter().flat_map(|(_, answers)| answers.iter().copied())),
            arrivals,
            stages,
        };
        (queue.answers.len() >= FEWEST && !queue.gaps.is_empty()).then_some(queue)
    }

    /// The rate at which just enough questions meet the objective, about.
    pub(crate) fn guess(&self) -> f64 {
        self.edge(&self.answers, GUESSED, (0.0, self.most()), HALVED)
    }

    /// The same more closely and with its interval, unless what was seen is not what such a queue makes.
    pub(crate) fn capacity(&self) -> Option<Estimate> {
        if !self.explains() {
            return None;
        }
        let value = self.edge(&self.answers, PLAYED, (0.0, self.most()), HALVED);
        let around = |answers: &[Answer]| self.edge(answers, DRAWN_QUESTIONS, (value / 2.0, value * 2.0), DRAWN_HALVED);
        let mut chance = Stream::new(3);
        let drawn = (0..DRAWN).map(|_| {
            let draw = |_| self.answers[chance.below(self.answers.len())];
            around(&fastest_first((0..self.answers.len()).map(draw)))
        });
        let drawn: Vec<f64> = drawn.collect();
        let mean = drawn.iter().sum::<f64>() / DRAWN as f64;
        let variance = drawn.iter().map(|rate| (rate - mean).powi(2)).sum::<f64>() / (DRAWN - 1) as f64;
        let half = WITHIN * variance.sqrt();
        // Few answers have fewer slow ones than they should, so that the rate seems higher: by as much as drawing again
        // makes it higher still.
        let value = value * (2.0 - mean / around(&self.answers));
        Some(Estimate {
            value,
            interval: Some((value - half, value + half)),
        })
    }

    /// The rate at which all slots are always taken.
    fn most(&self) -> f64 {
        let services: f64 = self.answers.iter().map(|answer| answer.service).sum();
        self.slots as f64 * self.answers.len() as f64 / services * 1e9
    }

    fn edge(&self, answers: &[Answer], questions: usize, (mut low, mut high): (f64, f64), halved: u32) -> f64 {
        // The same results give the same figure.
        let game = self.game(questions, &mut Stream::new(1));
        let skipped = questions / SKIPPED;
        for _ in 0..halved {
            let rate = (low + high) / 2.0;
            let missed = self.missed(&game, answers, rate, skipped) as f64 / (questions - skipped) as f64;
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
                self.missed(&game, &self.answers, *rate, 0)
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
        (0..questions).map(|_| (self.gap(chance), chance.unit())).collect()
    }

    /// What lies between two questions. It is known how they were planned, but for what has no simple formula.
    fn gap(&self, chance: &mut Stream) -> f64 {
        match self.arrivals {
            Arrivals::Constant => 1.0,
            Arrivals::Poisson => -(1.0 - chance.unit()).ln(),
            Arrivals::Bursty => self.gaps[chance.below(self.gaps.len())],
        }
    }

    /// How many questions come too late at a rate, but for the first ones.
    fn missed(&self, game: &[Turn], answers: &[Answer], rate: f64, skipped: usize) -> usize {
        let mean = 1e9 / rate;
        let mut free: BinaryHeap<Reverse<u64>> = (0..self.slots).map(|_| Reverse(0)).collect();
        let (mut now, mut missed) = (0.0, 0);
        for (number, (gap, place)) in game.iter().enumerate() {
            now += gap * mean;
            let answer = &answers[(place * answers.len() as f64) as usize];
            let Some(mut slot) = free.peek_mut() else { return 0 };
            let starts = now.max(slot.0 as f64);
            *slot = Reverse((starts + answer.service) as u64);
            missed += usize::from(number >= skipped && starts - now > answer.slack);
        }
        missed
    }
}

fn fastest_first(answers: impl Iterator<Item = Answer>) -> Vec<Answer> {
    let mut answers: Vec<Answer> = answers.collect();
    answers.sort_by(|a, b| a.service.total_cmp(&b.service));
    answers
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
