//! A run under way as server-sent events: one at once, one whenever something new was recorded, and one at its end.

use crate::listen::gone;
use crate::live::Live;
use crate::routes::Shared;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream, StreamExt};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

/// Between two looks at the record. A look at a run in which nothing happened takes some microseconds.
const PAUSE: Duration = Duration::from_millis(500);

/// Where a stream stands.
enum Next {
    At(Box<Live>, Looked),
    Over,
}

enum Looked {
    Never,
    Before,
}

/// The events of a run. They end with the run, with the dashboard, and when nobody listens any more.
pub(crate) fn news(
    live: Live,
    shared: &Arc<Shared>,
    place: OwnedSemaphorePermit,
) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    let stopped = shared.stopped.clone();
    let events = stream::unfold(
        (Next::At(Box::new(live), Looked::Never), place),
        |(next, place)| async {
            match next {
                Next::Over => None,
                Next::At(live, looked) => {
                    let (event, next) = next_event(live, looked).await;
                    Some((Ok(event), (next, place)))
                }
            }
        },
    );
    Sse::new(events.take_until(gone(stopped))).keep_alive(KeepAlive::default())
}

async fn next_event(mut live: Box<Live>, looked: Looked) -> (Event, Next) {
    let mut worth_telling = matches!(looked, Looked::Never);
    loop {
        if !worth_telling {
            tokio::time::sleep(PAUSE).await;
        }
        let was_going_on = live.goes_on();
        let reading = tokio::task::spawn_blocking(move || {
            let read = live.look();
            (live, read)
        });
        let Ok((returned, read)) = reading.await else {
            return (failed("the look at the record broke off"), Next::Over);
        };
        live = returned;
        match read {
            Err(error) => return (failed(&error.to_string()), Next::Over),
            Ok(true) => worth_telling = true,
            Ok(false) if !live.goes_on() => return (told("ended", &live), Next::Over),
            Ok(false) => worth_telling |= was_going_on != live.goes_on(),
        }
        if worth_telling {
            return (told("progress", &live), Next::At(live, Looked::Before));
        }
    }
}

fn told(name: &str, live: &Live) -> Event {
    match serde_json::to_string(&live.told()) {
        Ok(told) => Event::default().event(name).data(told),
        Err(error) => failed(&error.to_string()),
    }
}

fn failed(why: &str) -> Event {
    Event::default().event("failed").data(why.replace(['\r', '\n'], " "))
}
