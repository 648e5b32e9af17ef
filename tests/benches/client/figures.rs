//! What a client says of its work, and what several such sayings come to.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::process::{Command, Stdio};

/// What a client has done, in how much time of the clock and of its processor, in seconds. What it did to get ready is
/// left out.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub(crate) questions: u32,
    pub(crate) tokens: u64,
    pub(crate) wall: f64,
    pub(crate) processor: f64,
}

impl Figures {
    /// As one line of JSON, which is how a client says it.
    pub(crate) fn line(&self) -> String {
        serde_json::to_string(self).expect("numbers are JSON")
    }

    /// What a client said.
    pub(crate) fn measured(client: &mut Command) -> Self {
        let output = client
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .expect("the client starts");
        assert!(output.status.success(), "the client ended with {}", output.status);
        serde_json::from_slice(&output.stdout).expect("the client says its figures")
    }

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
