//! A library as the core's evaluator.
//!
//! A program is carried across as a component's is, subject and judge apart. But nothing stops it: limits are looked at
//! when it has ended, and memory is not looked at at all.

use super::Native;
use super::code::Failure;
use super::host::{Caller, Streams};
use crate::evaluator::crew::Crew;
use crate::evaluator::output::Captured;
use crate::evaluator::rehearsal::{Rehearsal, Rehearse};
use crate::evaluator::words::{shown, too_long, undigested};
use crate::evaluator::{LONGEST_REPLY, THREAD_STACK, thread_time};
use koderz_api::execution::{ExecutionError, ExecutionErrorKind, Exit, Limits, Outcome, Program};
use koderz_api::identity::PluginInfo;
use koderz_api::native::operation;
use koderz_core::ports::Evaluator;
use serde::Deserialize;
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Instant;

/// An evaluator in a library.
pub(crate) struct NativeEvaluator {
    runner: Arc<Runner>,
    languages: Vec<String>,
    crew: Crew,
}

/// What runs a program.
struct Runner {
    native: Native,
    identity: PluginInfo,
}

/// Why a judge did not accept.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Objection {
    Failed(String),
    Broken(String),
}

/// The call that did not come back, once there is one.
type Lost = Cell<Option<&'static str>>;

impl NativeEvaluator {
    /// The error says what happened.
    pub(crate) fn open(native: Native, identity: &PluginInfo) -> Result<Self, String> {
        let caller = Caller::for_plugin(&identity.name);
        let languages = native.ask(&caller, operation::EVALUATOR_LANGUAGES, &())?;
        Ok(NativeEvaluator {
            runner: Arc::new(Runner {
                native,
                identity: identity.clone(),
            }),
            languages,
            crew: Crew::one_per_processor(THREAD_STACK)?,
        })
    }
}

impl Runner {
    fn failed(&self, message: String) -> ExecutionError {
        let PluginInfo { name, version, .. } = &self.identity;
        ExecutionError {
            kind: ExecutionErrorKind::EvaluatorFailed,
            message: format!("plugin {name} {version}: {message}"),
        }
    }

    /// What the calls of one instance are for: its streams are the same in all of them.
    fn caller<'a>(&'a self, write: &'a dyn Fn(u32, &[u8]) -> bool, input: &'a [u8]) -> Caller<'a> {
        let mut caller = Caller::for_plugin(&self.identity.name);
        caller.streams = Some(Streams {
            write,
            input,
            taken: Cell::new(0),
        });
        caller
    }

    /// Opens an instance, does something with it, and closes it.
    fn instance<T>(&self, caller: &Caller<'_>, body: impl FnOnce(u64) -> T) -> Result<T, ExecutionError> {
        let handle = self.native.ask(caller, operation::EVALUATOR_OPEN, &());
        let handle = handle.map_err(|what| self.failed(what))?;
        let done = body(handle);
        self.native.close(caller, handle);
        Ok(done)
    }

    /// How it ended, and which call was lost.
    fn run(&self, program: &Program, output: &Captured, lost: &Lost) -> Result<Exit, ExecutionError> {
        let write = |stream, bytes: &[u8]| output.write(stream == 2, bytes);
        let caller = self.caller(&write, &program.stdin);
        let (begin, name) = match program.judge {
            Some(_) => (operation::EVALUATOR_LOAD, "load"),
            None => (operation::EVALUATOR_RUN, "run"),
        };
        self.instance(&caller, |handle| {
            let ended: Result<(), Failure> = self.native.call(&caller, handle, begin, &program.subject);
            match (ended, &program.judge) {
                (Err(failure), _) => {
                    lost.set(failure.is_loss().then_some(name));
                    Ok(Exit::Crashed(shown(&failure.into_words())))
                }
                (Ok(()), None) => Ok(Exit::Passed),
                (Ok(()), Some(judge)) => self.judged(program, judge, &caller, handle, lost),
            }
        })?
    }

    fn judged(
        &self,
        program: &Program,
        judge: &str,
        subject: &Caller<'_>,
        handle: u64,
        lost: &Lost,
    ) -> Result<Exit, ExecutionError> {
        let (crash, answered) = (RefCell::new(None), Cell::new(false));
        let call = |entry_point: &str, input: &str| {
            let called: Result<String, Failure> =
                self.native
                    .call(subject, handle, operation::EVALUATOR_CALL, &(entry_point, input));
            let crashed = match called {
                Ok(value) | Err(Failure::Refused(value)) if value.len() > LONGEST_REPLY => too_long(value.len()),
                Ok(value) => {
                    answered.set(true);
                    return Some(Ok(value));
                }
                Err(Failure::Refused(exception)) => {
                    answered.set(true);
                    return Some(Err(exception));
                }
                Err(Failure::Failed(why)) => why,
            };
            // What comes after the first only follows from it.
            crash.borrow_mut().get_or_insert(crashed);
            None
        };
        // The check is the suite's own and prints nothing that anybody asked for.
        let aside = Captured::at_most(program.limits.output_bytes);
        let write = |stream, bytes: &[u8]| aside.write(stream == 2, bytes);
        let mut caller = self.caller(&write, &program.stdin);
        caller.subject = Some(&call);
        let judged: Result<Option<Objection>, Failure> = self.instance(&caller, |handle| {
            let told = (judge, &program.entry_points);
            self.native.call(&caller, handle, operation::EVALUATOR_JUDGE, &told)
        })?;
        if let Some(why) = crash.take() {
            lost.set(Some("call"));
            return Ok(Exit::Crashed(shown(&why)));
        }
        lost.set(judged.is_err().then_some("judge"));
        match judged {
            Ok(None) => Ok(Exit::Passed),
            Ok(Some(Objection::Failed(why))) => Ok(Exit::Failed(shown(&why))),
            Ok(Some(Objection::Broken(message))) => Err(ExecutionError {
                kind: ExecutionErrorKind::BrokenJudge,
                message: shown(&message),
            }),
            // It was well until it was told something.
            Err(failure) if answered.get() => Ok(Exit::Failed(undigested(&shown(&failure.into_words())))),
            Err(failure) => Err(self.failed(format!("the judge: {}", failure.into_words()))),
        }
    }

    fn execute(&self, program: &Program) -> Rehearsal {
        let Limits {
            cpu: most, wall: net, ..
        } = program.limits;
        let output = Captured::at_most(program.limits.output_bytes);
        let (began, before) = (Instant::now(), thread_time());
        let lost = Lost::default();
        let exit = self.run(program, &output, &lost);
        let (wall, cpu) = (began.elapsed(), thread_time().saturating_sub(before));
        let exceeded = match () {
            () if output.overrun() => Some(Exit::OutputLimit),
            () if cpu > most => Some(Exit::CpuLimit),
            () if wall > net => Some(Exit::WallLimit),
            () => None,
        };
        if exceeded.is_some() && lost.get().is_none() {
            // Its calls are measured together.
            lost.set(Some(program.judge.as_ref().map_or("run", |_| "load, call or judge")));
        }
        let (stdout, stderr) = output.take();
        let outcome = |exit| Outcome {
            exit,
            stdout,
            stderr,
            cpu,
            wall,
            memory_bytes: 0,
        };
        Rehearsal {
            ended: exceeded.map_or(exit, Ok).map(outcome),
            lost: lost.get(),
        }
    }
}

impl Evaluator for NativeEvaluator {
    fn languages(&self) -> &[String] {
        &self.languages
    }

    fn execute(&self, program: &Program) -> Result<Outcome, ExecutionError> {
        self.rehearse(program).ended
    }
}

impl Rehearse for NativeEvaluator {
    fn rehearse(&self, program: &Program) -> Rehearsal {
        let (runner, program) = (self.runner.clone(), program.clone());
        let ran = self.crew.run(move || runner.execute(&program));
        ran.unwrap_or_else(|message| Rehearsal {
            ended: Err(self.runner.failed(message)),
            lost: None,
        })
    }
}
