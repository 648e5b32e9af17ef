//! Reading an answer: NDJSON that may be cut anywhere, with a stamp for every read.
//!
//! An answer is one only if its last object says `done`. Whatever else ends the stream is a failure. Nothing here reads from
//! a socket or from a clock: bytes and stamps are handed in.

mod shape;

use crate::classify::{Said, said, seen};
use crate::sight::Sight;
use koderz_api::chat::{Capture, Reply, ServerTiming, StopReason, Timing, Usage};
use koderz_api::transport::Phase;
use koderz_core::ports::AttemptError;
use serde::Deserialize;
use serde_json::value::RawValue;
use shape::Shape;
use std::borrow::Cow;
use std::time::Duration;

/// The longest line: what Ollama's own client reads.
const LINE: usize = 8 << 20;

/// The longest answer in bytes of its stream. A model that writes without end gives no answer.
const ANSWER: usize = 64 << 20;

/// A text in a line, which is borrowed from it unless it has escapes. By itself, since serde borrows a `Cow` only there and
/// not inside of an `Option`.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// What is read of a line.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, default)]
    created_at: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<Message<'a>>,
    #[serde(borrow, default)]
    response: Option<Text<'a>>,
    #[serde(borrow, default)]
    thinking: Option<Text<'a>>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(default)]
    done: bool,
    #[serde(borrow, default)]
    done_reason: Option<Text<'a>>,
    total_duration: Option<u64>,
    load_duration: Option<u64>,
    prompt_eval_count: Option<u32>,
    prompt_eval_duration: Option<u64>,
    eval_count: Option<u32>,
    eval_duration: Option<u64>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    content: Option<Text<'a>>,
    #[serde(borrow, default)]
    thinking: Option<Text<'a>>,
}

impl<'a> Line<'a> {
    /// What it says of the answer, and what of the thoughts before it.
    fn texts(&self) -> (&Option<Text<'a>>, &Option<Text<'a>>) {
        match &self.message {
            Some(message) => (&message.content, &message.thinking),
            None => (&self.response, &self.thinking),
        }
    }
}

/// A text, where there is none an empty one.
fn text<'a>(text: &'a Option<Text<'_>>) -> &'a str {
    text.as_ref().map_or("", |text| &text.0)
}

/// What a line adds.
struct Piece<'a> {
    content: &'a str,
    thinking: &'a str,
}

/// An answer that is being read.
pub(crate) struct Reader {
    capture: Capture,
    waiting: Phase,
    pending: Vec<u8>,
    shape: Shape,
    read: usize,
    text: String,
    thinking: String,
    timing: Timing,
    end: Option<End>,
}

/// What the last object says.
struct End {
    stop: StopReason,
    usage: Usage,
    raw: Option<String>,
}

impl Reader {
    /// A reader of an answer, of which nothing has come while it is in the phase `waiting`.
    pub(crate) fn new(capture: Capture, waiting: Phase) -> Self {
        Reader {
            capture,
            waiting,
            pending: Vec::new(),
            shape: Shape::default(),
            read: 0,
            text: String::new(),
            thinking: String::new(),
            timing: Timing::default(),
            end: None,
        }
    }

    /// How far the attempt has come.
    pub(crate) fn phase(&self) -> Phase {
        if self.timing.first_token.is_some() {
            Phase::Decode
        } else {
            self.waiting
        }
    }

    /// Whether the last object has come. What follows it does not matter.
    pub(crate) fn is_done(&self) -> bool {
        self.end.is_some()
    }

    /// Takes in the bytes of one read, which returned `at` after the request was sent.
    pub(crate) fn take(&mut self, bytes: &[u8], at: Duration) -> Result<(), AttemptError> {
        self.read += bytes.len();
        if self.read > ANSWER {
            return Err(self.too_long("the answer", ANSWER));
        }
        let mut rest = bytes;
        while !self.is_done() {
            if self.pending.is_empty()
                && let Some((piece, after)) = self.shape.cut(rest)
            {
                rest = after;
                self.piece(&piece, at);
                continue;
            }
            let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
                break;
            };
            let (line, after) = rest.split_at(end);
            rest = &after[1..];
            if self.pending.is_empty() {
                self.line(line, at)?;
            } else {
                let mut whole = std::mem::take(&mut self.pending);
                whole.extend_from_slice(line);
                self.line(&whole, at)?;
            }
        }
        self.pending.extend_from_slice(rest);
        if self.pending.len() > LINE {
            return Err(self.too_long("a line of the answer", LINE));
        }
        Ok(())
    }

    /// The stream has ended by itself, `at` after the request was sent, or does not matter any more.
    pub(crate) fn finish(mut self, at: Duration) -> Result<Reply, AttemptError> {
        if !self.is_done() {
            let last = std::mem::take(&mut self.pending);
            self.line(&last, at)?;
        }
        let Some(end) = self.end else {
            return Err(seen(
                Sight::NoDone,
                self.phase(),
                "the stream ended before the server said that it was done",
            ));
        };
        Ok(Reply {
            text: self.text,
            thinking: (!self.thinking.is_empty()).then_some(self.thinking),
            stop: end.stop,
            usage: end.usage,
            timing: self.timing,
            attempts: 1,
            raw: end.raw,
        })
    }

    fn too_long(&self, what: &str, bound: usize) -> AttemptError {
        let message = format!("{what} is longer than {} MiB", bound >> 20);
        seen(Sight::TooLong, self.phase(), &message)
    }

    fn line(&mut self, line: &[u8], at: Duration) -> Result<(), AttemptError> {
        let line = line.trim_ascii();
        if line.is_empty() {
            return Ok(());
        }
        let read: Line<'_> = serde_json::from_slice(line).map_err(|error| {
            let message = format!("a line is no part of an answer: {error}");
            seen(Sight::Unreadable, self.phase(), &message)
        })?;
        if read.error.is_some() {
            return Err(said(Said {
                status: None,
                text: &String::from_utf8_lossy(line),
                phase: self.phase(),
                retry_after: None,
            }));
        }
        self.shape.learn(line, &read);
        let (content, thinking) = read.texts();
        let piece = Piece {
            content: text(content),
            thinking: text(thinking),
        };
        self.piece(&piece, at);
        if read.done {
            let nanos = |value: Option<u64>| value.map(Duration::from_nanos);
            self.timing.total = at;
            self.timing.server = Some(ServerTiming {
                total: nanos(read.total_duration),
                load: nanos(read.load_duration),
                prompt: nanos(read.prompt_eval_duration),
                generation: nanos(read.eval_duration),
            });
            self.end = Some(End {
                stop: match text(&read.done_reason) {
                    "stop" => StopReason::Finished,
                    "length" => StopReason::Length,
                    _ => StopReason::Other,
                },
                usage: Usage {
                    input_tokens: read.prompt_eval_count,
                    output_tokens: read.eval_count,
                },
                raw: self
                    .capture
                    .raw_body
                    .then(|| String::from_utf8_lossy(line).into_owned()),
            });
        }
        Ok(())
    }

    fn piece(&mut self, piece: &Piece<'_>, at: Duration) {
        let Piece { content, thinking } = *piece;
        if content.is_empty() && thinking.is_empty() {
            return;
        }
        self.timing.first_token.get_or_insert(at);
        self.timing.last_token = Some(at);
        if self.capture.chunk_times {
            self.timing.chunks.push(at);
        }
        if !content.is_empty() {
            self.timing.first_answer_token.get_or_insert(at);
            self.text.push_str(content);
        }
        self.thinking.push_str(thinking);
    }
}

#[cfg(test)]
mod tests;
