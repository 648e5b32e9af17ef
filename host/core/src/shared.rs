//! What the trials of a run share: the ports, and the bounds that hold for all of them together.

use crate::backend::Backend;
use crate::event::{Card, Entry, Event, Throttled};
use crate::parallelism::Search;
use crate::plan::Plan;
use crate::ports::{Evaluator, Journal, Meter, Part, PluginError, RetryPolicy, Sink, Suite};
use crate::results::Results;
use crate::scheduler::{Ports, RunError};
use crate::stop::Stop;
use koderz_api::summary::Graded;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::{AbortHandle, JoinHandle, spawn_blocking};
use tokio::time::Instant;

/// What the trials of a run share.
pub(crate) struct Shared {
    pub(crate) suite: Arc<dyn Suite>,
    pub(crate) retry: Arc<dyn RetryPolicy>,
    pub(crate) plan: Plan,
    pub(crate) stop: Stop,
    backends: Vec<Arc<Backend>>,
    evaluators: BTreeMap<String, Arc<dyn Evaluator>>,
    meter: Option<Arc<dyn Meter>>,
    journal: Arc<dyn Journal>,
    sinks: Vec<Arc<dyn Sink>>,
    evaluations: Semaphore,
    exclusive: AtomicBool,
    /// What the suite is told of, where it wants to know of results.
    results: Option<Mutex<Results>>,
    /// Whether it was said that the retry policy fails.
    policy_failed: AtomicBool,
    /// Whether any question of the run came to an answer.
    answered: AtomicBool,
    /// Work that belongs to the run and to none of its trials.
    background: Mutex<Vec<AbortHandle>>,
    began: Instant,
}

impl Shared {
    pub(crate) fn new(ports: Ports, plan: Plan, results: Results, stop: Stop) -> Self {
        let languages = |evaluator: &Arc<dyn Evaluator>| {
            evaluator
                .languages()
                .iter()
                .map(|language| (language.clone(), evaluator.clone()))
                .collect::<Vec<_>>()
        };
        Shared {
            results: (ports.suite.summarizes() || ports.suite.plans()).then(|| Mutex::new(results)),
            suite: ports.suite,
            retry: ports.retry,
            stop,
            backends: Backend::all(ports.hosts, plan.concurrency.most()),
            // Of two evaluators that claim a language the first one gets it.
            evaluators: ports.evaluators.iter().rev().flat_map(languages).collect(),
            meter: ports.meter,
            journal: ports.journal,
            sinks: ports.sinks,
            evaluations: Semaphore::new(plan.evaluations.get() as usize),
            exclusive: AtomicBool::new(false),
            policy_failed: AtomicBool::new(false),
            answered: AtomicBool::new(false),
            background: Mutex::default(),
            began: Instant::now(),
            plan,
        }
    }

    /// What this machine has used so far, by part.
    pub(crate) fn energy(&self) -> Vec<Part> {
        self.meter.as_ref().map_or_else(Vec::new, |meter| meter.read())
    }

    /// The memory of this machine's graphics cards, as it is now.
    pub(crate) fn cards(&self) -> Vec<Card> {
        self.meter.as_ref().map_or_else(Vec::new, |meter| meter.cards())
    }

    /// For how long this machine's parts were slowed down by heat so far.
    pub(crate) fn throttled(&self) -> Vec<Throttled> {
        self.meter.as_ref().map_or_else(Vec::new, |meter| meter.throttled())
    }

    /// The servers that questions go to. What an exclusive stage measures is one server, so it goes to the first alone.
    pub(crate) fn backends(&self) -> &[Arc<Backend>] {
        match self.exclusive() {
            true => &self.backends[..1],
            false => &self.backends,
        }
    }

    /// How many servers the run has.
    pub(crate) fn hosts(&self) -> usize {
        self.backends.len()
    }

    /// Resolves when all of them are given up, with the reasons.
    pub(crate) async fn lost(&self) -> String {
        let mut reasons = Vec::new();
        for backend in self.backends() {
            reasons.push(backend.about(&backend.server.lost().await));
        }
        reasons.join("; ")
    }

    fn entry(&self, backend: Option<&Backend>, event: Event) -> Entry {
        Entry {
            at: self.began.elapsed(),
            host: backend.and_then(|backend| backend.name.clone()),
            event,
        }
    }

    /// Results so far, for the suite.
    pub(crate) fn results(&self) -> Vec<Graded> {
        let results = self.results.as_ref();
        results.map_or_else(Vec::new, |results| {
            results.lock().unwrap_or_else(PoisonError::into_inner).graded().to_vec()
        })
    }

    fn show(&self, entry: &Entry) {
        if let Some(results) = &self.results {
            results.lock().unwrap_or_else(PoisonError::into_inner).observe(entry);
        }
        for sink in &self.sinks {
            sink.see(entry);
        }
    }

    /// Hands an event to the record and shows it.
    pub(crate) async fn note(&self, event: Event) -> Result<(), RunError> {
        self.hand_over(self.entry(None, event)).await
    }

    /// The same for an event that is about a server.
    pub(crate) async fn note_of(&self, backend: &Backend, event: Event) -> Result<(), RunError> {
        self.hand_over(self.entry(Some(backend), event)).await
    }

    async fn hand_over(&self, entry: Entry) -> Result<(), RunError> {
        self.journal.note(entry.clone()).await?;
        self.show(&entry);
        Ok(())
    }

    /// Hands an event to the record, which is about a server where one is named, waits until the record would survive a
    /// loss of power, and shows it.
    pub(crate) async fn commit(&self, backend: Option<&Backend>, event: Event) -> Result<(), RunError> {
        let entry = self.entry(backend, event);
        self.journal.commit(entry.clone()).await?;
        self.show(&entry);
        Ok(())
    }

    /// Sets how many questions may be under way at each server, and where that is to be found out, from where on.
    pub(crate) fn set_width(&self, limit: u32, search: Option<&Search>) {
        for backend in &self.backends {
            backend.set_limit(limit);
            backend.search_from(search.cloned());
        }
    }

    /// Leave to run a program.
    pub(crate) async fn evaluation(&self) -> Option<SemaphorePermit<'_>> {
        self.evaluations.acquire().await.ok()
    }

    pub(crate) fn evaluator(&self, language: &str) -> Option<Arc<dyn Evaluator>> {
        self.evaluators.get(language).cloned()
    }

    pub(crate) fn set_exclusive(&self, exclusive: bool) {
        self.exclusive.store(exclusive, Ordering::Relaxed);
    }

    pub(crate) fn exclusive(&self) -> bool {
        self.exclusive.load(Ordering::Relaxed)
    }

    pub(crate) fn set_answered(&self, answered: bool) {
        self.answered.store(answered, Ordering::Relaxed);
    }

    pub(crate) fn answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    /// Begins work that no trial waits for to its end. It ends at the latest with the run.
    pub(crate) fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        let handle = tokio::spawn(work);
        let mut background = self.background.lock().unwrap_or_else(PoisonError::into_inner);
        background.retain(|handle| !handle.is_finished());
        background.push(handle.abort_handle());
        handle
    }

    pub(crate) fn end_background(&self) {
        for handle in self.background.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            handle.abort();
        }
    }

    /// Says that the retry policy fails, once: it may do so at every attempt.
    pub(crate) fn policy_has_failed(&self, error: &PluginError) {
        if self.policy_failed.swap(true, Ordering::Relaxed) {
            tracing::debug!("{error}; the built-in policy decides in its place");
        } else {
            tracing::warn!("{error}; the built-in policy decides in its place, now and whenever that happens again");
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
