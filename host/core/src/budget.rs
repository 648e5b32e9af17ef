//! The retry budget: how many attempts beyond the first a server is asked to bear.
//!
//! A token bucket as in Finagle's `RetryBudget`: every first attempt adds a fifth of a token and every second ten, and a
//! retry takes one. Where there is none the retry waits for one, so that no result is lost and retries alone never keep a
//! server down. Retries of attempts that never reached the server are free.

use std::time::Duration;

/// Tokens that a first attempt adds.
const SHARE: f64 = 0.2;

/// Tokens that a second adds.
const A_SECOND: f64 = 10.0;

/// The most that is saved up: what ten seconds add (Finagle's time to live).
const MOST: f64 = 100.0;

/// A bucket. Times are since any fixed moment.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    tokens: f64,
    seen: Duration,
}

impl Budget {
    pub(crate) fn new(now: Duration) -> Self {
        Budget {
            tokens: MOST,
            seen: now,
        }
    }

    /// A question is asked for the first time.
    pub(crate) fn first_attempt(&mut self, now: Duration) {
        self.refill(now);
        self.tokens = (self.tokens + SHARE).min(MOST);
    }

    /// Takes a token, and answers how long to wait for it. Whoever comes later waits longer.
    pub(crate) fn retry(&mut self, now: Duration) -> Duration {
        self.refill(now);
        self.tokens -= 1.0;
        if self.tokens >= 0.0 {
            return Duration::ZERO;
        }
        Duration::from_secs_f64(-self.tokens / A_SECOND)
    }

    fn refill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.seen);
        self.seen = self.seen.max(now);
        self.tokens = (self.tokens + passed.as_secs_f64() * A_SECOND).min(MOST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_up_is_given_at_once_and_then_ten_a_second() {
        let mut budget = Budget::new(Duration::ZERO);
        let waits: Vec<Duration> = (0..120).map(|_| budget.retry(Duration::ZERO)).collect();
        assert!(waits[..100].iter().all(Duration::is_zero));
        assert_eq!(waits[100], Duration::from_millis(100));
        assert_eq!(waits[119], Duration::from_secs(2));
        assert!(
            budget.retry(Duration::from_secs(3)).is_zero(),
            "three seconds add thirty"
        );
    }

    #[test]
    fn a_fifth_of_the_traffic_may_be_retries() {
        let mut budget = Budget::new(Duration::ZERO);
        let saved_up = (0..100).filter(|_| budget.retry(Duration::ZERO).is_zero()).count();
        assert_eq!(saved_up, 100);
        (0..50).for_each(|_| budget.first_attempt(Duration::ZERO));
        assert!((0..10).all(|_| budget.retry(Duration::ZERO).is_zero()));
        assert!(!budget.retry(Duration::ZERO).is_zero());
    }
}
