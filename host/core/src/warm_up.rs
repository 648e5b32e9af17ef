//! Bringing a model into memory before the first question to it.
//!
//! A load dies with the connection of the client that asked for it, and the next client's begins from nothing. So there is
//! one request for it, with no question's timeout, and every question waits for that; if each question brought its own
//! load, a timeout shorter than the load would keep the model from ever being there.

use crate::backend::Backend;
use crate::event::Event;
use crate::outage;
use crate::ports::AttemptError;
use crate::scheduler::RunError;
use crate::shared::Shared;
use koderz_api::chat::{Prepared, Residency};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// When it is first said that a load is under way, and then how often. A model that is there already takes less.
const FIRST_WORD: Duration = Duration::from_secs(2);
const WORD: Duration = Duration::from_secs(10);

/// How a warm-up ended; none while it goes on.
type Ended = Option<Result<(), RunError>>;

/// Which models were brought into a server's memory in this run.
#[derive(Default)]
pub(crate) struct Warm(Mutex<HashMap<String, watch::Receiver<Ended>>>);

/// Waits until a model was brought into a server's memory once in this run. Where that fails the questions themselves
/// will show why. Whoever waits may give up: the warm-up goes on for the others.
pub(crate) async fn warm_up(shared: &Arc<Shared>, backend: &Arc<Backend>, model: &str) -> Result<(), RunError> {
    let mut ended = {
        let mut warm = backend.warm.0.lock().unwrap_or_else(PoisonError::into_inner);
        match warm.get(model) {
            Some(ended) => ended.clone(),
            None => {
                let (tell, ended) = watch::channel(None);
                warm.insert(model.to_owned(), ended.clone());
                let (shared_too, backend, model) = (shared.clone(), backend.clone(), model.to_owned());
                shared.spawn(async move {
                    let warmed = once(&shared_too, &backend, &model).await;
                    tell.send_replace(Some(warmed));
                });
                ended
            }
        }
    };
    match ended.wait_for(Option::is_some).await {
        Ok(ended) => ended.clone().unwrap_or(Ok(())),
        // Background work is ended only with the run, and then nobody waits.
        Err(_) => Err(RunError::Host(format!("the load of {model} was abandoned"))),
    }
}

async fn once(shared: &Arc<Shared>, backend: &Arc<Backend>, model: &str) -> Result<(), RunError> {
    if let Err(AttemptError::Failed(failure)) = load(shared, backend, model).await? {
        outage::hold(shared, backend, model, &failure);
    }
    Ok(())
}

/// Loads a model, detached from whoever waits for it, and says so where that takes a while.
pub(crate) async fn load(
    shared: &Arc<Shared>,
    backend: &Backend,
    model: &str,
) -> Result<Result<Prepared, AttemptError>, RunError> {
    let began = Instant::now();
    let (port, name, context_tokens) = (backend.model.clone(), model.to_owned(), shared.plan.context_tokens);
    let mut loading = shared.spawn(async move { port.prepare(&name, context_tokens, Residency::Loaded).await });
    let mut words = interval_at(began + FIRST_WORD, WORD);
    words.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            ended = &mut loading => {
                let ended = ended.map_err(RunError::from_join)?;
                if ended.is_ok() {
                    let (took, resident) = (began.elapsed(), backend.model.resident(model).await);
                    let model = model.to_owned();
                    shared.note_of(backend, Event::Loaded { model, took, resident }).await?;
                }
                return Ok(ended);
            }
            _ = words.tick() => {
                let (model, elapsed) = (model.to_owned(), began.elapsed());
                shared.note_of(backend, Event::Loading { model, elapsed }).await?;
            }
        }
    }
}
