//! The stages of a run, one after the other: those that a suite has by itself, and those that it decides on when it has
//! seen what came before.

use crate::arrivals::Gaps;
use crate::energy;
use crate::event::{Event, TrialId};
use crate::parallelism::Search;
use crate::past::{Past, Remainder, Start};
use crate::plan::{Concurrency, Plan};
use crate::ports::PluginError;
use crate::scheduler::RunError;
use crate::seed;
use crate::shared::Shared;
use crate::stop::Urgency;
use crate::tasks::Selected;
use crate::trial::{self, Running};
use koderz_api::suite::{Pacing, Stage, SuiteInfo, Task, Trial};
use koderz_api::summary;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// Trials at planned times that may be under way. When there are more the server is far behind; those that come later
/// begin later, and their lag says so.
const CROWD: usize = 1000;

/// Stages that a suite may decide on: one that never comes to an end would keep a run for ever.
const MOST_PLANNED: usize = 1000;

/// Runs every stage. `planned` are those that an earlier session had decided on.
pub(crate) async fn run(
    shared: &Arc<Shared>,
    info: &SuiteInfo,
    past: &mut Past,
    planned: Vec<summary::Plan>,
    remainder: Remainder,
) -> Result<(), RunError> {
    for stage in &info.stages {
        if shared.stop.urgency() > Urgency::None {
            return Ok(());
        }
        let source = Source::Suite(Selected::new(shared, info));
        one(shared, stage, source, past, remainder).await?;
    }
    let mut names: BTreeSet<String> = info.stages.iter().map(|stage| stage.name.clone()).collect();
    let mut planned = planned.into_iter();
    while shared.stop.urgency() == Urgency::None {
        let plan = match planned.next() {
            Some(plan) => plan,
            None => match next(shared, &names).await? {
                Some(plan) => {
                    shared.note(Event::StagePlanned { plan: plan.clone() }).await?;
                    plan
                }
                None => break,
            },
        };
        names.insert(plan.stage.name.clone());
        let source = Source::Plan(plan.tasks.into_iter());
        one(shared, &plan.stage, source, past, remainder).await?;
    }
    Ok(())
}

/// What the suite decides on next, if it does.
async fn next(shared: &Arc<Shared>, names: &BTreeSet<String>) -> Result<Option<summary::Plan>, RunError> {
    if !shared.suite.plans() {
        return Ok(None);
    }
    let (suite, results) = (shared.suite.clone(), shared.results());
    let Some(plan) = shared.blocking(move || suite.next_stage(&results)).await? else {
        return Ok(None);
    };
    let name = &plan.stage.name;
    let elsewhere = plan.tasks.iter().find(|task| task.stage != *name);
    let what = match elsewhere {
        _ if names.contains(name) => format!("it plans a stage {name}, which there was before"),
        _ if names.len() > MOST_PLANNED => format!("it plans more than {MOST_PLANNED} stages"),
        Some(task) => format!(
            "it plans a stage {name} whose task {} names the stage {}",
            task.id, task.stage
        ),
        None => return Ok(Some(plan)),
    };
    let identity = shared.suite.identity().clone();
    Err(RunError::Suite(PluginError {
        plugin: identity.name,
        version: identity.version,
        call: "next-stage",
        task: None,
        what,
        hint: None,
    }))
}

/// Where the tasks of a stage come from.
enum Source<'a> {
    /// The suite's own list, of which the run has selected some.
    Suite(Selected<'a>),
    /// A plan, with one sample of each task.
    Plan(std::vec::IntoIter<Task>),
}

impl Source<'_> {
    async fn next(&mut self, stage: &str) -> Result<Option<Task>, RunError> {
        match self {
            Source::Suite(selected) => {
                while let Some(task) = selected.next().await? {
                    if task.stage == stage {
                        return Ok(Some(task));
                    }
                }
                Ok(None)
            }
            Source::Plan(tasks) => Ok(tasks.next()),
        }
    }

    fn samples(&self, plan: &Plan, task: &Task) -> u32 {
        match self {
            Source::Suite(_) => plan.selection.samples(&task.id, plan.samples.get()),
            Source::Plan(_) => 1,
        }
    }
}

async fn one(
    shared: &Arc<Shared>,
    stage: &Stage,
    source: Source<'_>,
    past: &mut Past,
    remainder: Remainder,
) -> Result<(), RunError> {
    let width = Width::of(stage, &shared.plan, shared.hosts())?;
    shared.set_exclusive(width.exclusive);
    shared.set_width(width.slots, width.search.as_ref());
    shared
        .note(Event::StageBegan {
            stage: stage.name.clone(),
            warm_up: stage.warm_up,
            pacing: Some(stage.pacing),
        })
        .await?;
    let (before, cool, began) = (shared.energy(), shared.throttled(), Instant::now());
    let mut live = JoinSet::new();
    let ended = tokio::select! {
        ended = feed(shared, stage, source, past, remainder, width, &mut live) => ended,
        () = shared.stop.at_least(Urgency::Now) => Ok(()),
        reason = shared.lost() => Err(RunError::ServerLost(reason)),
    };
    if ended.is_err() || shared.stop.urgency() == Urgency::Now {
        live.shutdown().await;
    }
    if ended.is_ok() && stage.is_timed() {
        let metered = Event::Metered {
            stage: stage.name.clone(),
            took: began.elapsed(),
            parts: energy::between(&before, shared.energy()),
            cards: shared.cards(),
            throttled: energy::throttled_between(&cool, shared.throttled()),
        };
        shared.note(metered).await?;
    }
    ended
}

/// How much of a stage goes on at once.
struct Width {
    slots: u32,
    search: Option<Search>,
    live: usize,
    exclusive: bool,
    /// Between planned beginnings, where there are any.
    gaps: Option<Gaps>,
}

impl Width {
    fn of(stage: &Stage, plan: &Plan, hosts: usize) -> Result<Self, RunError> {
        let at_once = |slots: u32| Width {
            slots,
            search: None,
            live: slots as usize,
            exclusive: false,
            gaps: None,
        };
        match stage.pacing {
            Pacing::Shared => {
                let most = plan.concurrency.most();
                let search = match plan.concurrency {
                    Concurrency::Fixed(_) => None,
                    Concurrency::Found(_) => Some(Search::new(most)),
                };
                Ok(Width {
                    live: 4 * most as usize * hosts + 2 * plan.evaluations.get() as usize,
                    search: search.clone(),
                    ..at_once(search.as_ref().map_or(most, Search::limit))
                })
            }
            Pacing::Exclusive => Ok(Width {
                exclusive: true,
                ..at_once(1)
            }),
            Pacing::Closed(clients) => Ok(at_once(clients.max(1))),
            Pacing::Open(arrivals) => {
                let seed = seed::of_trial(plan.seed, &stage.name, 0);
                let gaps = Gaps::new(arrivals, seed).ok_or_else(|| RunError::Unsupported {
                    stage: stage.name.clone(),
                    what: format!("trials at {} a second", arrivals.per_second),
                })?;
                Ok(Width {
                    gaps: Some(gaps),
                    ..at_once(CROWD as u32)
                })
            }
        }
    }
}

/// Begins the trials of a stage as room comes free or their time comes, until there are no more or nothing new is to
/// begin, and sees all of them to their end.
async fn feed(
    shared: &Arc<Shared>,
    stage: &Stage,
    mut source: Source<'_>,
    past: &mut Past,
    remainder: Remainder,
    mut width: Width,
    live: &mut JoinSet<Result<(), RunError>>,
) -> Result<(), RunError> {
    let mut due = Instant::now();
    'tasks: while let Some(task) = source.next(&stage.name).await? {
        for sample in 0..source.samples(&shared.plan, &task) {
            let start = past.start(&task.id, sample, remainder);
            if start == Start::Not {
                continue;
            }
            while live.len() >= width.live {
                reap(live).await?;
            }
            match &mut width.gaps {
                None => due = Instant::now(),
                Some(gaps) => {
                    due += gaps.next();
                    wait(shared, due, live).await?;
                }
            }
            if shared.stop.urgency() > Urgency::None {
                break 'tasks;
            }
            let running = begin(shared, &task, sample, start, due).await?;
            live.spawn(trial::run(shared.clone(), running));
        }
    }
    while !live.is_empty() {
        reap(live).await?;
    }
    Ok(())
}

/// Waits for a planned beginning, or until nothing new is to begin.
async fn wait(shared: &Arc<Shared>, due: Instant, live: &mut JoinSet<Result<(), RunError>>) -> Result<(), RunError> {
    loop {
        tokio::select! {
            biased;
            () = shared.stop.at_least(Urgency::Drain) => return Ok(()),
            () = sleep_until(due) => return Ok(()),
            ended = live.join_next(), if !live.is_empty() => settle(ended)?,
        }
    }
}

async fn reap(live: &mut JoinSet<Result<(), RunError>>) -> Result<(), RunError> {
    settle(live.join_next().await)
}

fn settle(ended: Option<Result<Result<(), RunError>, tokio::task::JoinError>>) -> Result<(), RunError> {
    match ended {
        Some(ended) => ended.map_err(RunError::from_join)?,
        None => Ok(()),
    }
}

async fn begin(
    shared: &Arc<Shared>,
    task: &Task,
    sample: u32,
    start: Start,
    due: Instant,
) -> Result<Running, RunError> {
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
        due,
    })
}
