//! How many requests may be under way.

use crate::{Json, nanos};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One request that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Since the run began.
    #[serde(with = "nanos")]
    pub now: Duration,
    /// The limit in force.
    pub limit: u32,
    /// Requests under way, this one included.
    pub in_flight: u32,
    /// The part of the answer's time that no phase of the server accounts for: waiting for a slot.
    #[serde(with = "nanos")]
    pub waited: Duration,
    /// The rest of the answer's time.
    #[serde(with = "nanos")]
    pub service: Duration,
    /// Whether there was an answer.
    pub succeeded: bool,
}

/// What a limiter wants from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjustment {
    /// The limit from now on; the host keeps it within the user's bounds.
    pub limit: u32,
    /// What the limiter wants to know next time. Opaque to the host.
    pub memory: Json,
}
