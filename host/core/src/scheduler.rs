//! Runs the trials of a suite.
//!
//! Three bounds hold at any moment: questions under way at a server (the run's concurrency), programs running, and
//! trials that have begun and not ended. The last is larger than the others, so that one trial's program runs while
//! another's question is under way and one that waits to be tried again keeps nobody from the server; and it is the only
//! queue there is.

use crate::event::{End, Event};
use crate::past::{Past, Remainder};
use crate::plan::Plan;
use crate::ports::{Evaluator, Host, Journal, JournalError, Meter, PluginError, RetryPolicy, Sink, Suite};
use crate::shared::Shared;
use crate::stages;
use crate::stop::{Stop, Urgency};
use std::sync::Arc;
use thiserror::Error;
use tokio::task::{JoinError, spawn_blocking};

pub use crate::tasks::{catalogue, count};

/// The slot of the model under test.
pub const SUBJECT: &str = "subject";

/// The world, as a run meets it.
pub struct Ports {
    /// The benchmark.
    pub suite: Arc<dyn Suite>,
    /// The retry policy.
    pub retry: Arc<dyn RetryPolicy>,
    /// What runs programs.
    pub evaluators: Vec<Arc<dyn Evaluator>>,
    /// The servers, at least one. A question goes to whichever has room.
    pub hosts: Vec<Host>,
    /// What knows how much energy is used; none where that tells nothing of the servers.
    pub meter: Option<Arc<dyn Meter>>,
    /// Where events are kept.
    pub journal: Arc<dyn Journal>,
    /// Whoever watches.
    pub sinks: Vec<Arc<dyn Sink>>,
}

/// Why a run cannot go on. What was done until then is in the record.
#[derive(Clone, Debug, Error)]
pub enum RunError {
    /// The record cannot be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The suite cannot say what there is to do.
    #[error(transparent)]
    Suite(#[from] PluginError),
    /// The suite wants something that this host does not do.
    #[error("stage {stage} wants {what}, which this version cannot do")]
    Unsupported {
        /// The stage.
        stage: String,
        /// What it wants.
        what: String,
    },
    /// The model cannot do what the suite asks of it, so no question of the run would have an answer.
    #[error("{model} cannot be asked like this: {what}")]
    Unfit {
        /// The model.
        model: String,
        /// What the server said.
        what: String,
    },
    /// All servers went away and did not come back.
    #[error("{0}")]
    ServerLost(String),
    /// A task of the host itself died.
    #[error("a task of the host failed: {0}")]
    Host(String),
}

impl RunError {
    pub(crate) fn from_join(error: JoinError) -> Self {
        RunError::Host(error.to_string())
    }
}

/// Runs what is not settled yet of a suite, and says how that ended. Whatever the end, the record is complete up to it.
///
/// # Errors
/// If the record cannot be written or the suite cannot say what there is to do. Failures of single trials are verdicts.
pub async fn run(ports: Ports, plan: Plan, mut past: Past, remainder: Remainder, stop: Stop) -> Result<End, RunError> {
    let suite = ports.suite.clone();
    let info = spawn_blocking(move || suite.describe())
        .await
        .map_err(RunError::from_join)??;
    let (results, planned) = past.take_results();
    let planned_trials: u64 = planned.iter().map(|plan| plan.tasks.len() as u64).sum();
    let shared = Arc::new(Shared::new(ports, plan, results, stop));
    let trials = info
        .task_count
        .map(|count| shared.plan.selection.trials(count, shared.plan.samples.get()) + planned_trials);
    shared.set_answered(past.settled(remainder) > 0);
    shared
        .note(Event::Began {
            trials,
            settled: past.settled(remainder),
            changes: shared.plan.changes.clone(),
        })
        .await?;
    if let Some(instrument) = shared.plan.instrument {
        shared.note(Event::Calibrated { instrument }).await?;
    }
    let ran = stages::run(&shared, &info, &mut past, planned, remainder).await;
    shared.end_background();
    let end = match ran {
        Ok(()) => match shared.stop.urgency() {
            // What was left is as if it had been asked to stop before.
            Urgency::None if past.left_open() => End::Drained,
            Urgency::None => End::Finished,
            Urgency::Drain => End::Drained,
            Urgency::Now => End::Stopped,
        },
        Err(error) => {
            // Where the record itself failed this fails too, and the first error is the one that tells.
            let _ = shared
                .commit(
                    None,
                    Event::Ended {
                        end: End::Failed(error.to_string()),
                    },
                )
                .await;
            return Err(error);
        }
    };
    summarize(&shared).await?;
    shared.commit(None, Event::Ended { end: end.clone() }).await?;
    Ok(end)
}

/// What the suite reckons all results to be. That is worth less than the results, so a failure is told and no more.
async fn summarize(shared: &Arc<Shared>) -> Result<(), RunError> {
    if !shared.suite.summarizes() {
        return Ok(());
    }
    let (suite, results) = (shared.suite.clone(), shared.results());
    match shared.blocking(move || suite.summarize(&results)).await {
        Ok(figures) => shared.note(Event::Summarized { figures }).await,
        Err(error) => {
            tracing::warn!("{error}; the run has no figures of the suite's own");
            Ok(())
        }
    }
}
