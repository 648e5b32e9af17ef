//! Asking a model something, and what came back.

use crate::{Json, nanos};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Who speaks in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Instructions that frame the conversation.
    System,
    /// Whoever asks.
    User,
    /// The model.
    Assistant,
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

/// What the model is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prompt {
    /// A conversation, put through the model's own template.
    Chat(Vec<Message>),
    /// Bare text to go on from, past any template.
    Completion(String),
}

/// The shape the reply has to have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Free text.
    #[default]
    Text,
    /// Some JSON value.
    JsonValue,
    /// A JSON value that this JSON Schema accepts.
    JsonSchema(Json),
}

/// What a suite insists on. An absent value leaves the choice to the user.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sampling {
    /// Softmax temperature; 0 is greedy.
    pub temperature: Option<f64>,
    /// Nucleus sampling: the probability mass to draw from.
    pub top_p: Option<f64>,
    /// The longest answer, in tokens.
    pub max_output_tokens: Option<u32>,
    /// Seed of the model's sampler.
    pub seed: Option<u64>,
    /// Texts that end the answer where they would appear in it.
    pub stop: Vec<String>,
}

/// Measurements and bodies that cost something to keep, so are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Capture {
    /// Fill [`Timing::chunks`].
    pub chunk_times: bool,
    /// Fill [`Reply::raw`].
    pub raw_body: bool,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Which of the user's models answers; `subject` is the one under test.
    pub slot: String,
    /// What the model is given.
    pub prompt: Prompt,
    /// The shape the reply has to have.
    #[serde(default)]
    pub format: Format,
    /// What the suite insists on.
    #[serde(default)]
    pub sampling: Sampling,
    /// What to measure beyond the usual.
    #[serde(default)]
    pub capture: Capture,
    /// A JSON object merged into the server's request body by the rules of RFC 7396.
    #[serde(default)]
    pub extra: Option<Json>,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// The model was done.
    Finished,
    /// The output bound was reached.
    Length,
    /// Anything else.
    Other,
}

/// Tokens in and out, as the server counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the question, after any truncation by the server.
    pub input_tokens: Option<u32>,
    /// Tokens of the answer, thinking included.
    pub output_tokens: Option<u32>,
}

/// What the server says of its own time, as far as it says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerTiming {
    /// From the request's arrival to its last token.
    #[serde(with = "nanos::option")]
    pub total: Option<Duration>,
    /// Until a runner was ready: scheduler queue, load, reload.
    #[serde(with = "nanos::option")]
    pub load: Option<Duration>,
    /// Reading the prompt.
    #[serde(with = "nanos::option")]
    pub prompt: Option<Duration>,
    /// From the first token to the last.
    #[serde(with = "nanos::option")]
    pub generation: Option<Duration>,
}

/// Measured by the host on the attempt that succeeded. Earlier attempts and their pauses are outside, except in `lag`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// From the planned start of the question to the first byte sent.
    #[serde(with = "nanos")]
    pub lag: Duration,
    /// The end of it, in which a connection was made; zero where there was one. The host keeps it and tells no plugin.
    #[serde(with = "nanos", default, skip_serializing_if = "Duration::is_zero")]
    pub connect: Duration,
    /// From the first byte sent to the end of the answer.
    #[serde(with = "nanos")]
    pub total: Duration,
    /// From the first byte sent to the first token on any channel.
    #[serde(with = "nanos::option")]
    pub first_token: Option<Duration>,
    /// From the first byte sent to the first token of the answer itself, after any thinking.
    #[serde(with = "nanos::option")]
    pub first_answer_token: Option<Duration>,
    /// From the first byte sent to the last token.
    #[serde(with = "nanos::option")]
    pub last_token: Option<Duration>,
    /// Arrival of each chunk after the first byte sent. Empty unless captured.
    #[serde(with = "nanos::list", default)]
    pub chunks: Vec<Duration>,
    /// The server's own figures.
    pub server: Option<ServerTiming>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The answer's text.
    pub text: String,
    /// Thinking that the server reported apart from the answer.
    pub thinking: Option<String>,
    /// Why it ended.
    pub stop: StopReason,
    /// Tokens in and out.
    pub usage: Usage,
    /// What the host measured.
    pub timing: Timing,
    /// Attempts this answer took; 1 when the first succeeded.
    pub attempts: u32,
    /// The server's last object, where it was asked for.
    #[serde(default)]
    pub raw: Option<Json>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AskErrorKind {
    /// Refused for good by the server or by the host.
    Rejected,
    /// The retry policy gave up.
    RetriesExhausted,
    /// The deadline of the whole question passed.
    Deadline,
    /// An answer came that was none.
    Malformed,
}

/// A question that got no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskError {
    /// Why.
    pub kind: AskErrorKind,
    /// HTTP status, where there was one.
    pub status: Option<u16>,
    /// What happened, in words.
    pub message: String,
    /// Attempts made.
    pub attempts: u32,
}

/// A state of the model under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Residency {
    /// In memory, ready to answer.
    Loaded,
    /// Out of memory; its files may still be cached by the system.
    Unloaded,
    /// Out of memory, and its files out of the system's cache.
    Evicted,
}

/// The model is in the state that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepared {
    /// How long it took, as seen by the host.
    #[serde(with = "nanos")]
    pub took: Duration,
    /// The server's own figure, where it gives one.
    #[serde(with = "nanos::option")]
    pub load: Option<Duration>,
}
