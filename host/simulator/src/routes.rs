//! Which path leads where.

use crate::count::Ledger;
use crate::gate::Gate;
use crate::library::Library;
use crate::pace::{Loads, Pace};
use crate::respond::{self, Refusal};
use crate::truth::Truth;
use crate::wire::Wire;
use crate::{about, ask};
use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::extract::rejection::BytesRejection;
use axum::routing::{get, post};
use jiff::Timestamp;
use std::sync::Arc;

/// The longest body of a request.
const BODY: usize = 16 << 20;

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) library: Library,
    pub(crate) pace: Pace,
    pub(crate) loads: Loads,
    pub(crate) ledger: Ledger,
    pub(crate) gate: Arc<Gate>,
    /// Where is written what really happened.
    pub(crate) truth: Option<Truth>,
    /// When the server started.
    pub(crate) since: Timestamp,
    pub(crate) version: &'static str,
}

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) shared: Arc<Shared>,
    pub(crate) wire: Wire,
}

/// A body as far as it could be read.
pub(crate) type Read = Result<Bytes, BytesRejection>;

/// The body, or why it was not read.
pub(crate) fn read(body: Read) -> Result<Bytes, Refusal> {
    body.map_err(|rejection| (rejection.status(), rejection.body_text()))
}

/// All paths, for one client.
pub(crate) fn routes(client: Client) -> Router {
    Router::new()
        .route("/", get(respond::running))
        .route("/api/version", get(about::version))
        .route("/api/tags", get(about::tags))
        .route("/api/ps", get(about::ps))
        .route("/api/show", post(about::show))
        .route("/api/generate", post(ask::generate))
        .route("/api/chat", post(ask::chat))
        .fallback(respond::no_path)
        .method_not_allowed_fallback(respond::no_method)
        .layer(DefaultBodyLimit::max(BODY))
        .with_state(client)
}
