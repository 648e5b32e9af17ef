//! WASI that gives nothing which differs from one run to the next.
//!
//! No directories, sockets, environment or arguments. The clocks stand at a fixed time and move on a little with every
//! look; sleeping returns at once and moves them on. Randomness is the same in every run.

use koderz_api::seed::Stream;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use wasmtime::component::{HasData, Linker, Resource};
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi::{Deterministic, HostMonotonicClock, HostWallClock, WasiCtxBuilder, WasiView, async_trait};

/// When every program begins: 1 January 2026, 00:00 UTC.
const BEGINNING: Duration = Duration::from_secs(1_767_225_600);

/// How far a look at a clock moves it on.
const LOOK: Duration = Duration::from_micros(1);

/// Bytes of randomness before they repeat.
const RANDOM: usize = 4096;

/// An instance that has this WASI.
pub(crate) trait Secluded: WasiView + 'static {
    /// Its time.
    fn time(&mut self) -> &Time;

    /// It asked to sleep, and has not slept.
    ///
    /// # Errors
    /// If that ends it.
    fn slept(&mut self, time: Duration) -> wasmtime::Result<()>;
}

/// A time that moves when it is looked at. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Time(Arc<AtomicU64>);

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
struct Sleepless<'a, T>(&'a mut T);

struct HasSleepless<T>(PhantomData<T>);

impl<T: Secluded> HasData for HasSleepless<T> {
    type Data<'a> = Sleepless<'a, T>;
}

impl<T: Secluded> Sleepless<'_, T> {
    fn sleep(&mut self, time: Duration) -> wasmtime::Result<Resource<DynPollable>> {
        self.0.time().forward(time);
        self.0.slept(time)?;
        let table = self.0.ctx().table;
        let passed = table.push(Passed)?;
        subscribe(table, passed)
    }
}

impl<T: Secluded> monotonic_clock::Host for Sleepless<'_, T> {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(HostMonotonicClock::now(self.0.time()))
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(HostMonotonicClock::resolution(self.0.time()))
    }

    fn subscribe_instant(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let now = HostMonotonicClock::now(self.0.time());
        self.sleep(Duration::from_nanos(when.saturating_sub(now)))
    }

    fn subscribe_duration(&mut self, duration: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.sleep(Duration::from_nanos(duration))
    }
}

/// Lets instances import WASI.
pub(crate) fn add_to_linker<T: Secluded + Send>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_sync(linker)?;
    linker.allow_shadowing(true);
    monotonic_clock::add_to_linker::<T, HasSleepless<T>>(linker, |inmate| Sleepless(inmate))?;
    linker.allow_shadowing(false);
    Ok(())
}

/// What an instance has of WASI besides its streams.
pub(crate) fn wasi(time: &Time) -> WasiCtxBuilder {
    let mut chance = Stream::new(0);
    let mut random = || Deterministic::new((0..RANDOM).map(|_| (chance.bits() >> 56) as u8).collect());
    let mut builder = WasiCtxBuilder::new();
    builder
        .secure_random(random())
        .insecure_random(random())
        .insecure_random_seed(0)
        .wall_clock(time.clone())
        .monotonic_clock(time.clone())
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false);
    builder
}
