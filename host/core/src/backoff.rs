//! Exponential backoff for Rust programs: any future, tried again under a schedule.
//!
//! This is what the host falls back to where a retry policy fails, and what other programs can use by itself. A pause of
//! 2 s, doubled after each further failure, at most 60 s, and three retries; all four are fields.
//!
//! ```
//! use koderz_core::backoff::{Backoff, RetryError};
//! use std::time::Duration;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! let backoff = Backoff { max_retries: 5, ..Backoff::default() };
//! let mut calls = 0;
//! let answer = backoff
//!     .run(
//!         |error: &String| error.contains("busy"),
//!         || {
//!             calls += 1;
//!             let busy = calls < 3;
//!             async move { if busy { Err("busy".to_owned()) } else { Ok(42) } }
//!         },
//!     )
//!     .await;
//! assert!(matches!(answer, Ok(42)));
//! assert_eq!(calls, 3);
//!
//! let lost = backoff.run(|_| true, || async { Err::<(), _>("busy") }).await;
//! match lost {
//!     Err(RetryError::MaxRetriesExceeded(errors)) => assert_eq!(errors, ["busy"; 6]),
//!     other => panic!("{other:?}"),
//! }
//! # }
//! ```

use crate::retrying::{Next, retry};
use koderz_api::retry::{Attempt, Decision};
use std::time::Duration;

pub use crate::retrying::RetryError;

/// A schedule of pauses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// Retries after the first attempt.
    pub max_retries: u32,
    /// The pause before the first retry.
    pub initial_delay: Duration,
    /// What the pause is multiplied by after each further failure.
    pub factor: f64,
    /// The longest pause.
    pub max_delay: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff {
            max_retries: 3,
            initial_delay: Duration::from_secs(2),
            factor: 2.0,
            max_delay: Duration::from_secs(60),
        }
    }
}

impl Backoff {
    /// The pause after so many failed attempts, at least one; none where there is no retry left.
    pub fn delay(&self, failed: u32) -> Option<Duration> {
        if failed > self.max_retries {
            return None;
        }
        // 64 doublings pass any bound; more would only lose the number to infinity.
        let doublings = failed.saturating_sub(1).min(64) as i32;
        let seconds = self.initial_delay.as_secs_f64() * self.factor.powi(doublings);
        let longest = self.max_delay.as_secs_f64();
        // A factor that is no number means no pause that could be waited for, so the longest stands for it.
        Some(if seconds < longest {
            Duration::from_secs_f64(seconds.max(0.0))
        } else {
            self.max_delay
        })
    }

    /// What it decides in place of a policy of the host's.
    pub(crate) fn decide(&self, attempt: &Attempt) -> Decision {
        match self.delay(attempt.number) {
            Some(delay) => Decision::Retry(delay),
            None => Decision::GiveUp("max retries exceeded".to_owned()),
        }
    }

    /// Makes attempts until one succeeds, its error is not `retryable`, or no retry is left. Dropping the future stops
    /// trying; it waits with tokio's clock.
    ///
    /// # Errors
    /// All errors where retries ran out, or the one that was not worth another attempt.
    pub async fn run<T, E, F>(
        &self,
        retryable: impl Fn(&E) -> bool,
        attempt: impl FnMut() -> F,
    ) -> Result<T, RetryError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let policy = |errors: &[E]| match errors.last() {
            Some(last) if !retryable(last) => Next::Futile,
            _ => {
                let failed = u32::try_from(errors.len()).unwrap_or(u32::MAX);
                self.delay(failed).map_or(Next::Enough, Next::After)
            }
        };
        retry(policy, attempt).await
    }
}

/// [`Backoff::run`] by the name that others look for.
///
/// # Errors
/// As there.
pub async fn retry_with_backoff<T, E, F>(
    backoff: Backoff,
    retryable: impl Fn(&E) -> bool,
    attempt: impl FnMut() -> F,
) -> Result<T, RetryError<E>>
where
    F: Future<Output = Result<T, E>>,
{
    backoff.run(retryable, attempt).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    #[test]
    fn it_waits_two_four_and_eight_seconds_and_then_gives_up() {
        let delays: Vec<_> = (1..=4).map(|failed| Backoff::default().delay(failed)).collect();
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(delays, [seconds(2), seconds(4), seconds(8), None]);
    }

    #[test]
    fn no_pause_is_longer_than_the_longest_whatever_the_factor() {
        for factor in [2.0, 1e300, f64::INFINITY, f64::NAN] {
            let backoff = Backoff {
                max_retries: u32::MAX,
                factor,
                ..Backoff::default()
            };
            assert_eq!(backoff.delay(1000), Some(Duration::from_secs(60)), "{factor}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_pauses_are_waited_for_and_every_error_is_kept() {
        let began = Instant::now();
        let mut number = 0;
        let lost = Backoff::default()
            .run(
                |_: &u32| true,
                || {
                    number += 1;
                    std::future::ready(Err::<(), u32>(number))
                },
            )
            .await;
        assert_eq!(lost, Err(RetryError::MaxRetriesExceeded(vec![1, 2, 3, 4])));
        assert_eq!(began.elapsed(), Duration::from_secs(14));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_worth_another_attempt_fails_at_once() {
        let lost = Backoff::default()
            .run(|_: &&str| false, || std::future::ready(Err::<(), &str>("404")))
            .await;
        assert_eq!(lost, Err(RetryError::NotRetryable("404", 0)));
    }
}
