//! One of the servers that a run asks, with all that the run knows of it.

use crate::endpoint::Server;
use crate::parallelism::{Sample, Search};
use crate::ports::{Host, Model};
use crate::slots::Slots;
use crate::timing::reloaded;
use crate::warm_up::Warm;
use koderz_api::chat::Reply;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The search for the number of a server's slots, and how often it has changed the limit.
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

/// A server of the run.
pub(crate) struct Backend {
    /// What it is called, where the run has several.
    pub(crate) name: Option<String>,
    pub(crate) model: Arc<dyn Model>,
    pub(crate) server: Server,
    pub(crate) slots: Slots,
    pub(crate) warm: Warm,
    search: Mutex<Option<Searching>>,
    reloaded: AtomicBool,
}

impl Backend {
    /// All of a run's servers. A single one needs no name: the manifest has it.
    pub(crate) fn all(hosts: Vec<Host>, limit: u32) -> Vec<Arc<Self>> {
        let several = hosts.len() > 1;
        let backend = |host: Host| {
            Arc::new(Backend {
                name: several.then_some(host.name),
                model: host.model,
                server: Server::new(limit),
                slots: Slots::new(),
                warm: Warm::default(),
                search: Mutex::new(None),
                reloaded: AtomicBool::new(false),
            })
        };
        hosts.into_iter().map(backend).collect()
    }

    pub(crate) fn set_limit(&self, limit: u32) {
        self.slots.set(limit);
        self.server.set_limit(limit);
    }

    pub(crate) fn search_from(&self, search: Option<Search>) {
        let searching = search.map(|search| Searching { search, epoch: 0 });
        *self.search.lock().unwrap_or_else(PoisonError::into_inner) = searching;
    }

    /// What is to be handed to [`Backend::learn`] with the answer to an attempt that begins now; none where it would tell
    /// nothing of the server's slots, because fewer are under way than may be.
    pub(crate) fn mark(&self) -> Option<Mark> {
        let searching = self.search.lock().unwrap_or_else(PoisonError::into_inner);
        let searching = searching.as_ref()?;
        let full = self.server.in_flight() >= searching.search.limit();
        full.then_some(Mark(searching.epoch))
    }

    /// Learns from an answer how many questions the server works on at once, and answers the new limit where that has
    /// changed it.
    pub(crate) fn learn(&self, mark: Option<Mark>, reply: &Reply) -> Option<u32> {
        let (Mark(epoch), sample) = (mark?, Sample::of(reply)?);
        let limit = {
            let mut searching = self.search.lock().unwrap_or_else(PoisonError::into_inner);
            let current = searching.as_mut().filter(|searching| searching.epoch == epoch);
            current.and_then(|searching| searching.observe(sample))?
        };
        self.set_limit(limit);
        Some(limit)
    }

    /// True once, where an answer shows that the server has loaded its model anew.
    pub(crate) fn has_reloaded(&self, reply: &Reply) -> bool {
        reloaded(reply) && !self.reloaded.swap(true, Ordering::Relaxed)
    }

    /// How long a question is expected to take from here, and then how full the server is: the order in which servers are
    /// preferred. One that has not answered yet is expected to be fast, so that it is tried.
    pub(crate) fn expected(&self) -> (Duration, u64) {
        let endpoint = self.server.endpoint();
        let full = u64::from(endpoint.in_flight) * 1000 / u64::from(endpoint.limit.max(1));
        (endpoint.expected_wait + endpoint.expected_service, full)
    }

    /// A text about it, with its name where it has one.
    pub(crate) fn about(&self, text: &str) -> String {
        match &self.name {
            Some(name) => format!("{name}: {text}"),
            None => text.to_owned(),
        }
    }
}
