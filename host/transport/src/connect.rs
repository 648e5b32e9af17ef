//! How long a request waited for its connection.
//!
//! The client makes a connection within the task of the request that needs one, so a note that belongs to the task finds
//! its way from the one to the other. A connection that another request left behind costs nothing and is noted by nobody.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::time::Instant;
use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    static MADE: Cell<Option<Instant>>;
}

/// Awaits a request, and says when a connection was made for it, where one was.
pub(crate) async fn noted<T>(request: impl Future<Output = T>) -> (T, Option<Instant>) {
    let made = async { (request.await, MADE.with(Cell::get)) };
    MADE.scope(Cell::new(None), made).await
}

/// Notes when connections were made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noting;

impl<S> Layer<S> for Noting {
    type Service = Noted<S>;

    fn layer(&self, connector: S) -> Noted<S> {
        Noted(connector)
    }
}

/// A connector whose connections are noted.
#[derive(Clone, Debug)]
pub(crate) struct Noted<S>(S);

impl<S, R> Service<R> for Noted<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let connecting = self.0.call(request);
        Box::pin(async move {
            let made = connecting.await?;
            // A connection that is finished after its request has found another one belongs to none.
            let _ = MADE.try_with(|note| note.set(Some(Instant::now())));
            Ok(made)
        })
    }
}
