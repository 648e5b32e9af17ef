//! The one table of words for what goes wrong with a server, so that a log, a summary and a report say the same.

use koderz_api::chat::AskErrorKind;
use koderz_api::transport::{Failure, FailureKind};

/// What a kind of failure is called.
pub fn kind(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Unreachable => "server unreachable",
        FailureKind::Overloaded => "server overloaded",
        FailureKind::RateLimited => "rate limited",
        FailureKind::NotReady => "model not ready",
        FailureKind::Crashed => "server error",
        FailureKind::Interrupted => "answer broke off",
        FailureKind::TimedOut => "timed out",
        FailureKind::Malformed => "unreadable answer",
    }
}

/// What happened, in one line: the kind, the status where there was one, and what the server or the system said.
pub fn failure(failure: &Failure) -> String {
    let status = failure
        .status
        .map(|status| format!("HTTP {status} "))
        .unwrap_or_default();
    let kind = kind(failure.kind);
    if failure.message.is_empty() {
        format!("{status}{kind}")
    } else {
        format!("{status}{kind}: {}", failure.message)
    }
}

/// Why a question got no answer.
pub fn ask_error(kind: AskErrorKind) -> &'static str {
    match kind {
        AskErrorKind::Rejected => "refused",
        AskErrorKind::RetriesExhausted => "retries exhausted",
        AskErrorKind::Deadline => "deadline passed",
        AskErrorKind::Malformed => "unreadable answer",
    }
}
