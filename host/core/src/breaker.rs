//! The circuit breaker: when a server is taken to be away, and when it is taken to work again.
//!
//! Pure: it counts, and says what it has come to. What is done about it is `outage`'s. Failures that show an outage by
//! themselves, such as a port on which nobody listens, open it at once. Others open it when several have come in a row
//! that has lasted a while: a server that fails single questions, or serves at the second attempt, is not away.

use koderz_api::transport::{Breaker as State, Failure, FailureKind, Phase};
use std::time::Duration;

/// Failures in a row that may open it (Finagle's failure accrual uses the same number).
const IN_A_ROW: u32 = 5;

/// How long the row has to have lasted. A server that refuses whatever comes first and serves it a moment later is left
/// to the retry policy.
const LASTING: Duration = Duration::from_millis(1500);

/// What a failed attempt says of its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    /// It is away.
    Outage,
    /// It may be away.
    Doubt,
    /// Nothing: the question or its answer was at fault.
    Nothing,
}

fn sign(failure: &Failure) -> Sign {
    match (failure.kind, failure.detail.as_str()) {
        (FailureKind::Unreachable, "reset" | "bad-gateway" | "gateway-timeout") => Sign::Doubt,
        (FailureKind::Unreachable, _) => Sign::Outage,
        // Before the first token silence is all that a hung server or a leaked slot shows.
        (FailureKind::TimedOut, _) if failure.phase != Phase::Decode => Sign::Outage,
        (FailureKind::Interrupted, "no-done") | (FailureKind::Malformed, _) => Sign::Nothing,
        (
            FailureKind::Overloaded
            | FailureKind::RateLimited
            | FailureKind::NotReady
            | FailureKind::Crashed
            | FailureKind::Interrupted
            | FailureKind::TimedOut,
            _,
        ) => Sign::Doubt,
    }
}

/// Counts successes and failures, in the order in which they became known. Times are since any fixed moment.
#[derive(Clone, Debug)]
pub(crate) struct Breaker {
    state: State,
    row: Option<Row>,
}

/// Failures without a success among what began after the first of them.
#[derive(Clone, Copy, Debug)]
struct Row {
    began: Duration,
    length: u32,
}

impl Breaker {
    pub(crate) fn new() -> Self {
        Breaker {
            state: State::Closed,
            row: None,
        }
    }

    pub(crate) fn state(&self) -> State {
        self.state
    }

    /// Takes in a failed attempt. True where this one has opened it.
    pub(crate) fn failed(&mut self, failure: &Failure, now: Duration) -> bool {
        if self.state != State::Closed {
            // What was under way when it opened comes in late and says nothing new.
            return false;
        }
        let opens = match sign(failure) {
            Sign::Nothing => return false,
            Sign::Outage => true,
            Sign::Doubt => {
                let row = self.row.get_or_insert(Row { began: now, length: 0 });
                row.length += 1;
                row.length >= IN_A_ROW && now.saturating_sub(row.began) >= LASTING
            }
        };
        if opens {
            self.state = State::Open;
        }
        opens
    }

    /// Takes in an answer to an attempt. One that began before the failures says little about the server now, and while
    /// the breaker is open only a probe closes it.
    pub(crate) fn succeeded(&mut self, began: Duration) {
        self.row = self.row.filter(|row| began < row.began);
    }

    /// A probe is sent.
    pub(crate) fn probing(&mut self) {
        self.state = State::HalfOpen;
    }

    /// A probe has failed.
    pub(crate) fn probe_failed(&mut self) {
        self.state = State::Open;
    }

    /// A probe has succeeded.
    pub(crate) fn close(&mut self) {
        *self = Breaker::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(kind: FailureKind, detail: &str, phase: Phase) -> Failure {
        Failure {
            kind,
            detail: detail.to_owned(),
            phase,
            status: None,
            retry_after: None,
            message: String::new(),
        }
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_port_on_which_nobody_listens_opens_it_at_once() {
        for (kind, detail, phase) in [
            (FailureKind::Unreachable, "refused", Phase::Connect),
            (FailureKind::Unreachable, "connect-timeout", Phase::Connect),
            (FailureKind::TimedOut, "silence", Phase::Queue),
        ] {
            let mut breaker = Breaker::new();
            assert!(breaker.failed(&failure(kind, detail, phase), seconds(0)), "{detail}");
            assert_eq!(breaker.state(), State::Open);
        }
    }

    #[test]
    fn several_failures_in_a_row_open_it_once_the_row_has_lasted_a_while() {
        let busy = failure(FailureKind::Overloaded, "queue-full", Phase::Queue);
        let mut breaker = Breaker::new();
        assert!((0..20).all(|_| !breaker.failed(&busy, seconds(9))), "too soon");
        assert!(breaker.failed(&busy, seconds(11)));
        let mut breaker = Breaker::new();
        let times = [0, 20, 40, 60];
        assert!(
            times.iter().all(|time| !breaker.failed(&busy, seconds(*time))),
            "too few"
        );
    }

    #[test]
    fn a_success_ends_the_row_if_its_attempt_began_within_it() {
        let busy = failure(FailureKind::Overloaded, "queue-full", Phase::Queue);
        let mut breaker = Breaker::new();
        assert!((0..5).all(|_| !breaker.failed(&busy, seconds(10))));
        breaker.succeeded(seconds(11));
        assert!((0..9).all(|_| !breaker.failed(&busy, seconds(60))), "a new row");
        breaker.succeeded(seconds(59));
        assert!(
            breaker.failed(&busy, seconds(62)),
            "what was under way before says little"
        );
    }

    #[test]
    fn answers_that_are_wrong_in_themselves_say_nothing_of_the_server() {
        let mut breaker = Breaker::new();
        let quiet = failure(FailureKind::Interrupted, "no-done", Phase::Decode);
        let garbled = failure(FailureKind::Malformed, "unreadable", Phase::Decode);
        assert!((0..50).all(|_| !breaker.failed(&quiet, seconds(60)) && !breaker.failed(&garbled, seconds(60))));
    }

    #[test]
    fn only_a_probe_closes_it_again() {
        let refused = failure(FailureKind::Unreachable, "refused", Phase::Connect);
        let mut breaker = Breaker::new();
        assert!(breaker.failed(&refused, seconds(1)));
        assert!(!breaker.failed(&refused, seconds(1)), "it is open already");
        breaker.succeeded(seconds(2));
        assert_eq!(breaker.state(), State::Open);
        breaker.probing();
        assert_eq!(breaker.state(), State::HalfOpen);
        breaker.probe_failed();
        assert_eq!(breaker.state(), State::Open);
        breaker.probing();
        breaker.close();
        assert_eq!(breaker.state(), State::Closed);
    }
}
