//! Which path leads where, behind the door.

use crate::compare::compared;
use crate::door::{door, file, page};
use crate::live::Live;
use crate::news::news;
use crate::pages::{Refused, Running};
use crate::runs::{Asked, listed};
use crate::shelf::{Shelf, ShelfError};
use crate::token::Token;
use askama::Template;
use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};

/// Pages that are made at the same time; who comes beyond waits. A large report takes a second and some megabytes.
const MADE: usize = 4;

/// Runs that are followed at the same time; who comes beyond is turned away, and comes again by itself.
const FOLLOWED: usize = 16;

/// What all connections share.
pub(crate) struct Shared {
    shelf: Arc<dyn Shelf>,
    pub(crate) token: Token,
    pub(crate) port: u16,
    pub(crate) stopped: watch::Receiver<()>,
    making: Semaphore,
    following: Arc<Semaphore>,
}

impl Shared {
    pub(crate) fn new(shelf: Arc<dyn Shelf>, token: Token, port: u16, stopped: watch::Receiver<()>) -> Arc<Self> {
        Arc::new(Shared {
            shelf,
            token,
            port,
            stopped,
            making: Semaphore::new(MADE),
            following: Arc::new(Semaphore::new(FOLLOWED)),
        })
    }

    /// What every address begins with.
    pub(crate) fn base(&self) -> String {
        format!("/{}", self.token.as_str())
    }

    /// Looks into the shelf, where there is room for those who wait for a disk.
    async fn ask<T: Send + 'static>(
        &self,
        look: impl FnOnce(&dyn Shelf) -> Result<T, ShelfError> + Send + 'static,
    ) -> Result<T, Response> {
        let _place = self.making.acquire().await.expect("it is never closed");
        let shelf = self.shelf.clone();
        let found = tokio::task::spawn_blocking(move || look(&*shelf)).await;
        let found =
            found.unwrap_or_else(|_| Err(ShelfError::Unreadable("the look at the record broke off".to_owned())));
        found.map_err(|error| {
            let status = match error {
                ShelfError::Unknown(_) => StatusCode::NOT_FOUND,
                ShelfError::Unreadable(_) => StatusCode::INTERNAL_SERVER_ERROR,
            };
            self.refuse(status, &error.to_string())
        })
    }

    fn refuse(&self, status: StatusCode, why: &str) -> Response {
        let refused = Refused {
            base: self.base(),
            why: why.to_owned(),
        };
        (status, shown(&refused)).into_response()
    }
}

/// All paths.
pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    let inside = Router::new()
        .route("/", get(list))
        .route("/run/{run}", get(run))
        .route("/run/{run}/events", get(events))
        .route("/run/{run}/report", get(report))
        .route("/compare", get(compare))
        .route(
            "/dashboard.css",
            get(|| async { file("text/css; charset=utf-8", include_str!("../templates/dashboard.css")) }),
        )
        .route(
            "/dashboard.js",
            get(|| async {
                file(
                    "text/javascript; charset=utf-8",
                    include_str!("../templates/dashboard.js"),
                )
            }),
        )
        .fallback(nowhere)
        .with_state(shared.clone());
    // The door takes the token off the path, so it has to be passed before a path is looked for.
    Router::new()
        .fallback_service(inside)
        .layer(from_fn_with_state(shared, door))
}

type Here = State<Arc<Shared>>;

async fn nowhere(State(shared): Here) -> Response {
    shared.refuse(StatusCode::NOT_FOUND, "there is no such page")
}

async fn list(State(shared): Here, RawQuery(query): RawQuery) -> Result<Response, Response> {
    let asked = Asked::of(&query.unwrap_or_default());
    let base = shared.base();
    let view = shared.ask(move |shelf| listed(shelf, base, &asked)).await?;
    Ok(shown(&view))
}

async fn run(State(shared): Here, Path(run): Path<String>) -> Result<Response, Response> {
    let live = shared
        .ask(move |shelf| Live::new(shelf.follow(&run)?).caught_up())
        .await?;
    Ok(shown(&Running::of(shared.base(), &live)))
}

async fn events(State(shared): Here, Path(run): Path<String>) -> Result<Response, Response> {
    let Ok(place) = shared.following.clone().try_acquire_owned() else {
        return Err((
            StatusCode::SERVICE_UNAVAILABLE,
            "too many runs are followed at the same time\n",
        )
            .into_response());
    };
    let live = shared.ask(move |shelf| Ok(Live::new(shelf.follow(&run)?))).await?;
    Ok(news(live, &shared, place).into_response())
}

async fn report(State(shared): Here, Path(run): Path<String>) -> Result<Response, Response> {
    let base = shared.base();
    let links = [
        ("all runs".to_owned(), format!("{base}/")),
        ("this run".to_owned(), format!("{base}/run/{run}")),
    ];
    let made = shared.ask(move |shelf| shelf.report(&run, &links)).await?;
    Ok(page(made.html, Some(&made.policy)))
}

async fn compare(State(shared): Here, RawQuery(query): RawQuery) -> Result<Response, Response> {
    let query = query.unwrap_or_default();
    let ticked = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "run");
    let ticked: Vec<String> = ticked.map(|(_, run)| run.into_owned()).collect();
    let [left, right] = <[String; 2]>::try_from(ticked).map_err(|ticked| {
        let why = format!("{} runs are ticked\nhint: tick two to compare them", ticked.len());
        shared.refuse(StatusCode::BAD_REQUEST, &why)
    })?;
    let base = shared.base();
    let view = shared.ask(move |shelf| compared(shelf, base, [&left, &right])).await?;
    Ok(shown(&view))
}

/// A page of the dashboard's own.
fn shown(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => page(html, None),
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
