//! One program, run: an instance or two of its own, the calls of its roles, and what they came to.

use super::budget::Overrun;
use super::inmate::{self, Inmate, Role};
use super::output::Captured;
use super::rehearsal::Rehearsal;
use super::words::{shown, too_long, undigested};
use super::{LONGEST_REPLY, Sandbox};
use crate::bindings::exports::koderz::plugin::evaluator::{Guest as Exports, Objection};
use koderz_api::execution::{ExecutionError, ExecutionErrorKind, Exit, Limits, Outcome, Program};
use koderz_api::identity::PluginInfo;
use std::time::{Duration, Instant};
use wasmtime::Store;

/// What runs a program.
pub(super) struct Runner {
    pub(super) sandbox: Sandbox,
    pub(super) identity: PluginInfo,
}

/// How the calls of a program ended.
struct Ran {
    exit: Exit,
    /// The one that did not come back.
    lost: Option<&'static str>,
    cpu: Duration,
    memory_bytes: u64,
}

/// A program that could not be judged, and the call that did not come back.
struct Unjudged {
    error: ExecutionError,
    lost: Option<&'static str>,
}

impl From<ExecutionError> for Unjudged {
    fn from(error: ExecutionError) -> Self {
        Unjudged { error, lost: None }
    }
}

impl Runner {
    pub(super) fn failed(&self, message: String) -> ExecutionError {
        let PluginInfo { name, version, .. } = &self.identity;
        let message = format!("plugin {name} {version}: {message}");
        ExecutionError {
            kind: ExecutionErrorKind::EvaluatorFailed,
            message,
        }
    }

    pub(super) fn run(&self, program: &Program) -> Rehearsal {
        rehearsed(program, |output| match &program.judge {
            None => self.alone(program, output),
            Some(judge) => self.judged(program, judge, output),
        })
    }

    /// Loads a program and calls a definition of it.
    pub(super) fn call(&self, program: &Program, entry_point: &str, input: &str) -> Rehearsal {
        rehearsed(program, |output| {
            let mut cell = match self.loaded(program, output)? {
                Ok(cell) => cell,
                Err(unfit) => return Ok(unfit),
            };
            let ended = cell.exports.call_call(&mut cell.store, entry_point, input);
            Ok(cell.ran("call", ended.map(|answered| answered.map(drop))))
        })
    }

    fn cell(&self, program: &Program, output: &Captured, role: Role) -> Result<Cell, ExecutionError> {
        Cell::new(&self.sandbox, &program.limits, output.clone(), &program.stdin, role)
            .map_err(|error| self.failed(format!("{error:#}")))
    }

    /// Runs a program that is its own check.
    fn alone(&self, program: &Program, output: &Captured) -> Result<Ran, Unjudged> {
        let mut cell = self.cell(program, output, Role::Alone)?;
        let ended = cell.exports.call_run(&mut cell.store, &program.subject);
        Ok(cell.ran("run", ended))
    }

    /// A subject, or what became of one that cannot be called.
    fn loaded(&self, program: &Program, output: &Captured) -> Result<Result<Cell, Ran>, ExecutionError> {
        let mut cell = self.cell(program, output, Role::Subject)?;
        let ended = cell.exports.call_load(&mut cell.store, &program.subject);
        let ran = cell.ran("load", ended);
        Ok(match ran.exit {
            Exit::Passed => Ok(cell),
            _ => Err(ran),
        })
    }

    /// Runs a subject and its judge apart.
    fn judged(&self, program: &Program, judge: &str, output: &Captured) -> Result<Ran, Unjudged> {
        let mut subject = match self.loaded(program, output)? {
            Ok(cell) => cell,
            Err(unfit) => return Ok(unfit),
        };
        subject.store.data_mut().budget.pause();
        // The check is the suite's own and prints nothing that anybody asked for.
        let aside = Captured::at_most(program.limits.output_bytes);
        let mut cell = self.cell(program, &aside, Role::Judge(Box::new(subject)))?;
        let ended = cell.exports.call_judge(&mut cell.store, judge, &program.entry_points);
        let own = cell.overrun();
        cell.store.data_mut().budget.pause();
        let (cpu, memory) = (cell.cpu(), cell.memory());
        let answered = cell.store.data().answered;
        let Role::Judge(mut subject) = std::mem::replace(&mut cell.store.data_mut().role, Role::Alone) else {
            return Err(self.failed("the judge lost its subject".to_owned()).into());
        };
        let (exit, lost) = if let Some(overrun) = subject.overrun() {
            (Exit::from(overrun), Some("call"))
        } else if let Some(trap) = subject.store.data_mut().trap.take() {
            (Exit::Crashed(trap), Some("call"))
        } else {
            match (ended, own) {
                // What it was told may be what it could not deal with in time.
                (_, Some(overrun)) if answered => {
                    tracing::info!("not the program but its judge {}", Exit::from(overrun).in_words());
                    (overrun.into(), Some("judge"))
                }
                (_, Some(overrun)) => {
                    let how = Exit::from(overrun).in_words();
                    let error = ExecutionError {
                        kind: ExecutionErrorKind::BrokenJudge,
                        message: format!("the judge {how}, and had heard nothing of the program"),
                    };
                    let lost = Some("judge");
                    return Err(Unjudged { error, lost });
                }
                (Ok(Ok(())), None) => (Exit::Passed, None),
                (Ok(Err(Objection::Failed(why))), None) => (Exit::Failed(shown(&why)), None),
                (Ok(Err(Objection::Broken(message))), None) => {
                    let error = ExecutionError {
                        kind: ExecutionErrorKind::BrokenJudge,
                        message: shown(&message),
                    };
                    return Err(error.into());
                }
                // It was well until it was told something.
                (Err(trap), None) if answered => {
                    let how = cell.store.data().in_words(&trap);
                    (Exit::Failed(undigested(&how)), Some("judge"))
                }
                (Err(trap), None) => {
                    let error = self.failed(format!("the judge: {}", cell.store.data().in_words(&trap)));
                    let lost = Some("judge");
                    return Err(Unjudged { error, lost });
                }
            }
        };
        Ok(Ran {
            exit,
            lost,
            cpu: cpu + subject.cpu(),
            memory_bytes: memory.max(subject.memory()),
        })
    }
}

/// Runs something, and says of it what a run would be told.
fn rehearsed(program: &Program, run: impl FnOnce(&Captured) -> Result<Ran, Unjudged>) -> Rehearsal {
    let began = Instant::now();
    let output = Captured::at_most(program.limits.output_bytes);
    let ran = run(&output);
    let (stdout, stderr) = output.take();
    match ran {
        Ok(ran) => Rehearsal {
            ended: Ok(Outcome {
                exit: ran.exit,
                stdout,
                stderr,
                cpu: ran.cpu,
                wall: began.elapsed(),
                memory_bytes: ran.memory_bytes,
            }),
            lost: ran.lost,
        },
        Err(Unjudged { error, lost }) => Rehearsal {
            ended: Err(error),
            lost,
        },
    }
}

/// One instance with its store.
pub(crate) struct Cell {
    pub(super) store: Store<Inmate>,
    pub(super) exports: Exports,
}

impl Cell {
    pub(super) fn new(
        sandbox: &Sandbox,
        limits: &Limits,
        output: Captured,
        stdin: &[u8],
        role: Role,
    ) -> wasmtime::Result<Self> {
        let mut store = inmate::store(&sandbox.engines, limits, output, stdin, role)?;
        let instance = sandbox.instantiate(&mut store)?;
        let exports = sandbox.indices.load(&mut store, &instance)?;
        Ok(Cell { store, exports })
    }

    /// How a call of this name ended, and what was used up by then.
    fn ran(&mut self, call: &'static str, ended: wasmtime::Result<Result<(), String>>) -> Ran {
        let (exit, lost) = match (self.overrun(), ended) {
            (Some(overrun), _) => (overrun.into(), Some(call)),
            (None, Ok(Ok(()))) => (Exit::Passed, None),
            (None, Ok(Err(exception))) => (Exit::Crashed(shown(&exception)), None),
            (None, Err(trap)) => (Exit::Crashed(self.store.data().in_words(&trap)), Some(call)),
        };
        Ran {
            exit,
            lost,
            cpu: self.cpu(),
            memory_bytes: self.memory(),
        }
    }

    /// Calls a definition of the subject that it holds.
    pub(super) fn call(&mut self, entry_point: &str, input: &str) -> wasmtime::Result<Result<String, String>> {
        self.store.data_mut().budget.resume();
        let answer = self.exports.call_call(&mut self.store, entry_point, input);
        inmate::count(&mut self.store);
        let inmate = self.store.data_mut();
        inmate.budget.pause();
        if let Err(trap) = &answer {
            inmate.trap = Some(inmate.in_words(trap));
        }
        // A program that survives a refusal of memory has still been refused, and must not be judged by what it says.
        match inmate.overrun() {
            Some(overrun) => Err(overrun.into()),
            None => answer.and_then(|answer| match answer.as_ref().unwrap_or_else(|error| error).len() {
                ..=LONGEST_REPLY => Ok(answer),
                length => {
                    let words = too_long(length);
                    self.store.data_mut().trap = Some(words.clone());
                    Err(wasmtime::Error::msg(words))
                }
            }),
        }
    }

    fn overrun(&mut self) -> Option<Overrun> {
        inmate::count(&mut self.store);
        self.store.data_mut().overrun()
    }

    fn cpu(&self) -> Duration {
        self.store.data().budget.cpu()
    }

    fn memory(&self) -> u64 {
        self.store.data().memory.peak() as u64
    }
}

impl From<Overrun> for Exit {
    fn from(overrun: Overrun) -> Self {
        match overrun {
            Overrun::Cpu => Exit::CpuLimit,
            Overrun::Wall => Exit::WallLimit,
            Overrun::Memory => Exit::MemoryLimit,
            Overrun::Output => Exit::OutputLimit,
        }
    }
}
