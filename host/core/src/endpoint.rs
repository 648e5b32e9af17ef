//! What went to the server lately, as a retry policy is told.

use koderz_api::transport::{Breaker, Endpoint, Traffic};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Length of a slice of the window.
const SLICE: Duration = Duration::from_secs(10);

/// Slices of the window. Two minutes, so that it is longer than most answers take: a shorter window would forget a
/// request before its failure is known.
const SLICES: usize = 12;

#[derive(Clone, Copy, Default)]
struct Slice {
    number: u64,
    requests: u32,
    retries: u32,
    failures: u32,
}

struct Counts {
    slices: [Slice; SLICES],
    consecutive_failures: u32,
    in_flight: u32,
}

/// Counts attempts and their ends.
pub(crate) struct Server {
    began: Instant,
    limit: u32,
    counts: Mutex<Counts>,
}

impl Server {
    pub(crate) fn new(limit: u32) -> Self {
        let counts = Counts {
            slices: [Slice::default(); SLICES],
            consecutive_failures: 0,
            in_flight: 0,
        };
        Server {
            began: Instant::now(),
            limit,
            counts: Mutex::new(counts),
        }
    }

    /// An attempt begins; it is under way until the answer is dropped.
    pub(crate) fn begin(&self, first: bool) -> UnderWay<'_> {
        let mut counts = self.lock();
        counts.in_flight += 1;
        let slice = self.slice(&mut counts);
        *(if first { &mut slice.requests } else { &mut slice.retries }) += 1;
        UnderWay { server: self }
    }

    pub(crate) fn succeeded(&self) {
        self.lock().consecutive_failures = 0;
    }

    pub(crate) fn failed(&self) {
        let mut counts = self.lock();
        counts.consecutive_failures = counts.consecutive_failures.saturating_add(1);
        self.slice(&mut counts).failures += 1;
    }

    /// What a policy is told now. Waiting and service times are not estimated yet, which the contract calls zero.
    pub(crate) fn endpoint(&self) -> Endpoint {
        let counts = self.lock();
        let oldest = self.number().saturating_sub(SLICES as u64 - 1);
        let mut recent = Traffic {
            window: SLICE * SLICES as u32,
            ..Traffic::default()
        };
        for slice in counts.slices.iter().filter(|slice| slice.number >= oldest) {
            recent.requests += slice.requests;
            recent.retries += slice.retries;
            recent.failures += slice.failures;
        }
        Endpoint {
            recent,
            consecutive_failures: counts.consecutive_failures,
            in_flight: counts.in_flight,
            limit: self.limit,
            breaker: Breaker::Closed,
            expected_wait: Duration::ZERO,
            expected_service: Duration::ZERO,
        }
    }

    fn number(&self) -> u64 {
        self.began.elapsed().as_secs() / SLICE.as_secs()
    }

    fn slice<'a>(&self, counts: &'a mut Counts) -> &'a mut Slice {
        let number = self.number();
        let slice = &mut counts.slices[(number % SLICES as u64) as usize];
        if slice.number != number {
            *slice = Slice {
                number,
                ..Slice::default()
            };
        }
        slice
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        // Counts are whole after every statement, so a panic elsewhere leaves nothing half done.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An attempt that is under way.
pub(crate) struct UnderWay<'a> {
    server: &'a Server,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.server.lock().in_flight -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn what_is_older_than_the_window_is_forgotten() {
        let server = Server::new(4);
        drop(server.begin(true));
        server.failed();
        advance(Duration::from_secs(60)).await;
        drop(server.begin(false));
        let recent = server.endpoint().recent;
        assert_eq!((recent.requests, recent.retries, recent.failures), (1, 1, 1));
        advance(Duration::from_secs(70)).await;
        let recent = server.endpoint().recent;
        assert_eq!((recent.requests, recent.retries, recent.failures), (0, 1, 0));
    }

    #[tokio::test]
    async fn attempts_are_in_flight_until_they_end_and_a_success_ends_a_row_of_failures() {
        let server = Server::new(4);
        let first = server.begin(true);
        let second = server.begin(true);
        server.failed();
        server.failed();
        assert_eq!(
            (server.endpoint().in_flight, server.endpoint().consecutive_failures),
            (2, 2)
        );
        drop(first);
        drop(second);
        server.succeeded();
        assert_eq!(
            (server.endpoint().in_flight, server.endpoint().consecutive_failures),
            (0, 0)
        );
    }
}
