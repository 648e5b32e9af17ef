//! The table of failures: what a server said, or what was seen of it, and what a retry policy is told.
//!
//! It is data and decides nothing about trying again. `docs/reference/transport.md` shows it to people and has to change
//! with it, and `tests/fixtures/said.jsonl` has a body for every row. The texts are those of Ollama 0.32 and 0.33, with
//! those that older versions and its cloud used; a text belongs to few versions and says by itself which behaviour it is,
//! so a row needs no version of its own. What the client sees without a word of the server's is in `sight`.

use crate::blame::Blame;
use koderz_api::transport::FailureKind;
use koderz_core::ports::Refusal;

/// Version of the table, raised with every change of meaning.
pub const VERSION: u32 = 2;

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
    pub(crate) Blame,
);

use Blame::{Model, Nobody};
use Class::{Failed, Refused};
use FailureKind::{Crashed, Interrupted, NotReady, Overloaded, RateLimited, TimedOut, Unreachable};
use Status::{Any, Client, Is, Redirect, Server};
use When::{Before, Ever};

/// Read from above; the first row that fits decides.
#[rustfmt::skip]
pub(crate) static SAID: &[Row] = &[
    // The client's own mistakes come as 500 too, so texts are looked at before statuses.
    Row(Any, Ever, &["must be of type", "invalid think value", "top_logprobs must be"], Refused("invalid-option"), Nobody),
    Row(Any, Ever, &["invalid format", "invalid json schema", "vocabulary required for format"], Refused("invalid-format"), Nobody),
    // Only where the request says `truncate: false` or the model cannot shift; else a prompt is cut in silence.
    Row(Any, Ever, &["prompt is longer than the context", "input length exceeds", "exceeds the available context size"], Refused("context-overflow"), Nobody),
    Row(Any, Ever, &["does not support"], Refused(Refusal::UNSUPPORTED), Nobody),
    Row(Any, Ever, &["try pulling it first"], Refused("model-missing"), Nobody),
    Row(Is(404), Ever, &["page not found"], Refused("no-endpoint"), Nobody),
    Row(Is(404), Ever, &["not found"], Refused("model-missing"), Nobody),
    Row(Is(400), Ever, &["invalid model name"], Refused("model-missing"), Nobody),
    // Quotas come back after hours, rates after seconds.
    Row(Any, Ever, &["usage limit"], Refused("quota-exhausted"), Nobody),
    Row(Any, Ever, &["requires a subscription"], Refused("forbidden"), Nobody),
    Row(Is(401), Ever, &[], Refused("unauthorized"), Nobody),
    Row(Is(403), Ever, &[], Refused("forbidden"), Nobody),
    // The cloud's limit, not that of the server before it, whose own models still answer.
    Row(Is(429), Ever, &[], Failed(RateLimited, "rate-limited"), Model),
    // Refused before any work. A full queue asks for fewer at once, and a server that says so is well.
    Row(Any, Ever, &["maximum pending requests exceeded"], Failed(Overloaded, "queue-full"), Nobody),
    Row(Any, Ever, &["server overloaded", "concurrent request slot"], Failed(Overloaded, "cloud-overloaded"), Model),
    Row(Is(503), Ever, &[], Failed(Overloaded, "unavailable"), Blame::Server),
    // A load that does not fit will not fit the next time either; a run-time shortage may be over after the reload.
    Row(Any, Before, MEMORY, Refused("out-of-memory"), Model),
    Row(Any, Ever, MEMORY, Failed(Crashed, "out-of-memory"), Model),
    Row(Any, Ever, &["incompatible with your version", "unsupported format", "unsupported model format"], Refused("model-incompatible"), Model),
    // Since #18374 (September 2026). Before it such an answer just ended, which is `Sight::NoDone`.
    Row(Any, Ever, &["token repeat limit reached"], Refused("degenerate-output"), Nobody),
    Row(Any, Ever, &["llm server loading model"], Failed(NotReady, "model-loading"), Model),
    Row(Any, Ever, &["no slots available"], Failed(NotReady, "runner-busy"), Model),
    Row(Any, Ever, &["llm server not responding", "llm server error"], Failed(NotReady, "runner-not-ready"), Model),
    Row(Any, Ever, &["timed out waiting for llama"], Failed(NotReady, "load-stalled"), Model),
    Row(Any, Ever, &["aborting load"], Failed(NotReady, "load-aborted"), Model),
    // What is sent is always whole and valid JSON, so this is the server's own way to a cloud.
    Row(Is(400), Ever, &["unexpected eof"], Failed(Interrupted, "upstream-eof"), Model),
    // Before the runner's row, whose texts a gateway uses for its own connections.
    Row(Is(502), Ever, &[], Failed(Unreachable, "bad-gateway"), Blame::Server),
    Row(Is(504), Ever, &[], Failed(Unreachable, "gateway-timeout"), Blame::Server),
    Row(Any, Ever, RUNNER, Failed(Crashed, "runner-died"), Model),
    // Only ever relayed: the server says so to a client that is gone.
    Row(Is(499), Ever, &[], Failed(Interrupted, "cancelled"), Nobody),
    Row(Is(408), Ever, &[], Failed(TimedOut, "server-timeout"), Blame::Server),
    Row(Redirect, Ever, &[], Refused("redirected"), Nobody),
    Row(Client, Ever, &[], Refused("invalid-request"), Nobody),
    Row(Server, Ever, &[], Failed(Crashed, "http-5xx"), Blame::Server),
    Row(Any, Ever, &[], Failed(Crashed, "stream-error"), Model),
];

/// What a runner or its driver says of memory. The server reads the same texts out of a runner's log.
#[rustfmt::skip]
const MEMORY: &[&str] = &[
    "out of memory", "out_of_device_memory", "cudamalloc failed", "failed to allocate", "insufficient memory",
    "unable to load full model on gpu", "model requires",
];

/// `llama runner process` and `POST predict` are of the years before 0.30, the others of the `llama-server` since. All
/// come as 500, except for an embedding, which makes a 400 of whatever happened.
#[rustfmt::skip]
const RUNNER: &[&str] = &[
    "process has terminated", "no longer running", "unexpectedly stopped", "error was encountered while running the model",
    "unexpected eof", "forcibly closed", "connection refused", "/completion\": eof", "do embedding request",
];
