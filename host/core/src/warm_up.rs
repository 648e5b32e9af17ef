//! Bringing a model into memory before the first question to it.
//!
//! A load dies with the connection of the client that asked for it, and the next client's begins from nothing. So there is
//! one request for it, with no question's timeout, and every question waits for that; if each question brought its own
//! load, a timeout shorter than the load would keep the model from ever being there.

use crate::event::Event;
use crate::outage;
use crate::ports::AttemptError;
use crate::scheduler::RunError;
use crate::shared::Shared;
use koderz_api::chat::{Prepared, Residency};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// When it is first said that a load is under way, and then how often. A model that is there already takes less.
const FIRST_WORD: Duration = Duration::from_secs(2);
const WORD: Duration = Duration::from_secs(10);

/// Which models were brought into memory in this run.
#[derive(Default)]
pub(crate) struct Warm(Mutex<HashMap<String, Arc<OnceCell<()>>>>);

impl Warm {
    fn cell(&self, model: &str) -> Arc<OnceCell<()>> {
        let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cells.entry(model.to_owned()).or_default().clone()
    }
}

/// Waits until a model was brought into memory once in this run. Where that fails the questions themselves will show why.
pub(crate) async fn warm_up(shared: &Arc<Shared>, model: &str) -> Result<(), RunError> {
    let once = || async {
        if let Err(AttemptError::Failed(failure)) = load(shared, model).await? {
            outage::hold(shared, model, &failure);
        }
        Ok(())
    };
    shared.warm.cell(model).get_or_try_init(once).await.map(|_| ())
}

/// Loads a model, detached from whoever waits for it, and says so where that takes a while.
pub(crate) async fn load(shared: &Arc<Shared>, model: &str) -> Result<Result<Prepared, AttemptError>, RunError> {
    let began = Instant::now();
    let (port, name, context_tokens) = (shared.model.clone(), model.to_owned(), shared.plan.context_tokens);
    let mut loading = shared.spawn(async move { port.prepare(&name, context_tokens, Residency::Loaded).await });
    let mut words = interval_at(began + FIRST_WORD, WORD);
    words.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            ended = &mut loading => {
                let ended = ended.map_err(RunError::from_join)?;
                if ended.is_ok() {
                    let (model, took) = (model.to_owned(), began.elapsed());
                    shared.note(Event::Loaded { model, took }).await?;
                }
                return Ok(ended);
            }
            _ = words.tick() => {
                let (model, elapsed) = (model.to_owned(), began.elapsed());
                shared.note(Event::Loading { model, elapsed }).await?;
            }
        }
    }
}
