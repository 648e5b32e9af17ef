//! Which of a run's servers a question goes to.
//!
//! A question waits at all of them at once and goes to whichever has room first: no server idles while somebody waits,
//! and one that is away or still loads its model is passed over without a word. Where several have room, the one with the
//! shortest expected time gets it, and one at which the question has just failed comes last.

use crate::backend::Backend;
use crate::scheduler::RunError;
use crate::shared::Shared;
use crate::slots::Slot;
use crate::warm_up::warm_up;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

/// Waits for a server that has the model in memory and room for a question.
pub(crate) async fn room<'a>(
    shared: &'a Arc<Shared>,
    model: &str,
    failed_at: Option<&Arc<Backend>>,
) -> Result<(&'a Arc<Backend>, Slot<'a>), RunError> {
    let mut backends: Vec<_> = shared.backends().iter().collect();
    backends.sort_by_cached_key(|backend| {
        let has_failed = failed_at.is_some_and(|failed| Arc::ptr_eq(failed, backend));
        (has_failed, backend.expected())
    });
    first(backends.into_iter().map(|backend| room_at(shared, backend, model))).await
}

/// Waits until one of the servers has the model in memory.
pub(crate) async fn loaded_anywhere(shared: &Arc<Shared>, model: &str) -> Result<(), RunError> {
    let backends = shared.backends().iter();
    first(backends.map(|backend| warm_up(shared, backend, model))).await
}

async fn room_at<'a>(
    shared: &'a Arc<Shared>,
    backend: &'a Arc<Backend>,
    model: &str,
) -> Result<(&'a Arc<Backend>, Slot<'a>), RunError> {
    loop {
        // An exclusive stage brings its model in and out of memory by itself, and measures that.
        if !shared.exclusive() {
            warm_up(shared, backend, model).await?;
        }
        backend.server.free().await;
        let slot = backend.slots.acquire().await;
        // It may have gone away while the slot was waited for.
        if backend.server.is_free() {
            return Ok((backend, slot));
        }
    }
}

/// The first that is ready, in the order given; the others are dropped.
async fn first<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> T {
    let mut futures: Vec<Pin<Box<_>>> = futures.map(Box::pin).collect();
    poll_fn(|context| {
        let ready = futures
            .iter_mut()
            .find_map(|future| match future.as_mut().poll(context) {
                Poll::Ready(value) => Some(value),
                Poll::Pending => None,
            });
        ready.map_or(Poll::Pending, Poll::Ready)
    })
    .await
}
