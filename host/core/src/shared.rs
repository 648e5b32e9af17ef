//! What the trials of a run share: the ports, and the bounds that hold for all of them together.

use crate::endpoint::Server;
use crate::event::{Entry, Event};
use crate::parallelism::{Sample, Search};
use crate::plan::Plan;
use crate::ports::{Evaluator, Journal, Model, RetryPolicy, Sink, Suite};
use crate::scheduler::{Ports, RunError};
use crate::slots::{Slot, Slots};
use crate::stop::{Stop, Urgency};
use crate::timing::reloaded;
use crate::warm_up::Warm;
use koderz_api::chat::Reply;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::{AbortHandle, JoinHandle, spawn_blocking};
use tokio::time::Instant;

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
    /// Work that belongs to the run and to none of its trials.
    background: Mutex<Vec<AbortHandle>>,
    began: Instant,
}

impl Shared {
    pub(crate) fn new(ports: Ports, plan: Plan, stop: Stop) -> Self {
        let languages = |evaluator: &Arc<dyn Evaluator>| {
            evaluator
                .languages()
                .iter()
                .map(|language| (language.clone(), evaluator.clone()))
                .collect::<Vec<_>>()
        };
        Shared {
            suite: ports.suite,
            retry: ports.retry,
            model: ports.model,
            stop,
            server: Server::new(plan.concurrency.most()),
            // Of two evaluators that claim a language the first one gets it.
            evaluators: ports.evaluators.iter().rev().flat_map(languages).collect(),
            journal: ports.journal,
            sinks: ports.sinks,
            slots: Slots::new(),
            search: Mutex::new(None),
            evaluations: Semaphore::new(plan.evaluations.get() as usize),
            exclusive: AtomicBool::new(false),
            warm: Warm::default(),
            reloaded: AtomicBool::new(false),
            background: Mutex::default(),
            began: Instant::now(),
            plan,
        }
    }

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

    pub(crate) fn set_limit(&self, limit: u32) {
        self.slots.set(limit);
        self.server.set_limit(limit);
    }

    pub(crate) fn search_from(&self, search: Option<Search>) {
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

    pub(crate) fn set_exclusive(&self, exclusive: bool) {
        self.exclusive.store(exclusive, Ordering::Relaxed);
    }

    pub(crate) fn exclusive(&self) -> bool {
        self.exclusive.load(Ordering::Relaxed)
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

    /// Says so, once, where an answer shows that the server has loaded its model anew.
    pub(crate) fn look_for_a_reload(&self, model: &str, reply: &Reply) {
        if reloaded(reply) && !self.exclusive() && !self.reloaded.swap(true, Ordering::Relaxed) {
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
