//! What went to the server lately, and whether anything may go to it now.

use crate::breaker::Breaker;
use crate::budget::Budget;
use koderz_api::transport::{Endpoint, Failure, FailureKind, Traffic};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
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

/// A mean of lengths of time that follows what is new: each counts as much as all later ones leave of it.
#[derive(Clone, Copy, Default)]
struct Recent(Option<Duration>);

/// How much the newest counts.
const NEWEST: f64 = 0.125;

impl Recent {
    fn observe(&mut self, time: Duration) {
        self.0 = Some(match self.0 {
            None => time,
            Some(mean) => mean.mul_f64(1.0 - NEWEST) + time.mul_f64(NEWEST),
        });
    }

    fn mean(self) -> Duration {
        self.0.unwrap_or_default()
    }
}

struct Counts {
    wait: Recent,
    service: Recent,
    slices: [Slice; SLICES],
    consecutive_failures: u32,
    in_flight: u32,
    breaker: Breaker,
    budget: Budget,
}

/// Whether questions may go to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// They may.
    Free,
    /// They wait: the breaker is open.
    Held,
    /// They never will again in this run, and why.
    Lost(String),
}

/// Counts attempts and their ends, and holds questions back while the server is away.
pub(crate) struct Server {
    began: Instant,
    limit: AtomicU32,
    counts: Mutex<Counts>,
    flow: watch::Sender<Flow>,
}

impl Server {
    pub(crate) fn new(limit: u32) -> Self {
        let counts = Counts {
            wait: Recent::default(),
            service: Recent::default(),
            slices: [Slice::default(); SLICES],
            consecutive_failures: 0,
            in_flight: 0,
            breaker: Breaker::new(),
            budget: Budget::new(Duration::ZERO),
        };
        Server {
            began: Instant::now(),
            limit: AtomicU32::new(limit),
            counts: Mutex::new(counts),
            flow: watch::Sender::new(Flow::Free),
        }
    }

    /// An attempt begins; it is under way until the answer is dropped.
    pub(crate) fn begin(&self, first: bool) -> UnderWay<'_> {
        let now = self.now();
        let mut counts = self.lock();
        counts.in_flight += 1;
        if first {
            counts.budget.first_attempt(now);
        }
        let slice = self.slice(&mut counts);
        *(if first { &mut slice.requests } else { &mut slice.retries }) += 1;
        UnderWay {
            server: self,
            began: now,
        }
    }

    /// Counts a failure. True where it has shown that the server is away: somebody has to see to that.
    pub(crate) fn failed(&self, failure: &Failure) -> bool {
        let now = self.now();
        let mut counts = self.lock();
        counts.consecutive_failures = counts.consecutive_failures.saturating_add(1);
        self.slice(&mut counts).failures += 1;
        let opened = counts.breaker.failed(failure, now);
        drop(counts);
        if opened {
            self.flow.send_replace(Flow::Held);
        }
        opened
    }

    /// Holds questions back whatever was counted. True where they were free until now.
    pub(crate) fn hold(&self) -> bool {
        let mut counts = self.lock();
        let free = *self.flow.borrow() == Flow::Free;
        if free {
            counts.breaker.probe_failed();
            self.flow.send_replace(Flow::Held);
        }
        free
    }

    /// A probe is sent.
    pub(crate) fn probing(&self) {
        self.lock().breaker.probing();
    }

    /// A probe has failed.
    pub(crate) fn probe_failed(&self) {
        self.lock().breaker.probe_failed();
    }

    /// The server works again.
    pub(crate) fn release(&self) {
        let mut counts = self.lock();
        counts.breaker.close();
        counts.consecutive_failures = 0;
        drop(counts);
        self.flow.send_replace(Flow::Free);
    }

    /// The server is given up for this run.
    pub(crate) fn lose(&self, reason: String) {
        self.flow.send_replace(Flow::Lost(reason));
    }

    /// Resolves when questions may go to the server.
    pub(crate) async fn free(&self) {
        self.reached(|flow| *flow == Flow::Free).await;
    }

    /// Whether questions may go to the server now.
    pub(crate) fn is_free(&self) -> bool {
        *self.flow.borrow() == Flow::Free
    }

    /// Resolves when the server is given up, with the reason.
    pub(crate) async fn lost(&self) -> String {
        self.reached(|flow| matches!(flow, Flow::Lost(_))).await;
        match &*self.flow.borrow() {
            Flow::Lost(reason) => reason.clone(),
            Flow::Free | Flow::Held => String::new(),
        }
    }

    async fn reached(&self, wanted: impl Fn(&Flow) -> bool) {
        // The sender lives in here, so it is never gone.
        let _ = self.flow.subscribe().wait_for(|flow| wanted(flow)).await;
    }

    /// How long a retry has to wait beyond its own pause, so that retries stay a share of the traffic.
    pub(crate) fn surcharge(&self, failure: &Failure) -> Duration {
        if failure.kind == FailureKind::Unreachable {
            return Duration::ZERO;
        }
        let now = self.now();
        self.lock().budget.retry(now)
    }

    pub(crate) fn set_limit(&self, limit: u32) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// Attempts under way.
    pub(crate) fn in_flight(&self) -> u32 {
        self.lock().in_flight
    }

    /// What a policy is told now. Before the first answer nothing is known of the times, which the contract calls zero.
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
            limit: self.limit.load(Ordering::Relaxed),
            breaker: counts.breaker.state(),
            expected_wait: counts.wait.mean(),
            expected_service: counts.service.mean(),
        }
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn number(&self) -> u64 {
        self.now().as_secs() / SLICE.as_secs()
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
    began: Duration,
}

impl UnderWay<'_> {
    /// It brought an answer, which waited for so long of its whole time.
    pub(crate) fn succeeded(self, waited: Duration) {
        let took = self.server.now() - self.began;
        let mut counts = self.server.lock();
        counts.wait.observe(waited);
        counts.service.observe(took.saturating_sub(waited));
        counts.consecutive_failures = 0;
        counts.breaker.succeeded(self.began);
        // The guard goes first: dropping this takes it again.
        drop(counts);
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.server.lock().in_flight -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use koderz_api::transport::{Breaker as State, Phase};
    use tokio::time::advance;

    fn failure(kind: FailureKind, detail: &str) -> Failure {
        Failure {
            kind,
            detail: detail.to_owned(),
            phase: Phase::Queue,
            status: None,
            retry_after: None,
            message: String::new(),
        }
    }

    fn busy() -> Failure {
        failure(FailureKind::Overloaded, "queue-full")
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_older_than_the_window_is_forgotten() {
        let server = Server::new(4);
        drop(server.begin(true));
        server.failed(&busy());
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
        server.failed(&busy());
        server.failed(&busy());
        assert_eq!(
            (server.endpoint().in_flight, server.endpoint().consecutive_failures),
            (2, 2)
        );
        drop(first);
        second.succeeded(Duration::ZERO);
        assert_eq!(
            (server.endpoint().in_flight, server.endpoint().consecutive_failures),
            (0, 0)
        );
    }

    #[tokio::test]
    async fn an_outage_holds_questions_back_until_the_server_works_again() {
        let server = Server::new(4);
        assert!(server.failed(&failure(FailureKind::Unreachable, "refused")));
        assert!(!server.is_free());
        assert_eq!(server.endpoint().breaker, State::Open);
        server.probing();
        assert_eq!(server.endpoint().breaker, State::HalfOpen);
        server.release();
        server.free().await;
        assert_eq!(server.endpoint().breaker, State::Closed);
        server.lose("gone".to_owned());
        assert_eq!(server.lost().await, "gone");
    }
}
