//! Runs the trials of a suite, stage by stage.
//!
//! Three bounds hold at any moment: questions under way at a server (the run's concurrency), programs running, and
//! trials that have begun and not ended. The last is larger than the others, so that one trial's program runs while
//! another's question is under way and one that waits to be tried again keeps nobody from the server; and it is the only
//! queue there is.

use crate::event::{End, Event, TrialId};
use crate::parallelism::Search;
use crate::past::{Past, Start};
use crate::plan::{Concurrency, Plan};
use crate::ports::{Evaluator, Host, Journal, JournalError, PluginError, RetryPolicy, Sink, Suite};
use crate::seed;
use crate::shared::Shared;
use crate::stop::{Stop, Urgency};
use crate::tasks::Selected;
use crate::trial::{self, Running};
use koderz_api::suite::{Pacing, Stage, SuiteInfo, Task, Trial};
use std::sync::Arc;
use thiserror::Error;
use tokio::task::{JoinError, JoinSet, spawn_blocking};
use tokio::time::Instant;

pub use crate::tasks::catalogue;

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
        what: &'static str,
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
pub async fn run(
    ports: Ports,
    plan: Plan,
    mut past: Past,
    retry_inconclusive: bool,
    stop: Stop,
) -> Result<End, RunError> {
    let suite = ports.suite.clone();
    let info = spawn_blocking(move || suite.describe())
        .await
        .map_err(RunError::from_join)??;
    let shared = Arc::new(Shared::new(ports, plan, stop));
    let trials = info
        .task_count
        .map(|count| shared.plan.selection.trials(count, shared.plan.samples.get()));
    shared
        .note(Event::Began {
            trials,
            settled: past.settled(retry_inconclusive),
            changes: shared.plan.changes.clone(),
        })
        .await?;
    let ran = stages(&shared, &info, &mut past, retry_inconclusive).await;
    shared.end_background();
    let end = match ran {
        Ok(()) => match shared.stop.urgency() {
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
    shared.commit(None, Event::Ended { end: end.clone() }).await?;
    Ok(end)
}

async fn stages(
    shared: &Arc<Shared>,
    info: &SuiteInfo,
    past: &mut Past,
    retry_inconclusive: bool,
) -> Result<(), RunError> {
    for stage in &info.stages {
        if shared.stop.urgency() > Urgency::None {
            break;
        }
        let width = Width::of(stage, &shared.plan, shared.hosts())?;
        shared.set_exclusive(width.exclusive);
        shared.set_width(width.slots, width.search.as_ref());
        shared
            .note(Event::StageBegan {
                stage: stage.name.clone(),
                warm_up: stage.warm_up,
            })
            .await?;
        let mut live = JoinSet::new();
        let ended = tokio::select! {
            ended = feed(shared, info, stage, past, retry_inconclusive, width.live, &mut live) => ended,
            () = shared.stop.at_least(Urgency::Now) => Ok(()),
            reason = shared.lost() => Err(RunError::ServerLost(reason)),
        };
        if ended.is_err() || shared.stop.urgency() == Urgency::Now {
            live.shutdown().await;
        }
        ended?;
    }
    Ok(())
}

/// How much of a stage goes on at once.
struct Width {
    slots: u32,
    search: Option<Search>,
    live: usize,
    exclusive: bool,
}

impl Width {
    fn of(stage: &Stage, plan: &Plan, hosts: usize) -> Result<Self, RunError> {
        match stage.pacing {
            Pacing::Shared => {
                let most = plan.concurrency.most();
                let search = match plan.concurrency {
                    Concurrency::Fixed(_) => None,
                    Concurrency::Found(_) => Some(Search::new(most)),
                };
                Ok(Width {
                    slots: search.as_ref().map_or(most, Search::limit),
                    search,
                    live: 4 * most as usize * hosts + 2 * plan.evaluations.get() as usize,
                    exclusive: false,
                })
            }
            Pacing::Exclusive => Ok(Width {
                slots: 1,
                search: None,
                live: 1,
                exclusive: true,
            }),
            Pacing::Closed(clients) => {
                let clients = clients.max(1);
                Ok(Width {
                    slots: clients,
                    search: None,
                    live: clients as usize,
                    exclusive: false,
                })
            }
            Pacing::Open(_) => Err(RunError::Unsupported {
                stage: stage.name.clone(),
                what: "trials at planned times",
            }),
        }
    }
}

/// Begins the trials of a stage as room comes free, until there are no more or nothing new is to begin, and sees all of
/// them to their end.
async fn feed(
    shared: &Arc<Shared>,
    info: &SuiteInfo,
    stage: &Stage,
    past: &mut Past,
    retry_inconclusive: bool,
    most: usize,
    live: &mut JoinSet<Result<(), RunError>>,
) -> Result<(), RunError> {
    let mut tasks = Selected::new(shared, info);
    'tasks: while let Some(task) = tasks.next().await? {
        if task.stage != stage.name {
            continue;
        }
        for sample in 0..shared.plan.selection.samples(&task.id, shared.plan.samples.get()) {
            let start = past.start(&task.id, sample, retry_inconclusive);
            if start == Start::Not {
                continue;
            }
            while live.len() >= most {
                reap(live).await?;
            }
            if shared.stop.urgency() > Urgency::None {
                break 'tasks;
            }
            let running = begin(shared, &task, sample, start).await?;
            live.spawn(trial::run(shared.clone(), running));
        }
    }
    while !live.is_empty() {
        reap(live).await?;
    }
    Ok(())
}

async fn reap(live: &mut JoinSet<Result<(), RunError>>) -> Result<(), RunError> {
    match live.join_next().await {
        Some(ended) => ended.map_err(RunError::from_join)?,
        None => Ok(()),
    }
}

async fn begin(shared: &Arc<Shared>, task: &Task, sample: u32, start: Start) -> Result<Running, RunError> {
    let seed = seed::of_trial(shared.plan.seed, &task.id, sample);
    let (go, stepped, recorded) = match start {
        Start::Onward { go, stepped, rounds } => (go, stepped, rounds),
        Start::Fresh { go } => (go, 0, Vec::new()),
        Start::Not => unreachable!("a settled trial is not begun"),
    };
    let id = TrialId {
        task: task.id.clone(),
        sample,
        go,
    };
    if stepped == 0 {
        shared
            .note(Event::TrialBegan {
                trial: id.clone(),
                task: task.clone(),
                seed,
            })
            .await?;
    }
    let trial = Arc::new(Trial {
        task: task.clone(),
        sample,
        seed,
    });
    Ok(Running {
        id,
        trial,
        stepped,
        recorded,
        due: Instant::now(),
    })
}
