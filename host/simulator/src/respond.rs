//! Responses, with the statuses and texts that Ollama gives.

use crate::line;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
const NDJSON: HeaderValue = HeaderValue::from_static("application/x-ndjson");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const BARE_TEXT: HeaderValue = HeaderValue::from_static("text/plain");

/// What a dead runner leaves behind, as an error inside a 200 too.
pub(crate) const CRASHED: &str = "an error was encountered while running the model: unexpected EOF";

/// What is told to a question that finds its runner dead when its turn comes. A process that a signal ended has the exit
/// code -1, and left no last words.
pub(crate) const NO_LONGER_RUNNING: &str = "llama-server process no longer running: -1 ";

/// A full queue. The two blanks are Ollama's.
pub(crate) const BUSY: &str = "server busy, please try again.  maximum pending requests exceeded";

/// Too many requests. Ollama's own server never says so and has no text for it.
pub(crate) const RATE_LIMIT: &str = "too many requests, please try again later";

#[derive(Serialize)]
pub(crate) struct Error<'a> {
    pub(crate) error: &'a str,
}

/// A refusal: a status and a text.
pub(crate) type Refusal = (StatusCode, String);

pub(crate) fn refusal((status, text): Refusal) -> Response<Body> {
    error(status, &text)
}

pub(crate) fn error(status: StatusCode, text: &str) -> Response<Body> {
    with(status, JSON, line::json(&Error { error: text }))
}

pub(crate) fn json(value: &impl Serialize) -> Response<Body> {
    whole(line::json(value))
}

/// JSON that is already written.
pub(crate) fn whole(json: Vec<u8>) -> Response<Body> {
    with(StatusCode::OK, JSON, json)
}

/// Lines of JSON that come one by one.
pub(crate) fn lines(body: Body) -> Response<Body> {
    with(StatusCode::OK, NDJSON, body)
}

pub(crate) async fn running() -> Response<Body> {
    with(StatusCode::OK, TEXT, "Ollama is running")
}

pub(crate) async fn no_path() -> Response<Body> {
    with(StatusCode::NOT_FOUND, BARE_TEXT, "404 page not found")
}

pub(crate) async fn no_method() -> Response<Body> {
    with(StatusCode::METHOD_NOT_ALLOWED, BARE_TEXT, "405 method not allowed")
}

fn with(status: StatusCode, kind: HeaderValue, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
