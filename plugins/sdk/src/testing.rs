//! A host for tests: runs a suite against scripted completions, a policy against failures and an evaluator against programs,
//! natively, without WASM or a server.

use crate::{Evaluator, Objection, RetryPolicy, Subject, Suite};
use koderz_api::chat::{Reply, StopReason, Timing, Usage};
use koderz_api::execution::{Exit, Outcome};
use koderz_api::retry::Attempt;
use koderz_api::suite::{Command, Completion, Round, Step, Task, Trial, Verdict};
use koderz_api::transport::{Breaker, Endpoint, Failure, FailureKind, Phase, Traffic};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// Opens a suite with settings as the host would pass them: a JSON object of what the user set.
///
/// # Errors
/// What serde or the suite said.
pub fn open<S: Suite>(settings: &str) -> Result<S, String> {
    S::open(crate::settings::read(settings)?)
}

/// The same for a retry policy.
///
/// # Errors
/// What serde or the policy said.
pub fn open_policy<P: RetryPolicy>(settings: &str) -> Result<P, String> {
    P::open(crate::settings::read(settings)?)
}

/// Grants data to the suites that this thread opens from now on, in the place of what it was by this name.
#[cfg(not(target_arch = "wasm32"))]
pub fn grant(name: &str, data: impl Into<Vec<u8>>) {
    crate::data::native::grant(name, data.into());
}

/// Rounds after which a trial is taken to run for ever.
const MOST_ROUNDS: usize = 1000;

/// All tasks of a suite, page by page.
///
/// # Errors
/// What the suite said.
pub fn all_tasks<S: Suite>(suite: &S) -> Result<Vec<Task>, String> {
    let mut tasks = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = suite.tasks(cursor.as_deref())?;
        tasks.extend(page.tasks);
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(tasks),
        }
    }
}

/// The first sample of a task.
pub fn trial(task: Task) -> Trial {
    Trial {
        task,
        sample: 0,
        seed: 0,
    }
}

/// Runs a trial to its end; `perform` stands for the host.
///
/// # Errors
/// What the suite said, or that it asked for nothing, or that it did not come to an end.
pub fn run<S: Suite>(
    suite: &S,
    trial: &Trial,
    mut perform: impl FnMut(&Command) -> Completion,
) -> Result<Verdict, String> {
    let mut history: Vec<Round> = Vec::new();
    while history.len() < MOST_ROUNDS {
        match suite.next(trial, &history)? {
            Step::Finish(verdict) => return Ok(verdict),
            Step::Perform(commands) if commands.is_empty() => return Err("a step performs no command".to_owned()),
            Step::Perform(commands) => history.push(commands.iter().map(&mut perform).collect()),
        }
    }
    Err(format!("no verdict after {MOST_ROUNDS} rounds"))
}

/// An answer with this text that ended by itself.
pub fn reply(text: impl Into<String>) -> Reply {
    Reply {
        text: text.into(),
        thinking: None,
        stop: StopReason::Finished,
        usage: Usage::default(),
        timing: Timing::default(),
        attempts: 1,
        raw: None,
    }
}

/// What became of a program that ended like this and wrote nothing. Change what matters to a test.
pub fn outcome(exit: Exit) -> Outcome {
    Outcome {
        exit,
        stdout: Vec::new(),
        stderr: Vec::new(),
        cpu: Duration::ZERO,
        wall: Duration::ZERO,
        memory_bytes: 0,
    }
}

/// A failed attempt at a server that is otherwise idle, with the middle of all chance in it. Its traffic is that of the last
/// two minutes, as a host counts it. Change what matters to a test.
pub fn attempt(number: u32, kind: FailureKind) -> Attempt {
    Attempt {
        number,
        of_kind: number,
        failure: Failure {
            kind,
            detail: String::new(),
            phase: Phase::Queue,
            status: None,
            retry_after: None,
            message: String::new(),
        },
        endpoint: Endpoint {
            recent: Traffic {
                window: Duration::from_secs(120),
                requests: 1,
                retries: number.saturating_sub(1),
                failures: number,
            },
            consecutive_failures: number,
            in_flight: 1,
            limit: 4,
            breaker: Breaker::Closed,
            expected_wait: Duration::ZERO,
            expected_service: Duration::from_secs(1),
        },
        elapsed: Duration::ZERO,
        remaining: None,
        previous_delay: None,
        entropy: u64::MAX / 2,
    }
}

/// Loads a source in one instance of an evaluator, and has another one judge it.
///
/// # Errors
/// Why the judge does not accept; also if the source cannot be loaded.
pub fn judged<E: Evaluator>(source: &str, judge: &str, entry_points: &[&str]) -> Result<(), Objection> {
    struct Here<E>(RefCell<E>);

    impl<E: Evaluator> Subject for Here<E> {
        fn call(&self, entry_point: &str, input: &str) -> Result<String, String> {
            self.0.borrow_mut().call(entry_point, input)
        }
    }

    let mut subject = E::new();
    subject.load(source).map_err(Objection::Failed)?;
    let entry_points: Vec<String> = entry_points.iter().map(|name| (*name).to_owned()).collect();
    E::new().judge(judge, &entry_points, Rc::new(Here(RefCell::new(subject))))
}
