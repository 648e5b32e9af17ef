//! A suite is asked twice for all that it says, its own answers are put through it, and so are answers that no model
//! should pass with.

use super::findings::{Findings, Times};
use crate::arguments::PluginCheck;
use crate::equipment;
use crate::grant;
use crate::places::Places;
use crate::self_test::processors;
use crate::setting::{self, Owner};
use anyhow::Result;
use koderz_api::chat::{AskError, AskErrorKind, Prepared};
use koderz_api::suite::{Command, Completion, Grade, Round, Step, Task, Trial, Verdict};
use koderz_core::plan::Selection;
use koderz_core::ports::{Evaluator, PluginError, Suite};
use koderz_core::scheduler::catalogue;
use koderz_core::self_test::{Tested, execute, reply, self_test};
use koderz_loader::{Interface, Library, Plugin};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Tasks that are tried with answers that are not right.
const TRIED: usize = 20;

/// Steps of a trial after which it is taken to have no end.
const STEPS: usize = 64;

/// Which answer a trial gets to all that it asks.
#[derive(Clone, Copy)]
enum Script {
    /// A text that answers nothing.
    Nonsense,
    /// A reply without any text.
    Silence,
    /// No reply: the machinery failed.
    Failure,
}

pub(super) async fn check(
    plugin: &Plugin,
    arguments: &PluginCheck,
    library: &Library,
    places: &Places,
    findings: &mut Findings,
) -> Result<()> {
    findings.schema(plugin.schema(Interface::Suite), "suite");
    let settings = plugin.settings(Interface::Suite, &setting::of(Owner::Suite, &arguments.extra.settings))?;
    let granted = plugin.clone().granted(grant::open(&arguments.extra.grants, None)?);
    let suite = granted.open_suite(&settings)?;
    let info = suite.describe()?;
    if suite.describe()? != info {
        findings.fault("equal calls of describe have different answers".to_owned());
    }
    let (tasks, again) = (catalogue(suite.clone()).await?, catalogue(suite.clone()).await?);
    let ids = |tasks: &[Task]| tasks.iter().map(|task| task.id.clone()).collect::<Vec<_>>();
    let count = tasks.len();
    if ids(&tasks) != ids(&again) {
        findings.fault("the tasks come in another order, or are others, when they are asked for again".to_owned());
    } else if tasks != again {
        findings.fault("tasks are not the same when they are asked for again".to_owned());
    }
    if let Some(said) = info.task_count
        && said != count as u64
    {
        findings.fault(format!("it says that it has {said} tasks, and has {count}"));
    }
    let evaluators: Vec<Arc<dyn Evaluator>> = equipment::evaluators(library, &info, Some(places.verdicts()))?
        .into_iter()
        .map(|(evaluator, _)| evaluator)
        .collect();
    let (all, known) = (Selection::default(), BTreeMap::new());
    let tested = self_test(suite.clone(), &evaluators, &all, processors(), &known, |_| {}).await?;
    right_answers(&tested, count, findings);
    scripts(&*suite, &tasks, &evaluators, findings)
}

fn right_answers(tested: &BTreeMap<String, Tested>, count: usize, findings: &mut Findings) {
    let failing = tested.iter().filter_map(|(id, tested)| {
        Some(format!(
            "{id} ({})",
            tested.failure.as_ref()?.lines().next().unwrap_or_default()
        ))
    });
    let failing: Vec<String> = failing.collect();
    let passing = tested.len() - failing.len();
    let right = match tested.len() {
        0 => "no right answer is known to any".to_owned(),
        right => format!("{right} with a right answer, of which {passing} pass"),
    };
    findings.figure("tasks", format!("{count}; {right}"));
    findings.faults_at("tasks that their own right answer fails", &failing);
}

fn scripts(
    suite: &dyn Suite,
    tasks: &[Task],
    evaluators: &[Arc<dyn Evaluator>],
    findings: &mut Findings,
) -> Result<()> {
    let mut times = Times::default();
    let (mut impure, mut endless, mut blamed, mut passed, mut broken) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let step = tasks.len().div_ceil(TRIED).max(1);
    for task in tasks.iter().step_by(step) {
        for script in [Script::Nonsense, Script::Silence, Script::Failure] {
            let mut asked = false;
            let ended = run(suite, task, script, evaluators, &mut times, &mut asked);
            let id = task.id.clone();
            match (ended, script) {
                (Ok(End::Impure), _) => impure.push(id),
                (Ok(End::None), _) => endless.push(id),
                (Ok(End::Verdict(verdict)), Script::Failure) => {
                    let blames = matches!(verdict.grade, Grade::Pass | Grade::Fail | Grade::Partial(_));
                    if blames && asked {
                        blamed.push(id);
                    }
                }
                (Ok(End::Verdict(verdict)), Script::Nonsense | Script::Silence) => {
                    if verdict.grade == Grade::Pass {
                        passed.push(id);
                    }
                }
                // A trap on one answer is that trial's end in a run; the author wants to know.
                (Err(error), _) => broken.push(error.to_string()),
            }
        }
    }
    for places in [&mut impure, &mut endless, &mut passed, &mut broken] {
        places.dedup();
    }
    findings.times("next", &times);
    findings.faults_at("equal calls of next have different answers", &impure);
    findings.faults_at(&format!("trials that come to no verdict in {STEPS} steps"), &endless);
    findings.faults_at(
        "a failure of the machinery is held against the model, where it should be inconclusive",
        &blamed,
    );
    findings.faults_at("next fails", &broken);
    findings.remarks_at("tasks that nonsense passes", &passed);
    Ok(())
}

/// What a trial came to.
enum End {
    Verdict(Verdict),
    /// Nothing, for as long as anybody would wait.
    None,
    /// Two answers to one call.
    Impure,
}

fn run(
    suite: &dyn Suite,
    task: &Task,
    script: Script,
    evaluators: &[Arc<dyn Evaluator>],
    times: &mut Times,
    asked: &mut bool,
) -> Result<End, PluginError> {
    let trial = Trial {
        task: task.clone(),
        sample: 0,
        seed: 1,
    };
    let mut history: Vec<Round> = Vec::new();
    while history.len() < STEPS {
        let step = times.take(|| suite.next(&trial, &history))?;
        if times.take(|| suite.next(&trial, &history))? != step {
            return Ok(End::Impure);
        }
        let commands = match step {
            Step::Finish(verdict) => return Ok(End::Verdict(verdict)),
            Step::Perform(commands) => commands,
        };
        *asked |= commands.iter().any(|command| matches!(command, Command::Ask(_)));
        let completed = commands
            .into_iter()
            .map(|command| completion(command, script, evaluators));
        history.push(completed.collect());
    }
    Ok(End::None)
}

fn completion(command: Command, script: Script, evaluators: &[Arc<dyn Evaluator>]) -> Completion {
    match (command, script) {
        (Command::Ask(_), Script::Failure) => Completion::Asked(Err(unanswered())),
        (Command::Ask(_), Script::Nonsense) => Completion::Asked(Ok(reply("I would rather not say."))),
        (Command::Ask(_), Script::Silence) => Completion::Asked(Ok(reply(""))),
        (Command::Prepare(_), Script::Failure) => Completion::Prepared(Err(unanswered())),
        (Command::Prepare(_), _) => Completion::Prepared(Ok(Prepared {
            took: Duration::from_secs(1),
            load: Some(Duration::from_millis(900)),
        })),
        (Command::Execute(program), _) => Completion::Executed(execute(evaluators, &program)),
    }
}

fn unanswered() -> AskError {
    AskError {
        kind: AskErrorKind::RetriesExhausted,
        status: Some(503),
        message: "a failure to try the suite with".to_owned(),
        attempts: 4,
    }
}
