//! One instance of a suite or a policy: its store, its bounds, and what its failures are called.
//!
//! An instance gets the log and what its plugin is granted, and nothing else of the world. It lives for one call, or for
//! a policy as long as nothing goes wrong; after any failure its store is dropped, because a trap can leave it half done.

use crate::bindings::koderz::plugin::{data, log};
use crate::engine::ticks;
use crate::grants::Blobs;
use crate::limits::Memory;
use crate::seclusion::{self, Secluded, Time};
use crate::trust::Bounds;
use koderz_api::identity::PluginInfo;
use koderz_core::ports::PluginError;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;
use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime::{Engine, Store, Trap};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// The longest a single call may take unless the user says otherwise. Suites and policies decide, which takes
/// microseconds; what takes this long will not come back.
const CALL: Duration = Duration::from_secs(10);

/// Memory of a suite or a policy, unless the user says otherwise.
const MEMORY: usize = 256 << 20;

/// Characters of a log line that are kept.
pub(crate) const LINE: usize = 4096;

/// Lines of one instance that are kept, and what is said of the rest.
pub(crate) const LINES: u32 = 1000;
pub(crate) const MORE_LINES: &str = "more than 1000 lines; the rest is left out";

/// What the host keeps for an instance.
pub(crate) struct Guest {
    pub(crate) memory: Memory,
    plugin: Arc<str>,
    last_error: Option<String>,
    lines: u32,
    /// The way to what its plugin is granted.
    pub(crate) blobs: Blobs,
    /// The longest that a call may take.
    call: Duration,
    /// Where it is given any.
    wasi: Option<Wasi>,
}

/// WASI of the kind that denies everything.
struct Wasi {
    context: WasiCtx,
    table: ResourceTable,
    time: Time,
}

impl Wasi {
    fn new() -> Self {
        let time = Time::default();
        Wasi {
            context: seclusion::wasi(&time).build(),
            table: ResourceTable::new(),
            time,
        }
    }
}

impl Guest {
    fn wasi(&mut self) -> &mut Wasi {
        self.wasi.get_or_insert_with(Wasi::new)
    }
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let wasi = self.wasi();
        WasiCtxView {
            ctx: &mut wasi.context,
            table: &mut wasi.table,
        }
    }
}

impl Secluded for Guest {
    fn time(&mut self) -> &Time {
        &self.wasi().time
    }

    fn slept(&mut self, _time: Duration) -> wasmtime::Result<()> {
        Ok(())
    }
}

impl log::Host for Guest {
    fn write(&mut self, level: log::Level, message: String) {
        let message: String = message.chars().take(LINE).collect();
        let plugin = &*self.plugin;
        self.lines = self.lines.saturating_add(1);
        if self.lines > LINES && level != log::Level::Error {
            if self.lines == LINES + 1 {
                tracing::warn!(plugin, "{MORE_LINES}");
            }
            return;
        }
        match level {
            log::Level::Trace => tracing::trace!(plugin, "{message}"),
            log::Level::Debug => tracing::debug!(plugin, "{message}"),
            log::Level::Info => tracing::info!(plugin, "{message}"),
            log::Level::Warn => tracing::warn!(plugin, "{message}"),
            // It is shown with the failure that follows, and would otherwise be shown twice.
            log::Level::Error => {
                tracing::debug!(plugin, "{message}");
                self.last_error = Some(message);
            }
        }
    }
}

/// What suites and policies may import.
pub(crate) fn linker(engine: &Engine, wasi: bool) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    if wasi {
        seclusion::add_to_linker(&mut linker)?;
    }
    log::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    data::add_to_linker::<_, HasSelf<Blobs>>(&mut linker, |guest: &mut Guest| &mut guest.blobs)?;
    Ok(linker)
}

/// The bounds of a plugin's instances, and the most memory that one of them held, in bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    pub(crate) bounds: Bounds,
    pub(crate) most: Arc<AtomicUsize>,
}

/// A store for one instance of a plugin.
pub(crate) fn store(engine: &Engine, plugin: &Arc<str>, bounds: &Held) -> Store<Guest> {
    let Held { bounds, most } = bounds;
    let guest = Guest {
        memory: Memory::at_most(bounds.memory.unwrap_or(MEMORY)).noting(most.clone()),
        plugin: plugin.clone(),
        last_error: None,
        lines: 0,
        blobs: Blobs::default(),
        call: bounds.call.unwrap_or(CALL),
        wasi: None,
    };
    let mut store = Store::new(engine, guest);
    store.limiter(|guest| &mut guest.memory);
    store.epoch_deadline_trap();
    set_deadline(&mut store);
    store
}

/// Gives the next call its time. It has to be said before every call: the default is no time at all.
pub(crate) fn set_deadline(store: &mut Store<Guest>) {
    let time = store.data().call;
    store.set_epoch_deadline(ticks(time));
}

/// What a failed call is called.
pub(crate) fn explain(error: &wasmtime::Error, guest: &Guest) -> String {
    if guest.memory.denied() {
        return format!("memory limit of {} MiB reached", guest.memory.most() >> 20);
    }
    if error.downcast_ref::<Trap>() == Some(&Trap::Interrupt) {
        return format!("no answer within {} s", guest.call.as_secs_f64());
    }
    if let Some(message) = &guest.last_error {
        return in_one_line(message);
    }
    match error.downcast_ref::<Trap>() {
        Some(trap) => trap.to_string(),
        None => format!("{error:#}"),
    }
}

/// A panic's message comes in several lines, and what is said of a failure is one fragment among others.
pub(crate) fn in_one_line(message: &str) -> String {
    let lines = message.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

/// What to do where a panic says that there is no clock, as Rust's library does without saying why.
pub(crate) fn without_clock(what: &str) -> Option<&'static str> {
    what.contains("time not implemented on this platform").then_some(
        "plugins have no clock; a policy finds the time in its attempt's `elapsed` and `remaining`, a suite in what it asked \
         for",
    )
}

/// A failed call as an error that names the plugin.
pub(crate) fn failed(identity: &PluginInfo, call: &'static str, task: Option<&str>, what: String) -> PluginError {
    PluginError {
        plugin: identity.name.clone(),
        version: identity.version.clone(),
        call,
        task: task.map(str::to_owned),
        hint: without_clock(&what).map(str::to_owned),
        what,
    }
}
