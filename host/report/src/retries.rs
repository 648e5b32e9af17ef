//! Retries in the log: what failed and what comes next, one warning for each failed attempt.

use crate::line::harmless;
use koderz_api::retry::Decision;
use koderz_api::transport::Failure;
use koderz_core::event::{Entry, Event};
use koderz_core::ports::Sink;
use koderz_core::words;

/// Warns of every attempt that failed, with the trial in the field `task`.
#[derive(Clone, Copy, Debug)]
pub struct RetryLog;

impl Sink for RetryLog {
    fn see(&self, entry: &Entry) {
        if let Event::AttemptFailed {
            trial,
            of,
            attempt,
            decision,
            ..
        } = &entry.event
        {
            let warning = warning(attempt.number, *of, &attempt.failure, decision);
            tracing::warn!(task = %trial, host = entry.host.as_deref(), "{warning}");
        }
    }
}

/// What a failed attempt reads like in a log. Scripts match this wording, so it does not change.
fn warning(number: u32, of: Option<u32>, failure: &Failure, decision: &Decision) -> String {
    let of = of.map(|of| format!("/{of}")).unwrap_or_default();
    let next = match decision {
        Decision::Retry(pause) => format!("Retrying in {:.1}s...", pause.as_secs_f64()),
        Decision::WaitUntilReady => "Waiting until the server is ready...".to_owned(),
        Decision::GiveUp(reason) => format!("Giving up: {reason}"),
    };
    let words = words::failure(failure);
    harmless(&format!("attempt {number}{of} failed for generate: {words}. {next}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{PLACE, attempt, failure, trial_id};
    use koderz_api::transport::FailureKind;
    use std::fmt::Debug;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;
    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Level, Metadata, Subscriber};

    fn busy() -> Failure {
        failure(FailureKind::Overloaded, Some(503), "server busy")
    }

    fn warned(number: u32, of: Option<u32>, decision: Decision) -> String {
        // What is said of a failure has tests of its own.
        warning(number, of, &busy(), &decision).replace(&words::failure(&busy()), "WORDS")
    }

    #[test]
    fn a_retry_says_which_attempt_failed_and_when_the_next_comes() {
        assert_eq!(
            warned(1, Some(4), Decision::Retry(Duration::from_secs(2))),
            "attempt 1/4 failed for generate: WORDS. Retrying in 2.0s..."
        );
        assert_eq!(
            warned(3, None, Decision::Retry(Duration::from_millis(1250))),
            "attempt 3 failed for generate: WORDS. Retrying in 1.2s..."
        );
    }

    #[test]
    fn giving_up_says_why() {
        assert_eq!(
            warned(4, Some(4), Decision::GiveUp("no attempts left".to_owned())),
            "attempt 4/4 failed for generate: WORDS. Giving up: no attempts left"
        );
    }

    #[test]
    fn waiting_for_the_server_is_no_pause_with_an_end() {
        assert_eq!(
            warned(1, Some(4), Decision::WaitUntilReady),
            "attempt 1/4 failed for generate: WORDS. Waiting until the server is ready..."
        );
    }

    #[test]
    fn a_server_cannot_forge_lines_of_the_log() {
        let forged = failure(FailureKind::Crashed, Some(500), "oops\nINFO all is well\u{1b}[1A");
        let text = warning(1, None, &forged, &Decision::WaitUntilReady);
        assert!(!text.contains(['\n', '\u{1b}']), "{text:?}");
    }

    #[derive(Clone, Default)]
    struct Capture(Arc<Mutex<Vec<String>>>);

    impl Subscriber for Capture {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }
        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, event: &tracing::Event<'_>) {
            assert_eq!(event.metadata().level(), &Level::WARN);
            event.record(&mut self.clone());
        }
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    impl Visit for Capture {
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            let line = format!("{}={value:?}", field.name());
            self.0.lock().expect("no test panics with it").push(line);
        }
    }

    #[test]
    fn each_failed_attempt_is_one_warning_that_names_the_trial() {
        let capture = Capture::default();
        let event = Event::AttemptFailed {
            trial: trial_id("t/1", 2, 0),
            place: PLACE,
            of: Some(4),
            attempt: attempt(1, busy()),
            decision: Decision::Retry(Duration::from_secs(2)),
            stood_in: None,
            took: None,
        };
        let at = Duration::ZERO;
        tracing::subscriber::with_default(capture.clone(), || RetryLog.see(&Entry { at, host: None, event }));
        let mut lines = capture.0.lock().expect("no test panics with it").clone();
        lines.sort();
        let message = warning(1, Some(4), &busy(), &Decision::Retry(Duration::from_secs(2)));
        assert_eq!(lines, [format!("message={message}"), "task=t/1 sample 2".to_owned()]);
    }
}
