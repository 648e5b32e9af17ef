//! What the core needs of the world. Others implement these and hand them in.

use crate::event::{Card, Entry, Place, Resident, Throttled, TrialId};
use koderz_api::chat::{Prepared, Reply, Request, Residency};
use koderz_api::execution::{ExecutionError, Outcome, Program};
use koderz_api::identity::PluginInfo;
use koderz_api::retry::{Attempt, Decision};
use koderz_api::suite::{Round, Step, SuiteInfo, Task, TaskPage, Trial};
use koderz_api::summary::{Figure, Graded, Plan};
use koderz_api::transport::Failure;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// A future behind a port.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A question as it goes to a server: what the suite left open is settled.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The model that answers, by the server's name for it.
    pub model: String,
    /// What is asked, with every choice made.
    pub request: Request,
    /// The context window in tokens, the same for every question of a run; none leaves it to the server.
    pub context_tokens: Option<u32>,
}

/// A server refused a question for good: asking again is futile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status, where there was one.
    pub status: Option<u16>,
    /// A finer name from the transport's table, such as `model-missing`.
    pub detail: String,
    /// What the server said.
    pub message: String,
}

impl Refusal {
    /// The detail of a refusal that is about the model rather than the question: it cannot do what is asked of it.
    pub const UNSUPPORTED: &str = "unsupported";
}

/// How an attempt ends when it brings no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptError {
    /// Never to be tried again.
    Refused(Refusal),
    /// For a retry policy to decide about.
    Failed(Failure),
}

/// A server of models. One attempt is one request; nothing here tries again.
pub trait Model: Send + Sync {
    /// Asks once.
    fn attempt<'a>(&'a self, question: &'a Question) -> Boxed<'a, Result<Reply, AttemptError>>;

    /// Asks once, for a command of a trial. Whoever plays a recording knows by these what to answer; others need not know.
    fn attempt_for<'a>(
        &'a self,
        _trial: &'a TrialId,
        _place: Place,
        question: &'a Question,
    ) -> Boxed<'a, Result<Reply, AttemptError>> {
        self.attempt(question)
    }

    /// Brings a model into memory or out of it.
    fn prepare<'a>(
        &'a self,
        model: &'a str,
        context_tokens: Option<u32>,
        residency: Residency,
    ) -> Boxed<'a, Result<Prepared, AttemptError>>;

    /// How a model lies in the server's memory; none where that is not known.
    fn resident<'a>(&'a self, _model: &'a str) -> Boxed<'a, Option<Resident>> {
        Box::pin(async { None })
    }

    /// Whether the server answers at all, which says nothing about whether it can answer questions.
    fn reachable(&self) -> Boxed<'_, bool>;

    /// Asks a model for a single token, under the options of a run's questions, and waits no longer than `patience` for
    /// it. Only this shows that questions can be answered.
    fn canary<'a>(
        &'a self,
        model: &'a str,
        context_tokens: Option<u32>,
        patience: Duration,
    ) -> Boxed<'a, Result<Duration, AttemptError>>;
}

/// A server of a run.
#[derive(Clone)]
pub struct Host {
    /// What it is called, unlike any other of the run.
    pub name: String,
    /// The way to it.
    pub model: Arc<dyn Model>,
}

/// What knows how much energy this machine has used, how full its graphics cards are, and what heat has slowed down.
pub trait Meter: Send + Sync {
    /// Joules since some time in the past, for each part that can be read.
    fn read(&self) -> Vec<Part>;

    /// The memory of each graphics card that can be read.
    fn cards(&self) -> Vec<Card>;

    /// For how long each part that says it was slowed down by heat, since some time in the past.
    fn throttled(&self) -> Vec<Throttled>;
}

/// The energy that a part of a machine has used.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Which part, such as `package-0`.
    pub name: String,
    /// Since some time in the past.
    pub joules: f64,
    /// What it takes while nothing is asked.
    pub idle_watts: f64,
}

/// A call into a plugin that failed. Reads: plugin, version, call, task, what happened, hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginError {
    /// The plugin's name.
    pub plugin: String,
    /// Its version.
    pub version: String,
    /// The call, such as `next`.
    pub call: &'static str,
    /// The task it was about.
    pub task: Option<String>,
    /// What happened.
    pub what: String,
    /// What the user can do about it.
    pub hint: Option<String>,
}

impl fmt::Display for PluginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "plugin {} {}, call {}", self.plugin, self.version, self.call)?;
        if let Some(task) = &self.task {
            write!(f, ", task {task}")?;
        }
        write!(f, ": {}", self.what)?;
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for PluginError {}

/// A benchmark. Calls may block for as long as the plugin's deadline.
pub trait Suite: Send + Sync {
    /// Who it is.
    fn identity(&self) -> &PluginInfo;

    /// What it is under the settings it was opened with.
    ///
    /// # Errors
    /// If the plugin fails.
    fn describe(&self) -> Result<SuiteInfo, PluginError>;

    /// One page of tasks.
    ///
    /// # Errors
    /// If the plugin fails or has no such page.
    fn tasks(&self, cursor: Option<&str>) -> Result<TaskPage, PluginError>;

    /// What a trial needs next.
    ///
    /// # Errors
    /// If the plugin fails.
    fn next(&self, trial: &Trial, history: &[Round]) -> Result<Step, PluginError>;

    /// Whether it has figures of its own.
    fn summarizes(&self) -> bool {
        false
    }

    /// The figures that the results of a run come to.
    ///
    /// # Errors
    /// If the plugin fails.
    fn summarize(&self, _results: &[Graded]) -> Result<Vec<Figure>, PluginError> {
        Ok(Vec::new())
    }

    /// Whether it plans stages by what was measured.
    fn plans(&self) -> bool {
        false
    }

    /// The stage that follows the results of those before it; none after the last.
    ///
    /// # Errors
    /// If the plugin fails.
    fn next_stage(&self, _results: &[Graded]) -> Result<Option<Plan>, PluginError> {
        Ok(None)
    }

    /// Whether the suite knows right answers to any of its tasks.
    fn knows_answers(&self) -> bool {
        false
    }

    /// The text of a right answer to a task, where the suite knows one.
    ///
    /// # Errors
    /// If the plugin fails.
    fn answer(&self, _task: &Task) -> Result<Option<String>, PluginError> {
        Ok(None)
    }
}

/// Something that runs programs. Calls block until the program has ended or a limit has ended it.
pub trait Evaluator: Send + Sync {
    /// The languages it claims, in lower case.
    fn languages(&self) -> &[String];

    /// Runs a program under its limits.
    ///
    /// # Errors
    /// If the program could not be judged, which is never the program's own fault.
    fn execute(&self, program: &Program) -> Result<Outcome, ExecutionError>;
}

/// Decides whether, and when, to try again. Calls may block for as long as the plugin's deadline.
pub trait RetryPolicy: Send + Sync {
    /// What to do after a failed attempt.
    ///
    /// # Errors
    /// If the plugin fails; the built-in policy then decides in its place.
    fn decide(&self, attempt: &Attempt) -> Result<Decision, PluginError>;
}

/// The record could not be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalError {
    /// What happened.
    pub message: String,
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "write the record: {}", self.message)
    }
}

impl std::error::Error for JournalError {}

/// Where events are kept.
pub trait Journal: Send + Sync {
    /// Hands an event over and waits only for room.
    fn note(&self, entry: Entry) -> Boxed<'_, Result<(), JournalError>>;

    /// Hands an event over and waits until it, and all before it, would survive a loss of power.
    fn commit(&self, entry: Entry) -> Boxed<'_, Result<(), JournalError>>;
}

/// Whoever watches a run. It must not block.
pub trait Sink: Send + Sync {
    /// Sees an event, once it has been handed to the record.
    fn see(&self, entry: &Entry);
}
