//! How many trials came to what.

use crate::summary::{FAILURE, TRUNCATED};
use koderz_api::suite::{Grade, Verdict};
use serde::{Deserialize, Serialize};

/// How many trials came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Right.
    pub pass: u64,
    /// Wrong, the truncated ones included.
    pub fail: u64,
    /// Wrong, and cut by the output bound.
    pub truncated: u64,
    /// Credit in part.
    pub partial: u64,
    /// Measured and not graded.
    pub ungraded: u64,
    /// The machinery failed.
    pub inconclusive: u64,
    /// Begun, and without a verdict.
    pub open: u64,
}

impl Counts {
    /// Wrong, and not because the output bound cut the answer.
    pub fn wrong(&self) -> u64 {
        self.fail - self.truncated
    }

    /// Trials with a verdict.
    pub fn settled(&self) -> u64 {
        self.pass + self.fail + self.partial + self.ungraded + self.inconclusive
    }

    /// The number that a sample with this verdict is counted in.
    fn of(&mut self, verdict: Option<&Verdict>) -> &mut u64 {
        match verdict.map(|verdict| verdict.grade) {
            None => &mut self.open,
            Some(Grade::Pass) => &mut self.pass,
            Some(Grade::Fail) => &mut self.fail,
            Some(Grade::Partial(_)) => &mut self.partial,
            Some(Grade::Ungraded) => &mut self.ungraded,
            Some(Grade::Inconclusive) => &mut self.inconclusive,
        }
    }

    /// Counts a sample in that had one verdict, or none, and has another.
    pub(crate) fn change(&mut self, before: Option<&Verdict>, now: Option<&Verdict>) {
        *self.of(before) -= 1;
        *self.of(now) += 1;
        self.truncated -= u64::from(before.is_some_and(truncated));
        self.truncated += u64::from(now.is_some_and(truncated));
    }
}

/// Whether a verdict is a failure that the output bound explains.
pub fn truncated(verdict: &Verdict) -> bool {
    verdict.grade == Grade::Fail
        && verdict
            .labels
            .iter()
            .any(|(name, value)| name == FAILURE && value == TRUNCATED)
}
