//! The table of failures: what a server said, or what was seen of it, and what a retry policy is told.
//!
//! It is data and decides nothing about trying again. `docs/reference/transport.md` shows it to people and has to change
//! with it. The texts are those of Ollama 0.32 and 0.33, with a few that older versions and its cloud used.

use koderz_api::transport::FailureKind;

/// Version of the table, raised with every change of meaning.
pub const VERSION: u32 = 1;

/// What a row says of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Never to be tried again.
    Refused(&'static str),
    /// For a policy to decide.
    Failed(FailureKind, &'static str),
}

/// Which statuses a row is for. An error inside a 200 has none: the server drops it once the first byte is out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Status {
    Any,
    Is(u16),
    Redirect,
    Client,
    Server,
}

/// How far the attempt must have come for a row to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Ever,
    /// Before the first token.
    Before,
}

/// A row for a server's own words. It fits if any of its texts is part of what was said, in lower case; a row without
/// texts fits all.
pub(crate) struct Row(
    pub(crate) Status,
    pub(crate) When,
    pub(crate) &'static [&'static str],
    pub(crate) Class,
);

use Class::{Failed, Refused};
use FailureKind::{Crashed, Interrupted, Malformed, NotReady, Overloaded, RateLimited, TimedOut, Unreachable};
use Status::{Any, Client, Is, Redirect, Server};
use When::{Before, Ever};

/// Read from above; the first row that fits decides.
#[rustfmt::skip]
pub(crate) const SAID: &[Row] = &[
    // The client's own mistakes come as 500 too, so texts are looked at before statuses.
    Row(Any, Ever, &["must be of type"], Refused("invalid-option")),
    Row(Any, Ever, &["invalid format", "invalid json schema", "vocabulary required for format"], Refused("invalid-format")),
    Row(Any, Ever, &["prompt is longer than the context", "input length exceeds", "exceeds the available context size"], Refused("context-overflow")),
    Row(Any, Ever, &["does not support"], Refused("unsupported")),
    Row(Any, Ever, &["try pulling it first"], Refused("model-missing")),
    Row(Is(404), Ever, &["page not found"], Refused("no-endpoint")),
    Row(Is(404), Ever, &["not found"], Refused("model-missing")),
    Row(Is(400), Ever, &["invalid model name"], Refused("model-missing")),
    // Quotas come back after hours, rates after seconds.
    Row(Any, Ever, &["usage limit"], Refused("quota-exhausted")),
    Row(Any, Ever, &["requires a subscription"], Refused("forbidden")),
    Row(Is(401), Ever, &[], Refused("unauthorized")),
    Row(Is(403), Ever, &[], Refused("forbidden")),
    Row(Is(429), Ever, &[], Failed(RateLimited, "rate-limited")),
    // Refused before any work.
    Row(Any, Ever, &["maximum pending requests exceeded"], Failed(Overloaded, "queue-full")),
    Row(Any, Ever, &["server overloaded", "concurrent request slot"], Failed(Overloaded, "cloud-overloaded")),
    Row(Is(503), Ever, &[], Failed(Overloaded, "unavailable")),
    // A load that does not fit will not fit the next time either; a run-time shortage may be over after the reload.
    Row(Any, Before, MEMORY, Refused("out-of-memory")),
    Row(Any, Ever, MEMORY, Failed(Crashed, "out-of-memory")),
    Row(Any, Ever, &["incompatible with your version", "unsupported format", "unsupported model format"], Refused("model-incompatible")),
    Row(Any, Ever, &["token repeat limit reached"], Refused("degenerate-output")),
    Row(Any, Ever, &["llm server loading model"], Failed(NotReady, "model-loading")),
    Row(Any, Ever, &["no slots available"], Failed(NotReady, "runner-busy")),
    Row(Any, Ever, &["llm server not responding", "llm server error"], Failed(NotReady, "runner-not-ready")),
    Row(Any, Ever, &["timed out waiting for llama"], Failed(NotReady, "load-stalled")),
    Row(Any, Ever, &["loading was aborted", "aborting load"], Failed(NotReady, "load-aborted")),
    // What is sent is always whole and valid JSON, so this is the way to the server, or its own way to a cloud.
    Row(Is(400), Ever, &["unexpected eof"], Failed(Interrupted, "upstream-eof")),
    // Before the runner's row, whose texts a gateway uses for its own connections.
    Row(Is(502), Ever, &[], Failed(Unreachable, "bad-gateway")),
    Row(Is(504), Ever, &[], Failed(Unreachable, "gateway-timeout")),
    Row(Any, Ever, RUNNER, Failed(Crashed, "runner-died")),
    // Only ever relayed: the server says so to a client that is gone.
    Row(Is(499), Ever, &[], Failed(Interrupted, "cancelled")),
    Row(Is(408), Ever, &[], Failed(TimedOut, "server-timeout")),
    Row(Redirect, Ever, &[], Refused("redirected")),
    Row(Client, Ever, &[], Refused("invalid-request")),
    Row(Server, Ever, &[], Failed(Crashed, "http-5xx")),
    Row(Any, Ever, &[], Failed(Crashed, "stream-error")),
];

#[rustfmt::skip]
const MEMORY: &[&str] = &[
    "out of memory", "out_of_device_memory", "cudamalloc failed", "failed to allocate", "insufficient memory",
    "unable to load full model on gpu", "model requires",
];

#[rustfmt::skip]
const RUNNER: &[&str] = &[
    "process has terminated", "no longer running", "unexpectedly stopped", "error was encountered while running the model",
    "unexpected eof", "forcibly closed", "connection refused", "/completion\": eof",
];

/// What the client itself sees go wrong, without a word of the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Nobody listens at the address.
    ConnectionRefused,
    /// The name has no address.
    NoSuchHost,
    /// No connection in time.
    ConnectTimeout,
    /// No connection for another reason.
    NoConnection,
    /// The connection went away before anything was heard.
    Reset,
    /// No byte for longer than is waited.
    Silence,
    /// A clean end without `done`.
    NoDone,
    /// An end in the middle.
    StreamBroken,
    /// Something else than HTTP.
    NotHttp,
    /// Something else than the objects of an answer.
    Unreadable,
    /// A line or an answer beyond its bound.
    TooLong,
    /// A model that does not leave memory.
    StillLoaded,
}

impl Sight {
    /// All of them, for the test that the reference names each.
    #[cfg(test)]
    pub(crate) const ALL: [Sight; 12] = [
        Sight::ConnectionRefused,
        Sight::NoSuchHost,
        Sight::ConnectTimeout,
        Sight::NoConnection,
        Sight::Reset,
        Sight::Silence,
        Sight::NoDone,
        Sight::StreamBroken,
        Sight::NotHttp,
        Sight::Unreadable,
        Sight::TooLong,
        Sight::StillLoaded,
    ];

    pub(crate) const fn meaning(self) -> (FailureKind, &'static str) {
        match self {
            Sight::ConnectionRefused => (Unreachable, "refused"),
            Sight::NoSuchHost => (Unreachable, "dns"),
            Sight::ConnectTimeout => (Unreachable, "connect-timeout"),
            Sight::NoConnection => (Unreachable, "no-connection"),
            Sight::Reset => (Unreachable, "reset"),
            Sight::Silence => (TimedOut, "silence"),
            Sight::NoDone => (Interrupted, "no-done"),
            Sight::StreamBroken => (Interrupted, "stream-broken"),
            Sight::NotHttp => (Malformed, "not-http"),
            Sight::Unreadable => (Malformed, "unreadable"),
            Sight::TooLong => (Malformed, "too-long"),
            Sight::StillLoaded => (NotReady, "still-loaded"),
        }
    }
}
