//! One request to a model and its answer.
//!
//! It waits as long as bytes keep coming: there is a bound for the connection and one for silence, never one for the whole.
//! Dropping the future closes the connection, and with it ends the server's work.

use crate::classify::{Said, retry_after, said, seen};
use crate::connect::noted;
use crate::failure::{broken, seconds, unanswered};
use crate::ollama::Ollama;
use crate::reader::Reader;
use crate::sight::Sight;
use crate::silence::Silence;
use futures_util::StreamExt;
use koderz_api::chat::{Capture, Reply};
use koderz_api::transport::Phase;
use koderz_core::ports::AttemptError;
use reqwest::{Response, header};
use serde_json::Value;
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, timeout};

/// Bytes of an error's body that are read.
const ERROR: usize = 64 << 10;

/// How long the end of a stream is waited for once the answer is whole. A stream that is read to its end leaves a connection
/// that can be used again; one that is not is only a little waste.
const DRAIN: Duration = Duration::from_millis(100);

/// What to ask, and how long to bear with silence: before the first byte and after it.
pub(crate) struct Asking<'a> {
    pub(crate) endpoint: &'a str,
    pub(crate) body: &'a Value,
    pub(crate) capture: Capture,
    pub(crate) first_byte: Duration,
    pub(crate) silence: Duration,
    /// The phase of an attempt that has heard nothing yet.
    pub(crate) waiting: Phase,
}

impl Ollama {
    pub(crate) async fn exchange(&self, asking: &Asking<'_>) -> Result<Reply, AttemptError> {
        let began = Instant::now();
        let (response, connected) = noted(self.send(asking)).await;
        let response = response?;
        // Nothing of a request is sent before there is a connection.
        let sent = connected.unwrap_or(began);
        let answered = |reader: Reader, at| {
            let mut reply = reader.finish(at)?;
            reply.timing.connect = sent - began;
            Ok(reply)
        };
        let mut reader = Reader::new(asking.capture, asking.waiting);
        let mut stream = response.bytes_stream();
        // Something on the way may send the status ahead of the first token, which is waited for all the same.
        let first = asking.silence.max(asking.first_byte.saturating_sub(sent.elapsed()));
        let mut silence = Silence::new(first);
        while !reader.is_done() {
            let read = silence.bounds(stream.next()).await;
            let now = Instant::now();
            let at = now - sent;
            match read {
                None => return Err(silent(silence.patience(), reader.phase())),
                Some(None) => return answered(reader, at),
                Some(Some(Ok(bytes))) => reader.take(&bytes, at)?,
                Some(Some(Err(error))) => return Err(broken(&error, reader.phase())),
            }
            silence.broken(now, asking.silence);
        }
        // Whatever comes of it, the answer is whole.
        let _ = timeout(DRAIN, async { while let Some(Ok(_)) = stream.next().await {} }).await;
        answered(reader, sent.elapsed())
    }

    /// Sends a request and waits for its headers, which Ollama sends with the first token.
    async fn send(&self, asking: &Asking<'_>) -> Result<Response, AttemptError> {
        let request = self
            .client
            .post(self.address.url(asking.endpoint))
            .header(header::CONTENT_TYPE, "application/json")
            .body(asking.body.to_string());
        let connect = self.timeouts.connect;
        let response = match timeout(connect.saturating_add(asking.first_byte), request.send()).await {
            Err(_) => return Err(silent(asking.first_byte, asking.waiting)),
            Ok(Err(error)) => return Err(unanswered(&error, &self.address, connect, asking.waiting)),
            Ok(Ok(response)) => response,
        };
        if response.status().is_success() {
            return Ok(response);
        }
        Err(self.refused(response, asking).await)
    }

    /// What a status other than success means.
    async fn refused(&self, response: Response, asking: &Asking<'_>) -> AttemptError {
        let status = response.status();
        let field = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let retry_after =
            field(header::RETRY_AFTER).and_then(|value| retry_after(value, field(header::DATE), SystemTime::now()));
        let mut text = error_text(response, asking.silence).await;
        if text.trim().is_empty() {
            text = status.canonical_reason().unwrap_or("no reason given").to_owned();
        }
        said(Said {
            status: Some(status.as_u16()),
            // A gateway may repeat what it was sent.
            text: &self.masked(&text),
            phase: asking.waiting,
            retry_after,
        })
    }
}

/// The body of an error, as far as it comes.
async fn error_text(response: Response, silence: Duration) -> String {
    let mut bytes = Vec::new();
    let mut stream = response.bytes_stream();
    while let Ok(Some(Ok(piece))) = timeout(silence, stream.next()).await {
        bytes.extend_from_slice(&piece);
        if bytes.len() > ERROR {
            bytes.truncate(ERROR);
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn silent(silence: Duration, phase: Phase) -> AttemptError {
    let message = format!("no byte for {}", seconds(silence));
    seen(Sight::Silence, phase, &message)
}
