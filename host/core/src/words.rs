//! The one table of words for what goes wrong with a server, so that a log, a summary and a report say the same.

use koderz_api::chat::{AskErrorKind, Reply};
use koderz_api::transport::{Failure, FailureKind};
use std::time::Duration;

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

/// Characters of what a server said that are shown.
const SAID: usize = 500;

/// What happened, in one line: the status where there was one, the kind with its detail, and what the server or the
/// system said.
pub fn failure(failure: &Failure) -> String {
    let status = failure
        .status
        .map(|status| format!("HTTP {status} "))
        .unwrap_or_default();
    let mut words = format!("{status}{}", kind(failure.kind));
    if !failure.detail.is_empty() {
        words.push_str(&format!(" ({})", failure.detail));
    }
    let said: Vec<&str> = failure.message.split_whitespace().collect();
    if !said.is_empty() {
        words.push_str(": ");
        words.extend(said.join(" ").chars().take(SAID));
    }
    words
}

/// Where the time of an answer went, as far as the server says it.
pub fn timing(reply: &Reply) -> String {
    let mut parts = vec![format!("{:.3} s in all", reply.timing.total.as_secs_f64())];
    let mut add = |name: &str, time: Option<Duration>| {
        parts.extend(time.map(|time| format!("{name} {:.3} s", time.as_secs_f64())));
    };
    add("first token", reply.timing.first_token);
    if let Some(server) = reply.timing.server {
        add("load", server.load);
        add("prompt", server.prompt);
        add("generation", server.generation);
    }
    parts.extend(reply.usage.output_tokens.map(|tokens| format!("{tokens} tokens")));
    parts.join(", ")
}

/// Why a question got no answer.
pub fn ask_error(kind: AskErrorKind) -> &'static str {
    match kind {
        AskErrorKind::Rejected => "refused",
        AskErrorKind::RetriesExhausted => "given up",
        AskErrorKind::Deadline => "deadline passed",
        AskErrorKind::Malformed => "unreadable answer",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use koderz_api::transport::Phase;

    #[test]
    fn a_failure_is_told_in_one_line_whatever_the_server_said() {
        let told = Failure {
            kind: FailureKind::Overloaded,
            detail: "queue-full".to_owned(),
            phase: Phase::Queue,
            status: Some(503),
            retry_after: None,
            message: "server busy, please try again.  maximum\npending requests exceeded".to_owned(),
        };
        assert_eq!(
            failure(&told),
            "HTTP 503 server overloaded (queue-full): server busy, please try again. maximum pending requests exceeded"
        );
        let silent = Failure {
            status: None,
            detail: String::new(),
            message: String::new(),
            ..told
        };
        assert_eq!(failure(&silent), "server overloaded");
    }
}
