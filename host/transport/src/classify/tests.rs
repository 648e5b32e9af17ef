//! Every failure that a server is known to have, in its own words.

use super::*;
use FailureKind::{Crashed, Interrupted, NotReady, Overloaded, RateLimited, TimedOut, Unreachable};

const REFUSED: Option<FailureKind> = None;

fn verdict(status: u16, text: &str, phase: Phase) -> (Option<FailureKind>, String) {
    let words = Said {
        status: (status != 0).then_some(status),
        text,
        phase,
        retry_after: None,
    };
    match said(words) {
        AttemptError::Refused(refusal) => (None, refusal.detail),
        AttemptError::Failed(failure) => (Some(failure.kind), failure.detail),
    }
}

fn check(known: &[(u16, &str, Option<FailureKind>, &str)]) {
    for (status, text, kind, detail) in known {
        let found = verdict(*status, text, Phase::Queue);
        assert_eq!(found, (*kind, (*detail).to_owned()), "{status} {text}");
    }
}

/// Bodies as a real server sent them. A status of 0 is that of an error inside a 200.
#[test]
#[rustfmt::skip]
fn every_body_that_was_recorded_is_understood() {
    check(&[
        (503, r#"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#, Some(Overloaded), "queue-full"),
        (404, r#"{"error":"model 'nosuch' not found"}"#, REFUSED, "model-missing"),
        (404, r#"{"error":"model 'nosuch:latest' not found"}"#, REFUSED, "model-missing"),
        (404, r#"{"error":"model '' not found"}"#, REFUSED, "model-missing"),
        (404, r#"{"error":{"message":"model 'nosuch' not found","type":"not_found_error","param":null,"code":null}}"#, REFUSED, "model-missing"),
        (404, "404 page not found", REFUSED, "no-endpoint"),
        (405, "405 method not allowed", REFUSED, "invalid-request"),
        (400, r#"{"error":"invalid model name"}"#, REFUSED, "model-missing"),
        (400, r#"{"error":"missing request body"}"#, REFUSED, "invalid-request"),
        (400, r#"{"error":"json: cannot unmarshal number into Go struct field GenerateRequest.prompt of type string"}"#, REFUSED, "invalid-request"),
        (400, r#"{"error":"time: invalid duration \"soon\""}"#, REFUSED, "invalid-request"),
        (400, r#"{"error":"unexpected EOF"}"#, Some(Interrupted), "upstream-eof"),
        (400, r#"{"error":"hub.example/library/gemma3-270m:latest does not support tools"}"#, REFUSED, "unsupported"),
        (400, r#"{"error":"\"gemma3-270m\" does not support thinking"}"#, REFUSED, "unsupported"),
        (501, r#"{"error":"This server does not support embeddings. Start it with `--embeddings`"}"#, REFUSED, "unsupported"),
        (400, r#"{"error":"{\"error\":{\"code\":400,\"message\":\"request (6003 tokens) exceeds the available context size (2048 tokens), try increasing it\",\"type\":\"exceed_context_size_error\",\"n_prompt_tokens\":6003,\"n_ctx\":2048}}"}"#, REFUSED, "context-overflow"),
        (500, r#"{"error":"option \"num_predict\" must be of type integer"}"#, REFUSED, "invalid-option"),
        (500, r#"{"error":"invalid format: \"\\\"xml\\\"\"; expected \"json\" or a valid JSON Schema object"}"#, REFUSED, "invalid-format"),
        (500, r#"{"error":"an error was encountered while running the model: unexpected EOF"}"#, Some(Crashed), "runner-died"),
        (0, r#"{"error":"an error was encountered while running the model: unexpected EOF"}"#, Some(Crashed), "runner-died"),
    ]);
}

/// Texts from the server's source and from what its users report.
#[test]
#[rustfmt::skip]
fn every_text_that_is_known_is_understood() {
    check(&[
        (503, "Server overloaded, please retry shortly (ref: 1)", Some(Overloaded), "cloud-overloaded"),
        (500, "timed out waiting for a concurrent request slot", Some(Overloaded), "cloud-overloaded"),
        (503, "account unavailable", Some(Overloaded), "unavailable"),
        (429, "you (me) have reached your session usage limit, upgrade for higher limits", REFUSED, "quota-exhausted"),
        (429, "you (me) have reached your hourly usage limit, upgrade for higher limits", REFUSED, "quota-exhausted"),
        (429, "you (me) have reached your weekly usage limit, upgrade for higher limits", REFUSED, "quota-exhausted"),
        (429, "too many requests", Some(RateLimited), "rate-limited"),
        (401, r#"{"error":"unauthorized","signin_url":"https://example.org/connect?key=k"}"#, REFUSED, "unauthorized"),
        (403, "this model requires a subscription, upgrade for access", REFUSED, "forbidden"),
        (403, "ollama cloud is disabled: remote inference is unavailable", REFUSED, "forbidden"),
        (502, "dial tcp: lookup failed", Some(Unreachable), "bad-gateway"),
        (502, "dial tcp 10.0.0.1:443: connect: connection refused", Some(Unreachable), "bad-gateway"),
        (504, "", Some(Unreachable), "gateway-timeout"),
        (499, "request canceled", Some(Interrupted), "cancelled"),
        (408, "", Some(TimedOut), "server-timeout"),
        (500, "llama runner process has terminated: exit status 2", Some(Crashed), "runner-died"),
        (500, "llama-server process has terminated: signal: killed", Some(Crashed), "runner-died"),
        (500, "llama-server no longer running: exit status 1", Some(Crashed), "runner-died"),
        (500, "model runner has unexpectedly stopped, this may be due to resource limitations", Some(Crashed), "runner-died"),
        (500, "an error was encountered while running the model: wsarecv: forcibly closed", Some(Crashed), "runner-died"),
        (500, "POST predict: Post \"http://127.0.0.1:1/completion\": EOF", Some(Crashed), "runner-died"),
        (500, "unexpected server status: llm server loading model", Some(NotReady), "model-loading"),
        (500, "unexpected server status: llm busy - no slots available", Some(NotReady), "runner-busy"),
        (500, "no slots available after 10 retries", Some(NotReady), "runner-busy"),
        (500, "unexpected server status: llm server not responding", Some(NotReady), "runner-not-ready"),
        (500, "unexpected server status: llm server error", Some(NotReady), "runner-not-ready"),
        (500, "timed out waiting for llama-server to start - progress 0.3", Some(NotReady), "load-stalled"),
        (500, "client connection closed before llama-server finished loading, aborting load", Some(NotReady), "load-aborted"),
        (500, "llama-server process has terminated: cudaMalloc failed: out of memory", REFUSED, "out-of-memory"),
        (500, "ggml: failed to allocate buffer", REFUSED, "out-of-memory"),
        (500, "insufficient memory", REFUSED, "out-of-memory"),
        (500, "VK_ERROR_OUT_OF_DEVICE_MEMORY", REFUSED, "out-of-memory"),
        (500, "unable to load full model on GPU", REFUSED, "out-of-memory"),
        (500, "model requires 9 GiB but only 4 GiB are available", REFUSED, "out-of-memory"),
        (500, "model requires more system memory (9 GiB) than is available (4 GiB)", REFUSED, "out-of-memory"),
        (500, "this model may be incompatible with your version of Ollama", REFUSED, "model-incompatible"),
        (500, "unsupported format", REFUSED, "model-incompatible"),
        (500, "prediction aborted, token repeat limit reached", REFUSED, "degenerate-output"),
        (400, "the prompt is longer than the context length currently available (2048)", REFUSED, "context-overflow"),
        (400, "the input length exceeds the context length", REFUSED, "context-overflow"),
        (404, "model \"nope\" not found, try pulling it first", REFUSED, "model-missing"),
        (307, "Temporary Redirect", REFUSED, "redirected"),
        (418, "I am a teapot", REFUSED, "invalid-request"),
        (500, "something that nobody has seen", Some(Crashed), "http-5xx"),
        (0, "something in the middle of an answer", Some(Crashed), "stream-error"),
    ]);
}

#[test]
fn memory_that_ran_out_while_answering_is_worth_another_try() {
    let text = "cudaMalloc failed: out of memory";
    let found = verdict(0, text, Phase::Decode);
    assert_eq!(found, (Some(Crashed), "out-of-memory".to_owned()));
}

#[test]
fn a_model_that_is_not_ready_is_said_to_be_loading() {
    let words = Said {
        status: Some(500),
        text: "unexpected server status: llm server loading model",
        phase: Phase::Queue,
        retry_after: Some(Duration::from_secs(2)),
    };
    let AttemptError::Failed(failure) = said(words) else {
        panic!("a load under way is worth waiting for");
    };
    assert_eq!(
        (failure.phase, failure.status, failure.retry_after),
        (Phase::Load, Some(500), Some(Duration::from_secs(2)))
    );
}

#[test]
fn a_message_holds_the_innermost_words_alone() {
    let text = r#"{"error":"{\"error\":{\"code\":400,\"message\":\"request exceeds the available context size\"}}"}"#;
    let words = Said {
        status: Some(400),
        text,
        phase: Phase::Queue,
        retry_after: None,
    };
    let AttemptError::Refused(refusal) = said(words) else {
        panic!("a prompt that is too long stays too long");
    };
    assert_eq!(refusal.message, "request exceeds the available context size");
    let secret = r#"{"error":"unauthorized","signin_url":"https://example.org/connect?key=secret"}"#;
    let words = Said {
        status: Some(401),
        text: secret,
        ..words
    };
    assert!(!format!("{:?}", said(words)).contains("secret"));
}

#[test]
fn a_long_text_is_cut_and_stays_on_one_line() {
    let words = Said {
        status: Some(500),
        text: &"many\nwords ".repeat(100),
        phase: Phase::Queue,
        retry_after: None,
    };
    let AttemptError::Failed(failure) = said(words) else {
        panic!("a server's error is for a policy to decide");
    };
    assert!(failure.message.chars().count() <= KEPT + 1 && !failure.message.contains('\n'));
}

#[test]
fn retry_after_is_read_in_both_its_forms() {
    let now = SystemTime::UNIX_EPOCH;
    let seconds = |value, date| retry_after(value, date, now).map(|wait| wait.as_secs());
    let date = "Tue, 24 Nov 2026 07:00:00 GMT";
    let later = "Tue, 24 Nov 2026 07:01:30 GMT";
    assert_eq!(seconds(" 120 ", None), Some(120));
    assert_eq!(seconds(later, Some(date)), Some(90));
    assert_eq!(seconds(date, Some(later)), Some(0));
    assert_eq!(seconds("Thu, 01 Jan 1970 00:00:07 GMT", None), Some(7));
    for value in ["", "soon", "-1", "1.5"] {
        assert_eq!(seconds(value, None), None, "{value}");
    }
}

#[test]
fn the_reference_names_every_detail_and_the_version_of_the_table() {
    let page = include_str!("../../../../docs/reference/transport.md");
    for row in SAID {
        let (Class::Refused(detail) | Class::Failed(_, detail)) = row.3;
        assert!(page.contains(&format!("`{detail}`")), "{detail}");
    }
    for sight in Sight::ALL {
        let (_, detail) = sight.meaning();
        assert!(page.contains(&format!("`{detail}`")), "{detail}");
    }
    assert!(page.contains(&format!("version {} of the table", crate::table::VERSION)));
}
