//! What suites and reports take times for, and the names by which they understand each other.

use std::time::Duration;

/// The metric of the time from one token to the next, where a suite has one. Only the suite knows how many tokens came
/// with the first piece of an answer.
pub const EACH_TOKEN: &str = "tpot";

/// Figures that are a line to be kept begin so; the rest of the name says which time.
pub const OBJECTIVE: &str = "objective ";

/// The longest load of a model that was in memory. Such a load takes a few milliseconds: it is the look that the runner
/// is still well.
pub const WARM: Duration = Duration::from_millis(250);

/// The least that is a stall, and how many usual gaps.
const STALLS: (Duration, u32) = (Duration::from_millis(100), 5);

/// The longest gap between pieces of an answer that is no stall, by the gap in the middle of all.
pub fn no_stall(usual: Duration) -> Duration {
    STALLS.0.max(usual.saturating_mul(STALLS.1))
}
