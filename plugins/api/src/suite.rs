//! What a benchmark is, what it wants done, and what came of it.

use crate::chat::{AskError, Prepared, Reply, Request, Residency};
use crate::execution::{ExecutionError, Outcome, Program};
use crate::{Json, Label};
use serde::{Deserialize, Serialize};

/// Which way a metric is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// More is better.
    HigherIsBetter,
    /// Less is better.
    LowerIsBetter,
    /// Neither.
    Neutral,
}

/// How a metric's values over many trials become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reduction {
    /// The arithmetic mean.
    Mean,
    /// The sum.
    Sum,
    /// The least value.
    Minimum,
    /// The greatest value.
    Maximum,
    /// The middle value.
    Median,
    /// The 90th percentile.
    P90,
    /// The 95th percentile.
    P95,
    /// The 99th percentile.
    P99,
}

/// A measurement that a verdict may carry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricInfo {
    /// What [`Metric::name`] says.
    pub name: String,
    /// `ns`, `tokens/s`, `1`; the host formats the ones it knows.
    pub unit: String,
    /// Which way it is good.
    pub direction: Direction,
    /// How it is reduced over the trials of a stage.
    pub reductions: Vec<Reduction>,
}

/// Planned starts of trials, whether or not earlier ones have ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arrivals {
    /// Trials a second.
    pub per_second: f64,
    /// The coefficient of variation of the gaps: 0 is a steady beat, 1 a Poisson process, more comes in bursts.
    pub burstiness: f64,
}

/// When trials begin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pacing {
    /// As many trials at once as the run allows.
    Shared,
    /// One trial at a time, and nothing else running.
    Exclusive,
    /// That many clients, each beginning its next trial as one ends.
    Closed(u32),
    /// At planned times.
    Open(Arrivals),
}

impl Pacing {
    /// Whether times are measured of what is paced so: trials that share a server with as many as there is room for are
    /// as slow as the others make them.
    pub fn is_timed(self) -> bool {
        self != Pacing::Shared
    }
}

/// Trials that belong together. Stages run one after the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// What [`Task::stage`] names.
    pub name: String,
    /// When its trials begin.
    pub pacing: Pacing,
    /// Run, recorded, and left out of every figure and summary.
    pub warm_up: bool,
}

impl Stage {
    /// Whether it measures times.
    pub fn is_timed(&self) -> bool {
        !self.warm_up && self.pacing.is_timed()
    }
}

/// What a suite is, under given settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SuiteInfo {
    /// Its stages, in order.
    pub stages: Vec<Stage>,
    /// Measurements that its verdicts may carry.
    pub metrics: Vec<MetricInfo>,
    /// Samples per task unless the user says otherwise.
    pub samples: u32,
    /// Languages it will ask to have run.
    pub languages: Vec<String>,
    /// Model slots it will use besides `subject`.
    pub slots: Vec<String>,
    /// The context window that its longest question and answer need, in tokens.
    pub context_tokens: Option<u32>,
    /// How many tasks there are in all, where known.
    pub task_count: Option<u64>,
}

/// Something to try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Unique in the suite and stable between its releases.
    pub id: String,
    /// The name of one of [`SuiteInfo::stages`].
    pub stage: String,
    /// All that `next` needs to know about the task. Opaque to the host.
    pub input: Json,
    /// What results may be filtered and grouped by.
    pub labels: Vec<Label>,
}

/// Some of a suite's tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskPage {
    /// The tasks.
    pub tasks: Vec<Task>,
    /// Where the following page begins; none after the last.
    pub next: Option<String>,
}

/// One try at one task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// The task.
    pub task: Task,
    /// Counted from 0.
    pub sample: u32,
    /// The same for the same run seed, task and sample.
    pub seed: u64,
}

/// An effect that a suite wants performed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// Ask a model.
    Ask(Request),
    /// Run a program.
    Execute(Program),
    /// Bring the model under test into memory, or out of it.
    Prepare(Residency),
}

/// What became of one command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Completion {
    /// Of [`Command::Ask`].
    Asked(Result<Reply, AskError>),
    /// Of [`Command::Execute`].
    Executed(Result<Outcome, ExecutionError>),
    /// Of [`Command::Prepare`].
    Prepared(Result<Prepared, AskError>),
}

/// What became of the commands of one step, in the order of the commands.
pub type Round = Vec<Completion>;

/// What a suite wants next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Perform these, then call `next` again with one more round. Never empty.
    Perform(Vec<Command>),
    /// The trial is over.
    Finish(Verdict),
}

/// What a trial is worth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// Right.
    Pass,
    /// Wrong.
    Fail,
    /// Credit between 0 and 1.
    Partial(f64),
    /// A measurement: it has metrics, and no place in a pass rate.
    Ungraded,
    /// The machinery failed, not the model. Left out of every rate and shown apart.
    Inconclusive,
}

/// One measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// One of [`SuiteInfo::metrics`].
    pub name: String,
    /// In the unit that the suite declared.
    pub value: f64,
}

/// What came of a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// What it is worth.
    pub grade: Grade,
    /// Measurements.
    pub metrics: Vec<Metric>,
    /// Why, in a line or two, for whoever reads the report.
    pub reason: String,
    /// Labels learned only now, such as the kind of failure.
    pub labels: Vec<Label>,
}

impl Verdict {
    /// The measurement of this name, where there is one.
    pub fn metric(&self, name: &str) -> Option<f64> {
        let found = self.metrics.iter().find(|metric| metric.name == name);
        found.map(|metric| metric.value)
    }
}
