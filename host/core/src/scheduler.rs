//! Runs the trials of a suite, stage by stage.
//!
//! Three bounds hold at any moment: questions under way (the run's concurrency), programs running, and trials that have
//! begun and not ended. The last is larger than the others, so that one trial's program runs while another's question is
//! under way and one that waits to be tried again keeps nobody from the server; and it is the only queue there is.

use crate::endpoint::Server;
use crate::event::{End, Entry, Event, TrialId};
use crate::parallelism::{Sample, Search};
use crate::past::{Past, Start};
use crate::plan::{Concurrency, Plan};
use crate::ports::{Evaluator, Journal, JournalError, Model, PluginError, RetryPolicy, Sink, Suite};
use crate::seed;
use crate::slots::{Slot, Slots};
use crate::stop::{Stop, Urgency};
use crate::trial::{self, Running};
use crate::warm_up::Warm;
use koderz_api::chat::Reply;
use koderz_api::suite::{Pacing, Stage, SuiteInfo, Task, Trial};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::{JoinError, JoinSet, spawn_blocking};
use tokio::time::Instant;

/// A server that has a model in memory is ready for a question within this time; beyond it, it has loaded.
const WARM: Duration = Duration::from_millis(250);

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
    /// The server.
    pub model: Arc<dyn Model>,
    /// Where events are kept.
    pub journal: Arc<dyn Journal>,
    /// Whoever watches.
    pub sinks: Vec<Arc<dyn Sink>>,
}

/// Why a run cannot go on. What was done until then is in the record.
#[derive(Debug, Error)]
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
    /// The server went away and did not come back.
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

/// The search for the number of the server's slots, and how often it has changed the limit.
struct Searching {
    search: Search,
    epoch: u32,
}

impl Searching {
    /// The new limit, where the answer has changed it.
    fn observe(&mut self, sample: Sample) -> Option<u32> {
        if !self.search.observe(sample) {
            return None;
        }
        self.epoch += 1;
        Some(self.search.limit())
    }
}

/// Under which limit an attempt began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark(u32);

/// What the trials of a run share.
pub(crate) struct Shared {
    pub(crate) suite: Arc<dyn Suite>,
    pub(crate) retry: Arc<dyn RetryPolicy>,
    pub(crate) model: Arc<dyn Model>,
    pub(crate) plan: Plan,
    pub(crate) stop: Stop,
    pub(crate) server: Server,
    evaluators: BTreeMap<String, Arc<dyn Evaluator>>,
    journal: Arc<dyn Journal>,
    sinks: Vec<Arc<dyn Sink>>,
    slots: Slots,
    search: Mutex<Option<Searching>>,
    evaluations: Semaphore,
    exclusive: AtomicBool,
    pub(crate) warm: Warm,
    reloaded: AtomicBool,
    began: Instant,
}

impl Shared {
    fn entry(&self, event: Event) -> Entry {
        Entry {
            at: self.began.elapsed(),
            event,
        }
    }

    fn show(&self, entry: &Entry) {
        for sink in &self.sinks {
            sink.see(entry);
        }
    }

    /// Hands an event to the record and shows it.
    pub(crate) async fn note(&self, event: Event) -> Result<(), RunError> {
        let entry = self.entry(event);
        self.journal.note(entry.clone()).await?;
        self.show(&entry);
        Ok(())
    }

    /// The same, and waits until the record would survive a loss of power.
    pub(crate) async fn commit(&self, event: Event) -> Result<(), RunError> {
        let entry = self.entry(event);
        self.journal.commit(entry.clone()).await?;
        self.show(&entry);
        Ok(())
    }

    /// Leave to ask the server; none when nothing new is to begin.
    pub(crate) async fn slot(&self) -> Option<Slot<'_>> {
        tokio::select! {
            biased;
            () = self.stop.at_least(Urgency::Drain) => None,
            slot = self.slots.acquire() => slot,
        }
    }

    fn set_limit(&self, limit: u32) {
        self.slots.set(limit);
        self.server.set_limit(limit);
    }

    fn search_from(&self, search: Option<Search>) {
        let searching = search.map(|search| Searching { search, epoch: 0 });
        *self.search.lock().unwrap_or_else(PoisonError::into_inner) = searching;
    }

    /// What is to be handed to [`Shared::learn`] with the answer to an attempt that begins now; none where it would tell
    /// nothing of the server's slots, because fewer are under way than may be.
    pub(crate) fn mark(&self) -> Option<Mark> {
        let searching = self.search.lock().unwrap_or_else(PoisonError::into_inner);
        let searching = searching.as_ref()?;
        let full = self.server.in_flight() >= searching.search.limit();
        full.then_some(Mark(searching.epoch))
    }

    /// Learns from an answer how many questions the server works on at once.
    pub(crate) async fn learn(&self, mark: Option<Mark>, reply: &Reply) -> Result<(), RunError> {
        let (Some(Mark(epoch)), Some(sample)) = (mark, Sample::of(reply)) else {
            return Ok(());
        };
        let changed = {
            let mut searching = self.search.lock().unwrap_or_else(PoisonError::into_inner);
            let current = searching.as_mut().filter(|searching| searching.epoch == epoch);
            current.and_then(|searching| searching.observe(sample))
        };
        if let Some(limit) = changed {
            self.set_limit(limit);
            self.note(Event::LimitChanged { limit }).await?;
        }
        Ok(())
    }

    /// Leave to run a program.
    pub(crate) async fn evaluation(&self) -> Option<SemaphorePermit<'_>> {
        self.evaluations.acquire().await.ok()
    }

    pub(crate) fn evaluator(&self, language: &str) -> Option<Arc<dyn Evaluator>> {
        self.evaluators.get(language).cloned()
    }

    pub(crate) fn exclusive(&self) -> bool {
        self.exclusive.load(Ordering::Relaxed)
    }

    /// Says so, once, where an answer shows that the server has loaded its model anew.
    pub(crate) fn look_for_a_reload(&self, model: &str, reply: &Reply) {
        let load = reply.timing.server.and_then(|server| server.load);
        if load.is_some_and(|load| load > WARM) && !self.exclusive() && !self.reloaded.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "the server loaded {model} again in mid-run: somebody asks it for another model or other options, or its \
                 memory is short; every answer then waits"
            );
        }
    }

    /// Runs a call that may block, such as one into a plugin, away from the threads that serve everybody.
    pub(crate) async fn blocking<T: Send + 'static>(&self, call: impl FnOnce() -> T + Send + 'static) -> T {
        match spawn_blocking(call).await {
            Ok(value) => value,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // Blocking calls are cancelled only with the whole runtime, and this task with them.
                Err(_) => std::future::pending().await,
            },
        }
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
    let languages = |evaluator: &Arc<dyn Evaluator>| {
        evaluator
            .languages()
            .iter()
            .map(|language| (language.clone(), evaluator.clone()))
            .collect::<Vec<_>>()
    };
    let shared = Arc::new(Shared {
        suite: ports.suite,
        retry: ports.retry,
        model: ports.model,
        stop,
        server: Server::new(plan.concurrency.most()),
        evaluators: ports.evaluators.iter().rev().flat_map(languages).collect(),
        journal: ports.journal,
        sinks: ports.sinks,
        slots: Slots::new(),
        search: Mutex::new(None),
        evaluations: Semaphore::new(plan.evaluations.get() as usize),
        exclusive: AtomicBool::new(false),
        warm: Warm::default(),
        reloaded: AtomicBool::new(false),
        began: Instant::now(),
        plan,
    });
    let trials = info
        .task_count
        .map(|count| shared.plan.selection.count(count) * u64::from(shared.plan.samples.get()));
    shared
        .note(Event::Began {
            trials,
            settled: past.settled(retry_inconclusive),
        })
        .await?;
    let end = match stages(&shared, &info, &mut past, retry_inconclusive).await {
        Ok(()) => match shared.stop.urgency() {
            Urgency::None => End::Finished,
            Urgency::Drain => End::Drained,
            Urgency::Now => End::Stopped,
        },
        Err(error) => {
            // Where the record itself failed this fails too, and the first error is the one that tells.
            let _ = shared
                .commit(Event::Ended {
                    end: End::Failed(error.to_string()),
                })
                .await;
            return Err(error);
        }
    };
    shared.commit(Event::Ended { end: end.clone() }).await?;
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
        let width = Width::of(stage, &shared.plan)?;
        shared.exclusive.store(width.exclusive, Ordering::Relaxed);
        shared.set_limit(width.slots);
        shared.search_from(width.search);
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
            reason = shared.server.lost() => Err(RunError::ServerLost(reason)),
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
    fn of(stage: &Stage, plan: &Plan) -> Result<Self, RunError> {
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
                    live: 4 * most as usize + 2 * plan.evaluations.get() as usize,
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
    let mut tasks = Tasks::new(shared.suite.clone());
    'tasks: while let Some((index, task)) = tasks.next(info).await? {
        if task.stage != stage.name || !shared.plan.selection.contains(index, &task.id) {
            continue;
        }
        for sample in 0..shared.plan.samples.get() {
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

/// The tasks of a suite in its own order, a page at a time.
struct Tasks {
    suite: Arc<dyn Suite>,
    page: std::vec::IntoIter<Task>,
    cursor: Option<String>,
    index: u64,
    last: bool,
}

impl Tasks {
    fn new(suite: Arc<dyn Suite>) -> Self {
        Tasks {
            suite,
            page: Vec::new().into_iter(),
            cursor: None,
            index: 0,
            last: false,
        }
    }

    async fn next(&mut self, info: &SuiteInfo) -> Result<Option<(u64, Task)>, RunError> {
        loop {
            if let Some(task) = self.page.next() {
                if !info.stages.iter().any(|stage| stage.name == task.stage) {
                    return Err(self.broken(
                        Some(task.id),
                        format!("the task names no stage of its suite: {}", task.stage),
                    ));
                }
                let index = self.index;
                self.index += 1;
                return Ok(Some((index, task)));
            }
            if self.last {
                return Ok(None);
            }
            let (suite, cursor) = (self.suite.clone(), self.cursor.clone());
            let page = spawn_blocking(move || suite.tasks(cursor.as_deref()))
                .await
                .map_err(RunError::from_join)??;
            if page.next.is_some() && page.next == self.cursor {
                return Err(self.broken(None, "the next page is the same page".to_owned()));
            }
            self.last = page.next.is_none();
            self.cursor = page.next;
            self.page = page.tasks.into_iter();
        }
    }

    fn broken(&self, task: Option<String>, what: String) -> RunError {
        let identity = self.suite.identity().clone();
        RunError::Suite(PluginError {
            plugin: identity.name,
            version: identity.version,
            call: "tasks",
            task,
            what,
            hint: None,
        })
    }
}

/// All tasks of a suite that a user may name, for looking one up before a run.
///
/// # Errors
/// If the suite fails.
pub async fn catalogue(suite: Arc<dyn Suite>) -> Result<Vec<Task>, RunError> {
    let describing = suite.clone();
    let info = spawn_blocking(move || describing.describe())
        .await
        .map_err(RunError::from_join)??;
    let mut tasks = Tasks::new(suite);
    let mut all = Vec::new();
    while let Some((_, task)) = tasks.next(&info).await? {
        all.push(task);
    }
    Ok(all)
}
