//! What an evaluator's instance gets of the world: nothing that differs from one run to the next.
//!
//! No directories, sockets, environment or arguments. The clocks stand at a fixed time and move on a little with every
//! look; sleeping returns at once, moves them on, and is charged as work. Randomness is the same in every run. Output
//! is kept and bounded.

use super::Cell;
use super::budget::{Budget, Overrun, instructions_of};
use super::output::Captured;
use crate::bindings::koderz::plugin::{data, log, subject};
use crate::engine::{Counting, Engines};
use crate::grants::Blobs;
use crate::limits::Memory;
use koderz_api::execution::Limits;
use koderz_core::seed;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use wasmtime::component::{HasData, HasSelf, Linker, Resource, ResourceTable};
use wasmtime::{Engine, Store, UpdateDeadline};
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::p2::pipe::MemoryInputPipe;
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi::{
    Deterministic, HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView, async_trait,
};

/// When every program begins: 1 January 2026, 00:00 UTC.
const BEGINNING: Duration = Duration::from_secs(1_767_225_600);

/// How far a look at a clock moves it on.
const LOOK: Duration = Duration::from_micros(1);

/// Bytes of randomness before they repeat.
const RANDOM: usize = 4096;

/// What an instance is for.
pub(crate) enum Role {
    /// It runs a whole program.
    Alone,
    /// It holds what a model wrote.
    Subject,
    /// It holds a check, and the instance that it checks.
    Judge(Box<Cell>),
}

/// What the host keeps for an instance.
pub(crate) struct Inmate {
    pub(crate) budget: Budget,
    pub(crate) memory: Memory,
    pub(crate) role: Role,
    /// What ended it, where that was a trap.
    pub(crate) trap: Option<String>,
    /// Whether it was given a subject's reply.
    pub(crate) answered: bool,
    output: Captured,
    time: Time,
    /// Instructions that are left, where they are counted, at the last look.
    left: u64,
    wasi: WasiCtx,
    table: ResourceTable,
    blobs: Blobs,
    overrun: Option<Overrun>,
}

impl Inmate {
    /// Which limit was met, if one was. It stays met.
    pub(crate) fn overrun(&mut self) -> Option<Overrun> {
        if self.overrun.is_none() {
            self.overrun = if self.memory.denied() {
                Some(Overrun::Memory)
            } else if self.output.overrun() {
                Some(Overrun::Output)
            } else {
                self.budget.overrun()
            };
        }
        self.overrun
    }
}

impl WasiView for Inmate {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl log::Host for Inmate {
    fn write(&mut self, _level: log::Level, message: String) {
        tracing::debug!(
            plugin = "evaluator",
            "{}",
            message.chars().take(1000).collect::<String>()
        );
    }
}

impl subject::Host for Inmate {
    fn call(&mut self, entry_point: String, input: String) -> wasmtime::Result<Result<String, String>> {
        let Role::Judge(subject) = &mut self.role else {
            wasmtime::bail!("a program called `subject`, which only a judge may do");
        };
        self.budget.pause();
        let answer = subject.call(&entry_point, &input);
        self.budget.resume();
        self.answered = true;
        answer
    }
}

/// A time that moves when it is looked at. Clones share it.
#[derive(Clone)]
struct Time(Arc<AtomicU64>);

impl Time {
    fn forward(&self, by: Duration) -> u64 {
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        let moved = |now: u64| Some(now.saturating_add(by));
        match self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, moved) {
            Ok(before) | Err(before) => before.saturating_add(by),
        }
    }
}

impl HostMonotonicClock for Time {
    fn resolution(&self) -> u64 {
        1000
    }

    fn now(&self) -> u64 {
        self.forward(LOOK)
    }
}

impl HostWallClock for Time {
    fn resolution(&self) -> Duration {
        LOOK
    }

    fn now(&self) -> Duration {
        BEGINNING.saturating_add(Duration::from_nanos(self.forward(LOOK)))
    }
}

/// Something to wait for that has already come.
struct Passed;

#[async_trait]
impl Pollable for Passed {
    async fn ready(&mut self) {}
}

/// The monotonic clock in the place of WASI's own, whose waiting would be real.
struct Sleepless<'a>(&'a mut Inmate);

struct HasSleepless;

impl HasData for HasSleepless {
    type Data<'a> = Sleepless<'a>;
}

impl Sleepless<'_> {
    fn sleep(&mut self, time: Duration) -> wasmtime::Result<Resource<DynPollable>> {
        self.0.time.forward(time);
        self.0.budget.charge(time);
        if let Some(overrun) = self.0.overrun() {
            return Err(overrun.into());
        }
        let passed = self.0.table.push(Passed)?;
        subscribe(&mut self.0.table, passed)
    }
}

impl monotonic_clock::Host for Sleepless<'_> {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(HostMonotonicClock::now(&self.0.time))
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(HostMonotonicClock::resolution(&self.0.time))
    }

    fn subscribe_instant(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let now = HostMonotonicClock::now(&self.0.time);
        self.sleep(Duration::from_nanos(when.saturating_sub(now)))
    }

    fn subscribe_duration(&mut self, duration: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.sleep(Duration::from_nanos(duration))
    }
}

/// What evaluators may import.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Inmate>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
    linker.allow_shadowing(true);
    monotonic_clock::add_to_linker::<Inmate, HasSleepless>(&mut linker, |inmate| Sleepless(inmate))?;
    linker.allow_shadowing(false);
    log::add_to_linker::<_, HasSelf<Inmate>>(&mut linker, |inmate| inmate)?;
    data::add_to_linker::<_, HasSelf<Blobs>>(&mut linker, |inmate: &mut Inmate| &mut inmate.blobs)?;
    subject::add_to_linker::<_, HasSelf<Inmate>>(&mut linker, |inmate| inmate)?;
    Ok(linker)
}

/// A store for one instance. Its time begins now.
pub(crate) fn store(
    engines: &Engines,
    limits: &Limits,
    output: Captured,
    stdin: &[u8],
    role: Role,
) -> wasmtime::Result<Store<Inmate>> {
    let time = Time(Arc::new(AtomicU64::new(0)));
    let mut chance = seed::Stream::new(0);
    let mut random = || Deterministic::new((0..RANDOM).map(|_| (chance.bits() >> 56) as u8).collect());
    let wasi = WasiCtxBuilder::new()
        .stdin(MemoryInputPipe::new(stdin.to_vec()))
        .stdout(output.stdout())
        .stderr(output.stderr())
        .secure_random(random())
        .insecure_random(random())
        .insecure_random_seed(0)
        .wall_clock(time.clone())
        .monotonic_clock(time.clone())
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .build();
    let memory = Memory::at_most(usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX));
    let inmate = Inmate {
        budget: Budget::new(limits, engines.counting),
        memory,
        role,
        trap: None,
        answered: false,
        output,
        time,
        left: 0,
        wasi,
        table: ResourceTable::new(),
        blobs: Blobs::default(),
        overrun: None,
    };
    let mut store = Store::new(&engines.evaluators, inmate);
    if engines.counting == Counting::Instructions {
        let left = instructions_of(limits.cpu);
        store.set_fuel(left)?;
        store.data_mut().left = left;
    }
    store.limiter(|inmate| &mut inmate.memory);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut context| match context.data_mut().overrun() {
        Some(overrun) => Err(overrun.into()),
        None => Ok(UpdateDeadline::Continue(1)),
    });
    Ok(store)
}

/// Takes in the instructions since the last look, where they are counted.
pub(crate) fn count(store: &mut Store<Inmate>) {
    if let Ok(left) = store.get_fuel() {
        let inmate = store.data_mut();
        inmate.budget.count(inmate.left.saturating_sub(left));
        inmate.left = left;
    }
}
