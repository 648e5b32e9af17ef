//! When the tokens of an answer are due that is made up as it goes.
//!
//! A step may depend on how many answers there are at its time, so a time is known only once the token before it is
//! there. There is no clock in it: times are counted from when the question got its slot.

use crate::manner::Manner;
use crate::pace::Timetable;
use koderz_api::seed::Stream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How many answers a model has under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Company(Arc<AtomicUsize>);

/// A place among them.
#[derive(Debug)]
pub(crate) struct Seat(Company);

impl Company {
    pub(crate) fn join(&self) -> Seat {
        self.0.fetch_add(1, Ordering::Relaxed);
        Seat(self.clone())
    }
}

impl Seat {
    /// How many others there are.
    fn others(&self) -> usize {
        self.0.0.load(Ordering::Relaxed).saturating_sub(1)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The course of one answer.
#[derive(Debug)]
pub(crate) struct Course {
    pub(crate) manner: Arc<Manner>,
    /// A step that nothing makes longer.
    pub(crate) step: Duration,
    /// What comes before the first token.
    pub(crate) prompt: Duration,
    tokens: usize,
    stall: Option<(usize, Duration)>,
    chance: Stream,
    seat: Seat,
    /// When each token was due so far.
    dues: Vec<Duration>,
    /// How many of the next tokens come together with the last one.
    together: usize,
}

impl Course {
    /// The answer with this number of a model, counted from 1. `prompt` is what it takes when nobody else is there.
    pub(crate) fn new(
        manner: Arc<Manner>,
        number: u64,
        (prompt, step): (Duration, Duration),
        tokens: usize,
        seat: Seat,
    ) -> Self {
        let stall = manner.stall.and_then(|stall| stall.of(number));
        let seed = manner.seed.wrapping_add(number.wrapping_mul(0xd134_2543_de82_ef95));
        let mut course = Course {
            step: step.mul_f64(1.0 + manner.tire * (number - 1) as f64),
            prompt,
            tokens,
            stall: stall.map(|time| (tokens / 2, time)),
            chance: Stream::new(seed),
            seat,
            dues: Vec::new(),
            together: 0,
            manner,
        };
        course.prompt = course.shared(prompt);
        course
    }

    /// When a token is due, counted from 0. The last object is due where the token after the last one would be.
    pub(crate) fn due(&mut self, token: usize) -> Duration {
        while self.dues.len() <= token {
            let due = self.next();
            self.dues.push(due);
        }
        self.dues[token]
    }

    fn next(&mut self) -> Duration {
        let token = self.dues.len();
        let Some(before) = self.dues.last().copied() else {
            return self.prompt;
        };
        let mut due = before;
        if self.together > 0 && token < self.tokens {
            self.together -= 1;
        } else {
            let tokens = 1 + self.chance.below(self.manner.burst);
            self.together = tokens - 1;
            for _ in 0..tokens.min(self.tokens.saturating_sub(token).max(1)) {
                let astray = self.manner.jitter * (2.0 * self.chance.unit() - 1.0);
                due = due.saturating_add(self.shared(self.step).mul_f64(1.0 + astray));
            }
        }
        match self.stall {
            Some((at, time)) if at == token => due.saturating_add(time),
            _ => due,
        }
    }

    /// A time as it is where there are others.
    fn shared(&self, time: Duration) -> Duration {
        let factor = 1.0 + self.manner.slow * self.seat.others() as f64;
        if factor == 1.0 { time } else { time.mul_f64(factor) }
    }
}

/// When the pieces of an answer are due.
#[derive(Debug)]
pub(crate) enum Times {
    /// At equal distances.
    Even(Timetable),
    /// As they come.
    Course(Box<Course>),
}

impl Times {
    /// When a token is due. What follows `n` tokens is due with the token `n`.
    pub(crate) fn due(&mut self, token: usize) -> Duration {
        match self {
            Times::Even(timetable) => timetable.due(token),
            Times::Course(course) => course.due(token),
        }
    }

    /// How it is made up, if it is.
    pub(crate) fn manner(&self) -> Option<&Manner> {
        match self {
            Times::Even(_) => None,
            Times::Course(course) => Some(&course.manner),
        }
    }

    /// Tokens in a line.
    pub(crate) fn chunk(&self) -> usize {
        self.manner().map_or(1, |manner| manner.chunk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(20);

    fn dues(manner: &str, number: u64, company: &Company) -> Vec<u128> {
        let manner = Arc::new(manner.parse().expect("a manner"));
        let times = (Duration::from_millis(10), STEP);
        let mut course = Course::new(manner, number, times, 8, company.join());
        (0..=8).map(|token| course.due(token).as_millis()).collect()
    }

    fn alone(manner: &str, number: u64) -> Vec<u128> {
        dues(manner, number, &Company::default())
    }

    #[test]
    fn tokens_come_at_equal_distances_unless_something_else_is_set() {
        assert_eq!(alone("chunk=4", 1), [10, 30, 50, 70, 90, 110, 130, 150, 170]);
    }

    #[test]
    fn a_stall_comes_in_the_middle_of_every_so_many_answers() {
        assert_eq!(alone("stall=1s/2", 2), [10, 30, 50, 70, 1090, 1110, 1130, 1150, 1170]);
        assert_eq!(alone("stall=1s/2", 3)[8], 170);
    }

    #[test]
    fn others_make_a_step_and_the_prompt_longer() {
        let company = Company::default();
        let seats = (company.join(), company.join());
        assert_eq!(dues("slow=0.5", 1, &company)[..3], [20, 60, 100]);
        drop(seats);
        assert_eq!(dues("slow=0.5", 1, &company)[..3], [10, 30, 50]);
    }

    #[test]
    fn each_answer_of_a_model_that_tires_is_slower() {
        assert_eq!(alone("tire=0.5", 3)[..3], [10, 50, 90]);
    }

    #[test]
    fn bursts_and_jitter_keep_the_rate_and_come_out_the_same_every_time() {
        let long = |manner: &str, number| {
            let manner = Arc::new(manner.parse().expect("a manner"));
            let mut course = Course::new(manner, number, (STEP, STEP), 10_000, Company::default().join());
            (0..=10_000).map(|token| course.due(token)).collect::<Vec<_>>()
        };
        for manner in ["burst=3,seed=5", "jitter=0.5,seed=5"] {
            let dues = long(manner, 1);
            let mean = (dues[9_999] - dues[0]).as_secs_f64() / 9_999.0;
            assert!((mean / STEP.as_secs_f64() - 1.0).abs() < 0.01, "{manner}: {mean}");
            assert_eq!(dues, long(manner, 1));
            assert_ne!(dues, long(manner, 2));
        }
        let mut arrivals = long("burst=3", 1);
        arrivals.dedup();
        assert!(
            (4_900..5_100).contains(&arrivals.len()),
            "two at once in the mean: {}",
            arrivals.len()
        );
    }
}
