//! The loop of one trial: ask the suite what to do, do it, tell it what came of that, until there is a verdict.
//!
//! A trial that was left open goes on from its recorded completions: the suite is asked the same questions again, and
//! being pure it gives the same answers, so only what is missing is done.

use crate::ask::{LeftOpen, ask};
use crate::event::{Event, Place, TrialId};
use crate::past::Rounds;
use crate::ports::{AttemptError, PluginError};
use crate::scheduler::RunError;
use crate::shared::Shared;
use crate::stop::Urgency;
use crate::words;
use koderz_api::chat::{AskError, AskErrorKind, Prompt, Residency};
use koderz_api::execution::{ExecutionError, ExecutionErrorKind, Program};
use koderz_api::suite::{Command, Completion, Grade, Round, Step, Trial, Verdict};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// A trial and where it stands.
pub(crate) struct Running {
    pub(crate) id: TrialId,
    pub(crate) trial: Arc<Trial>,
    /// Rounds whose commands are in the record already.
    pub(crate) stepped: u32,
    /// What of them had ended.
    pub(crate) recorded: Rounds,
    /// When it was planned to begin.
    pub(crate) due: Instant,
}

/// Runs a trial until it has a verdict or the run is to stop.
pub(crate) async fn run(shared: Arc<Shared>, mut running: Running) -> Result<(), RunError> {
    let mut history: Vec<Round> = Vec::new();
    let mut due = running.due;
    loop {
        let verdict = match next(&shared, &running.trial, &history).await {
            Ok(Step::Finish(verdict)) => match written(&verdict) {
                bytes if bytes > shared.plan.caps.verdict_bytes => inconclusive(format!(
                    "the suite's verdict holds {bytes} bytes; {} are allowed",
                    shared.plan.caps.verdict_bytes
                )),
                _ => verdict,
            },
            Ok(Step::Perform(commands)) => match within_bounds(&shared, &commands, &history) {
                Ok(()) => match perform(&shared, &mut running, history.len() as u32, commands, due).await? {
                    Ok(round) => {
                        history.push(round);
                        due = Instant::now();
                        continue;
                    }
                    Err(LeftOpen) => return Ok(()),
                },
                Err(what) => inconclusive(what),
            },
            Err(error) => inconclusive(error.to_string()),
        };
        return shared
            .note(Event::TrialFinished {
                trial: running.id,
                verdict,
            })
            .await;
    }
}

fn inconclusive(reason: String) -> Verdict {
    Verdict {
        grade: Grade::Inconclusive,
        metrics: Vec::new(),
        reason,
        labels: Vec::new(),
    }
}

async fn next(shared: &Shared, trial: &Arc<Trial>, history: &[Round]) -> Result<Step, PluginError> {
    let suite = shared.suite.clone();
    let trial = trial.clone();
    let history = history.to_vec();
    shared.blocking(move || suite.next(&trial, &history)).await
}

/// What is wrong with a step, if anything is.
fn within_bounds(shared: &Shared, commands: &[Command], history: &[Round]) -> Result<(), String> {
    let caps = &shared.plan.caps;
    if commands.is_empty() {
        return Err("the suite asked for a step without commands".to_owned());
    }
    if commands.len() > caps.commands {
        return Err(format!(
            "the suite asked for {} commands at once; {} are allowed",
            commands.len(),
            caps.commands
        ));
    }
    let bytes: usize = commands.iter().map(told).sum();
    if bytes > caps.step_bytes {
        return Err(format!(
            "the suite's step holds {bytes} bytes; {} are allowed",
            caps.step_bytes
        ));
    }
    if history.len() >= caps.rounds as usize {
        return Err(format!("the suite came to no verdict within {} rounds", caps.rounds));
    }
    let bytes: usize = history.iter().flatten().map(size).sum();
    if bytes > caps.history_bytes {
        return Err(format!(
            "the trial's history holds {bytes} bytes; {} are allowed",
            caps.history_bytes
        ));
    }
    Ok(())
}

/// Bytes of text in a verdict.
fn written(verdict: &Verdict) -> usize {
    let labels = verdict.labels.iter().map(|(name, value)| name.len() + value.len());
    let metrics = verdict
        .metrics
        .iter()
        .map(|metric| metric.name.len() + size_of::<f64>());
    verdict.reason.len() + labels.sum::<usize>() + metrics.sum::<usize>()
}

/// Bytes of text in a command.
fn told(command: &Command) -> usize {
    match command {
        Command::Ask(request) => {
            let prompt = match &request.prompt {
                Prompt::Chat(messages) => messages.iter().map(|message| message.content.len()).sum(),
                Prompt::Completion(text) => text.len(),
            };
            prompt + request.extra.as_ref().map_or(0, String::len)
        }
        Command::Execute(program) => {
            program.subject.len() + program.judge.as_ref().map_or(0, String::len) + program.stdin.len()
        }
        Command::Prepare(_) => 0,
    }
}

fn size(completion: &Completion) -> usize {
    match completion {
        Completion::Asked(Ok(reply)) => {
            reply.text.len()
                + reply.thinking.as_ref().map_or(0, String::len)
                + reply.raw.as_ref().map_or(0, String::len)
                + reply.timing.chunks.len() * size_of::<u64>()
        }
        Completion::Executed(Ok(outcome)) => outcome.stdout.len() + outcome.stderr.len(),
        Completion::Asked(Err(error)) | Completion::Prepared(Err(error)) => error.message.len(),
        Completion::Executed(Err(error)) => error.message.len(),
        Completion::Prepared(Ok(_)) => 0,
    }
}

/// Performs the commands of a step at once and gathers what became of them in their order.
async fn perform(
    shared: &Arc<Shared>,
    running: &mut Running,
    round: u32,
    commands: Vec<Command>,
    due: Instant,
) -> Result<Result<Round, LeftOpen>, RunError> {
    if round >= running.stepped {
        shared
            .note(Event::Stepped {
                trial: running.id.clone(),
                round,
                commands: commands.clone(),
            })
            .await?;
    }
    let mut recorded = running
        .recorded
        .get_mut(round as usize)
        .map(std::mem::take)
        .unwrap_or_default();
    let mut completions: Vec<Option<Completion>> = (0..commands.len())
        .map(|command| recorded.remove(&(command as u32)))
        .collect();
    let mut open = JoinSet::new();
    for (index, command) in commands.into_iter().enumerate() {
        if completions[index].is_some() {
            continue;
        }
        let (shared, id, trial) = (shared.clone(), running.id.clone(), running.trial.clone());
        let place = Place {
            round,
            command: index as u32,
        };
        open.spawn(async move { (index, one(&shared, &id, &trial, place, command, due).await) });
    }
    let mut left_open = false;
    while let Some(ended) = open.join_next().await {
        let (index, completion) = ended.map_err(RunError::from_join)?;
        match completion? {
            Ok(completion) => completions[index] = Some(completion),
            Err(LeftOpen) => left_open = true,
        }
    }
    if left_open {
        return Ok(Err(LeftOpen));
    }
    Ok(Ok(completions.into_iter().flatten().collect()))
}

async fn one(
    shared: &Arc<Shared>,
    id: &TrialId,
    trial: &Trial,
    place: Place,
    command: Command,
    due: Instant,
) -> Result<Result<Completion, LeftOpen>, RunError> {
    let completion = match command {
        Command::Ask(request) => return ask(shared, id, trial, place, &request, due).await,
        Command::Execute(program) => Completion::Executed(execute(shared, &id.task, program).await),
        Command::Prepare(residency) => match prepare(shared, residency).await {
            Ok(prepared) => {
                if let (Residency::Loaded, Ok(prepared)) = (residency, &prepared) {
                    tell_of_memory(shared, prepared.took).await?;
                }
                Completion::Prepared(prepared)
            }
            Err(LeftOpen) => return Ok(Err(LeftOpen)),
        },
    };
    shared
        .note(Event::Completed {
            trial: id.clone(),
            place,
            completion: completion.clone(),
        })
        .await?;
    Ok(Ok(completion))
}

/// Says how the model that a suite had loaded lies in memory, where the server says it.
async fn tell_of_memory(shared: &Shared, took: Duration) -> Result<(), RunError> {
    let backend = &shared.backends()[0];
    let Some(model) = shared.plan.slots.get(crate::scheduler::SUBJECT).cloned() else {
        return Ok(());
    };
    match backend.model.resident(&model).await {
        Some(resident) => {
            let resident = Some(resident);
            shared.note_of(backend, Event::Loaded { model, took, resident }).await
        }
        None => Ok(()),
    }
}

async fn execute(
    shared: &Shared,
    task: &str,
    mut program: Program,
) -> Result<koderz_api::execution::Outcome, ExecutionError> {
    if let Some(limit) = shared.plan.limits.get(task) {
        program.limits.cpu = *limit;
    }

    let Some(evaluator) = shared.evaluator(&program.language) else {
        return Err(ExecutionError {
            kind: ExecutionErrorKind::NoEvaluator,
            message: format!("no evaluator claims the language `{}`", program.language),
        });
    };
    let _turn = shared.evaluation().await;
    shared.blocking(move || evaluator.execute(&program)).await
}

async fn prepare(
    shared: &Shared,
    residency: Residency,
) -> Result<Result<koderz_api::chat::Prepared, AskError>, LeftOpen> {
    let rejected = |message: String| AskError {
        kind: AskErrorKind::Rejected,
        status: None,
        message,
        attempts: 0,
    };
    if residency != Residency::Loaded && !shared.exclusive() {
        let message = "a model is taken out of memory only in a stage that runs alone".to_owned();
        return Ok(Err(rejected(message)));
    }
    let Some(model) = shared.plan.slots.get(crate::scheduler::SUBJECT) else {
        return Ok(Err(rejected("no model is under test".to_owned())));
    };
    if shared.stop.urgency() >= Urgency::Drain {
        return Err(LeftOpen);
    }
    let prepared = shared.backends()[0]
        .model
        .prepare(model, shared.plan.context_tokens, residency)
        .await;
    Ok(prepared.map_err(|error| match error {
        AttemptError::Refused(refusal) => AskError {
            kind: AskErrorKind::Rejected,
            status: refusal.status,
            message: refusal.message,
            attempts: 1,
        },
        AttemptError::Failed(failure) => AskError {
            kind: AskErrorKind::RetriesExhausted,
            status: failure.status,
            message: words::failure(&failure),
            attempts: 1,
        },
    }))
}
