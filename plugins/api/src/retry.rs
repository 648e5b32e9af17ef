//! Whether, and when, to try again.

use crate::nanos;
use crate::transport::{Endpoint, Failure};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// All that a policy may know about a failed attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// How many attempts have failed, this one included; at least 1.
    pub number: u32,
    /// How many of them failed in the same way.
    pub of_kind: u32,
    /// What happened.
    pub failure: Failure,
    /// The server it happened with.
    pub endpoint: Endpoint,
    /// Since the first attempt began.
    #[serde(with = "nanos")]
    pub elapsed: Duration,
    /// Until the deadline of the question, where it has one.
    #[serde(with = "nanos::option", default)]
    pub remaining: Option<Duration>,
    /// The pause before this attempt; none before the first.
    #[serde(with = "nanos::option", default)]
    pub previous_delay: Option<Duration>,
    /// 64 fresh random bits from the run's seeded generator.
    pub entropy: u64,
}

/// What a policy decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Wait this long, then try again.
    Retry(#[serde(with = "nanos")] Duration),
    /// Hold the question back until the server is known to work again, which costs no attempt.
    WaitUntilReady,
    /// Stop trying, with the reason to report.
    GiveUp(String),
}
