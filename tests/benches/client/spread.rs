//! What several sayings of a client come to.

use crate::figures::Figures;
use std::fmt;

impl Figures {
    pub(crate) fn questions_per_second(&self) -> f64 {
        f64::from(self.questions) / self.wall
    }

    pub(crate) fn tokens_per_second(&self) -> f64 {
        self.tokens as f64 / self.wall
    }

    pub(crate) fn microseconds_per_token(&self) -> f64 {
        self.processor * 1e6 / self.tokens as f64
    }
}

/// The middle of some numbers, and how far they reach.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    pub(crate) least: f64,
    pub(crate) median: f64,
    pub(crate) most: f64,
}

impl Spread {
    /// The spread of at least one number.
    pub(crate) fn of(numbers: impl Iterator<Item = f64>) -> Self {
        let mut numbers: Vec<f64> = numbers.collect();
        numbers.sort_by(f64::total_cmp);
        let at = |index: usize| numbers[index.min(numbers.len() - 1)];
        Spread {
            least: at(0),
            median: (at((numbers.len() - 1) / 2) + at(numbers.len() / 2)) / 2.0,
            most: at(usize::MAX),
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} ({:.2} to {:.2})", self.median, self.least, self.most)
    }
}
