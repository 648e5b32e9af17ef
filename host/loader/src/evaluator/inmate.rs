//! What an evaluator's instance gets of the world: nothing that differs from one run to the next.
//!
//! No directories, sockets, environment or arguments. The clocks stand at a fixed time and move on a little with every
//! look; sleeping returns at once, moves them on, and is charged as work. Randomness is the same in every run. Output
//! is kept and bounded.

use super::budget::{Budget, Overrun, instructions_of};
use super::output::Captured;
use super::runner::Cell;
use super::words::{self, shown};
use crate::bindings::koderz::plugin::{data, log, subject};
use crate::engine::{Counting, Engines};
use crate::grants::Blobs;
use crate::guest::{LINE, in_one_line, without_clock};
use crate::limits::Memory;
use crate::seclusion::{self, Secluded, Time};
use koderz_api::execution::Limits;
use std::time::Duration;
use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime::{Engine, Error, Store, Trap, UpdateDeadline};
use wasmtime_wasi::p2::pipe::MemoryInputPipe;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

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
    /// The last error that it wrote to the log: a panic says there what it has to say.
    last_error: Option<String>,
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

    /// What ended a call. An abort has no words of its own, and the interpreter may have written some before.
    pub(crate) fn in_words(&self, trap: &Error) -> String {
        match (trap.downcast_ref::<Trap>(), &self.last_error) {
            (Some(Trap::UnreachableCodeReached), Some(error)) => {
                let hint = without_clock(error).map(|hint| format!("; {hint}"));
                shown(&in_one_line(error)) + &hint.unwrap_or_default()
            }
            _ => words::in_words(trap),
        }
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

impl Secluded for Inmate {
    fn time(&mut self) -> &Time {
        &self.time
    }

    fn slept(&mut self, time: Duration) -> wasmtime::Result<()> {
        self.budget.charge(time);
        match self.overrun() {
            Some(overrun) => Err(overrun.into()),
            None => Ok(()),
        }
    }
}

impl log::Host for Inmate {
    fn write(&mut self, level: log::Level, message: String) {
        let message: String = message.chars().take(LINE).collect();
        tracing::debug!(plugin = "evaluator", "{message}");
        if level == log::Level::Error {
            self.last_error = Some(message);
        }
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

/// What evaluators may import.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Inmate>> {
    let mut linker = Linker::new(engine);
    seclusion::add_to_linker(&mut linker)?;
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
    let time = Time::default();
    let wasi = seclusion::wasi(&time)
        .stdin(MemoryInputPipe::new(stdin.to_vec()))
        .stdout(output.stdout())
        .stderr(output.stderr())
        .build();
    let memory = Memory::at_most(usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX));
    let inmate = Inmate {
        budget: Budget::new(limits, engines.counting),
        memory,
        role,
        trap: None,
        answered: false,
        last_error: None,
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
