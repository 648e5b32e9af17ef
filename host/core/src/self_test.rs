//! A suite's right answers, put through the suite and the evaluators: whether its own tasks can be solved, and what that
//! costs.
//!
//! A task that its own answer fails would be counted against every model, and a limit that is tighter than what the
//! answer needs would too. So both are found out before a model is asked.

use crate::plan::Selection;
use crate::ports::{Evaluator, PluginError, Suite};
use crate::scheduler::RunError;
use crate::seed;
use crate::tasks::{self, Tasks};
use koderz_api::chat::{Reply, StopReason, Timing, Usage};
use koderz_api::execution::{ExecutionError, ExecutionErrorKind, Program};
use koderz_api::suite::{Command, Completion, Grade, Round, Step, Task, Trial, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// The least processor time that a program gets: what an interpreter's start and a slow machine may take.
pub const LEAST: Duration = Duration::from_secs(3);

/// How many times what the right answer needs a program may take.
pub const TIMES: u32 = 10;

/// Rounds of a trial of a right answer.
const ROUNDS: usize = 16;

/// What the right answer to a task came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tested {
    /// Why it did not pass; none where it did.
    pub failure: Option<String>,
    /// The most processor time that one of its programs took.
    #[serde(with = "koderz_api::nanos")]
    pub cost: Duration,
}

impl Tested {
    /// How much processor time a program for this task is given.
    pub fn limit(&self) -> Duration {
        LEAST.max(self.cost * TIMES)
    }
}

/// Tries the right answers to the tasks of a selection, so many at once, and answers what each came to. Tasks without one
/// are not in it, and what is `known` already is not found out again. `told` hears of every one that was tried.
///
/// # Errors
/// If the suite cannot say what there is to do.
pub async fn self_test(
    suite: Arc<dyn Suite>,
    evaluators: &[Arc<dyn Evaluator>],
    selection: &Selection,
    at_once: NonZeroU32,
    known: &BTreeMap<String, Tested>,
    mut told: impl FnMut(usize),
) -> Result<BTreeMap<String, Tested>, RunError> {
    // A suite may have a million tasks, and there is nothing to look for in them.
    if !suite.knows_answers() {
        return Ok(BTreeMap::new());
    }
    let info = tasks::described(&suite).await?;
    let mut tasks = Tasks::new(suite.clone());
    // Which tasks a limit leaves of a shuffled list is the run's to know.
    let limit = selection.limit.filter(|_| !selection.shuffle).unwrap_or(u64::MAX);
    let (mut outcomes, mut open) = (BTreeMap::new(), Vec::new());
    let mut selected = 0;
    // No further than the limit: a list may have no end.
    while selected < limit
        && let Some((index, task)) = tasks.next(&info).await?
    {
        if !selection.contains(index, &task.id) {
            continue;
        }
        selected += 1;
        match known.get(&task.id) {
            Some(tested) => drop(outcomes.insert(task.id, tested.clone())),
            None => open.push(task),
        }
    }
    let evaluators: Arc<[Arc<dyn Evaluator>]> = evaluators.into();
    let (mut open, mut testing, mut tried) = (open.into_iter(), JoinSet::new(), 0);
    loop {
        while testing.len() < at_once.get() as usize
            && let Some(task) = open.next()
        {
            let (suite, evaluators) = (suite.clone(), evaluators.clone());
            testing.spawn_blocking(move || one(&*suite, &evaluators, &task).map(|tested| (task.id, tested)));
        }
        let Some(ended) = testing.join_next().await else {
            return Ok(outcomes);
        };
        if let (id, Some(tested)) = ended.map_err(RunError::from_join)?? {
            outcomes.insert(id, tested);
            tried += 1;
            told(tried);
        }
    }
}

/// None where the suite knows no right answer.
fn one(suite: &dyn Suite, evaluators: &[Arc<dyn Evaluator>], task: &Task) -> Result<Option<Tested>, PluginError> {
    let Some(answer) = suite.answer(task)? else {
        return Ok(None);
    };
    let trial = Trial {
        task: task.clone(),
        sample: 0,
        seed: seed::of_trial(0, &task.id, 0),
    };
    let (mut history, mut cost): (Vec<Round>, Duration) = (Vec::new(), Duration::ZERO);
    let failure = loop {
        let commands = match suite.next(&trial, &history)? {
            Step::Finish(verdict) => break failure(verdict),
            Step::Perform(_) if history.len() >= ROUNDS => break Some("it came to no verdict".to_owned()),
            Step::Perform(commands) => commands,
        };
        let mut round = Vec::new();
        for command in commands {
            round.push(match command {
                Command::Ask(_) => Completion::Asked(Ok(reply(&answer))),
                Command::Execute(program) => {
                    let outcome = execute(evaluators, &program);
                    cost = cost.max(outcome.as_ref().map_or(Duration::ZERO, |outcome| outcome.cpu));
                    Completion::Executed(outcome)
                }
                // Whoever wants a model moved measures it; a right answer tells nothing of that.
                Command::Prepare(_) => return Ok(None),
            });
        }
        history.push(round);
    };
    Ok(Some(Tested { failure, cost }))
}

fn failure(verdict: Verdict) -> Option<String> {
    match verdict.grade {
        Grade::Pass | Grade::Ungraded => None,
        Grade::Partial(credit) => Some(format!("credit {credit}: {}", verdict.reason)),
        Grade::Fail | Grade::Inconclusive => Some(verdict.reason),
    }
}

/// Has a program run by the evaluator that claims its language.
///
/// # Errors
/// If none does, or the program cannot be judged.
pub fn execute(
    evaluators: &[Arc<dyn Evaluator>],
    program: &Program,
) -> Result<koderz_api::execution::Outcome, ExecutionError> {
    let claims = |evaluator: &&Arc<dyn Evaluator>| evaluator.languages().contains(&program.language);
    match evaluators.iter().find(claims) {
        Some(evaluator) => evaluator.execute(program),
        None => Err(ExecutionError {
            kind: ExecutionErrorKind::NoEvaluator,
            message: format!("no evaluator claims the language `{}`", program.language),
        }),
    }
}

/// A reply of this text that took no time.
pub fn reply(answer: &str) -> Reply {
    Reply {
        text: answer.to_owned(),
        thinking: None,
        stop: StopReason::Finished,
        usage: Usage::default(),
        timing: Timing::default(),
        attempts: 1,
        raw: None,
    }
}
