//! A library as the core's evaluator.
//!
//! A program is carried across as a component's is, subject and judge apart. But nothing stops it: limits are looked at
//! when it has ended, and memory is not looked at at all.

use super::Native;
use super::code::Failure;
use super::host::{Caller, Streams};
use crate::evaluator::output::Captured;
use crate::evaluator::thread_time;
use koderz_api::execution::{ExecutionError, ExecutionErrorKind, Exit, Limits, Outcome, Program};
use koderz_api::identity::PluginInfo;
use koderz_api::native::operation;
use koderz_core::ports::Evaluator;
use serde::Deserialize;
use std::cell::{Cell, RefCell};
use std::time::Instant;

/// An evaluator in a library.
pub(crate) struct NativeEvaluator {
    native: Native,
    identity: PluginInfo,
    languages: Vec<String>,
}

/// Why a judge did not accept.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Objection {
    Failed(String),
    Broken(String),
}

impl NativeEvaluator {
    /// The error says what happened.
    pub(crate) fn open(native: Native, identity: &PluginInfo) -> Result<Self, String> {
        let caller = Caller::for_plugin(&identity.name);
        let languages = native.ask(&caller, operation::EVALUATOR_LANGUAGES, &())?;
        Ok(NativeEvaluator {
            native,
            identity: identity.clone(),
            languages,
        })
    }

    fn failed(&self, message: String) -> ExecutionError {
        let PluginInfo { name, version, .. } = &self.identity;
        ExecutionError {
            kind: ExecutionErrorKind::EvaluatorFailed,
            message: format!("plugin {name} {version}: {message}"),
        }
    }

    /// Opens an instance, does something with it, and closes it.
    fn instance<T>(&self, caller: &Caller<'_>, body: impl FnOnce(u64) -> T) -> Result<T, ExecutionError> {
        let handle = self.native.ask(caller, operation::EVALUATOR_OPEN, &());
        let handle = handle.map_err(|what| self.failed(what))?;
        let done = body(handle);
        self.native.close(caller, handle);
        Ok(done)
    }

    fn run(&self, program: &Program, output: &Captured) -> Result<Exit, ExecutionError> {
        let write = |stream, bytes: &[u8]| output.write(stream == 2, bytes);
        let mut caller = Caller::for_plugin(&self.identity.name);
        caller.streams = Some(Streams {
            write: &write,
            input: &program.stdin,
            taken: Cell::new(0),
        });
        let ended = |operation| {
            move |handle| -> Result<(), Failure> { self.native.call(&caller, handle, operation, &program.subject) }
        };
        let Some(judge) = &program.judge else {
            let ran = self.instance(
                &Caller::for_plugin(&self.identity.name),
                ended(operation::EVALUATOR_RUN),
            )?;
            return Ok(match ran {
                Ok(()) => Exit::Passed,
                Err(failure) => Exit::Crashed(failure.into_words()),
            });
        };
        let load = ended(operation::EVALUATOR_LOAD);
        self.instance(&Caller::for_plugin(&self.identity.name), |subject| {
            match load(subject) {
                Ok(()) => self.judged(program, judge, subject, &write),
                Err(failure) => Ok(Exit::Crashed(failure.into_words())),
            }
        })?
    }

    fn judged(
        &self,
        program: &Program,
        judge: &str,
        subject: u64,
        write: &dyn Fn(u32, &[u8]) -> bool,
    ) -> Result<Exit, ExecutionError> {
        let crash = RefCell::new(None);
        let call = |entry_point: &str, input: &str| {
            let mut caller = Caller::for_plugin(&self.identity.name);
            caller.streams = Some(Streams {
                write,
                input: &[],
                taken: Cell::new(0),
            });
            let called: Result<String, Failure> =
                self.native
                    .call(&caller, subject, operation::EVALUATOR_CALL, &(entry_point, input));
            match called {
                Ok(value) => Some(Ok(value)),
                Err(Failure::Refused(exception)) => Some(Err(exception)),
                Err(Failure::Failed(why)) => {
                    *crash.borrow_mut() = Some(why);
                    None
                }
            }
        };
        let mut caller = Caller::for_plugin(&self.identity.name);
        caller.subject = Some(&call);
        let judged: Result<Option<Objection>, Failure> = self.instance(&caller, |handle| {
            let told = (judge, &program.entry_points);
            self.native.call(&caller, handle, operation::EVALUATOR_JUDGE, &told)
        })?;
        if let Some(why) = crash.take() {
            return Ok(Exit::Crashed(why));
        }
        match judged {
            Ok(None) => Ok(Exit::Passed),
            Ok(Some(Objection::Failed(why))) => Ok(Exit::Failed(why)),
            Ok(Some(Objection::Broken(message))) => Err(ExecutionError {
                kind: ExecutionErrorKind::BrokenJudge,
                message,
            }),
            Err(failure) => Err(self.failed(format!("the judge: {}", failure.into_words()))),
        }
    }
}

impl Evaluator for NativeEvaluator {
    fn languages(&self) -> &[String] {
        &self.languages
    }

    fn execute(&self, program: &Program) -> Result<Outcome, ExecutionError> {
        let Limits {
            cpu: most, wall: net, ..
        } = program.limits;
        let output = Captured::at_most(program.limits.output_bytes);
        let (began, before) = (Instant::now(), thread_time());
        let exit = self.run(program, &output)?;
        let (wall, cpu) = (began.elapsed(), thread_time().saturating_sub(before));
        let exit = match exit {
            _ if output.overrun() => Exit::OutputLimit,
            _ if cpu > most => Exit::CpuLimit,
            _ if wall > net => Exit::WallLimit,
            exit => exit,
        };
        let (stdout, stderr) = output.take();
        Ok(Outcome {
            exit,
            stdout,
            stderr,
            cpu,
            wall,
            memory_bytes: 0,
        })
    }
}
