//! What a transport reports: a failed attempt, and the server it went to.

use crate::nanos;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a policy decides by. A request that the server refused for good never reaches a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// Never reached the server: refused, unresolvable, no connection.
    Unreachable,
    /// 503, refused before any work.
    Overloaded,
    /// 429.
    RateLimited,
    /// The model or its runner is not ready yet.
    NotReady,
    /// The server or the runner died while working, or any other 5xx.
    Crashed,
    /// The answer broke off.
    Interrupted,
    /// Silence for longer than the timeout.
    TimedOut,
    /// An answer that cannot be read.
    Malformed,
}

/// How far an attempt had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Not yet connected.
    Connect,
    /// Sent, and nothing heard.
    Queue,
    /// The model is being loaded.
    Load,
    /// The prompt is being read.
    Prefill,
    /// Tokens have come.
    Decode,
}

/// A failed attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What a policy decides by.
    pub kind: FailureKind,
    /// A finer name from the transport's table, such as `queue-full`. New names may come at any time.
    pub detail: String,
    /// How far the attempt had come.
    pub phase: Phase,
    /// HTTP status, where there was one.
    pub status: Option<u16>,
    /// How long the server asked to be left alone.
    #[serde(with = "nanos::option", default)]
    pub retry_after: Option<Duration>,
    /// What happened, in the server's words where there are any.
    pub message: String,
}

/// State of a circuit breaker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Breaker {
    /// Traffic flows.
    #[default]
    Closed,
    /// Traffic is held back.
    Open,
    /// One probe is under way.
    HalfOpen,
}

/// What went to a server lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// The stretch of time that is counted.
    #[serde(with = "nanos")]
    pub window: Duration,
    /// Questions asked for the first time.
    pub requests: u32,
    /// Attempts beyond the first.
    pub retries: u32,
    /// Failures among both.
    pub failures: u32,
}

/// What the host knows of the server that an attempt went to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Lately.
    pub recent: Traffic,
    /// Failures since the last success.
    pub consecutive_failures: u32,
    /// Requests under way.
    pub in_flight: u32,
    /// Requests that may be under way.
    pub limit: u32,
    /// The circuit breaker.
    pub breaker: Breaker,
    /// Expected time until a new request would begin; zero where it is not known.
    #[serde(with = "nanos")]
    pub expected_wait: Duration,
    /// Expected time of one request, once begun; zero where it is not known.
    #[serde(with = "nanos")]
    pub expected_service: Duration,
}
