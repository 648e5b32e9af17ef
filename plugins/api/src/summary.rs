//! Figures that no per-trial metric adds up to, and stages that follow from what was measured.

use crate::suite::{Stage, Task, Verdict};
use crate::{Label, nanos};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A finished trial, as a summary sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Graded {
    /// The task's id.
    pub task_id: String,
    /// The stage it ran in.
    pub stage: String,
    /// Which sample of the task.
    pub sample: u32,
    /// The task's labels.
    pub labels: Vec<Label>,
    /// When the trial began, since its stage began.
    #[serde(with = "nanos")]
    pub began: Duration,
    /// When the trial ended, since its stage began.
    #[serde(with = "nanos")]
    pub ended: Duration,
    /// What came of it.
    pub verdict: Verdict,
}

/// A figure of a whole run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What it is.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// Its value.
    pub value: f64,
    /// A 95 % interval, where the suite can give one.
    pub interval: Option<(f64, f64)>,
    /// What a reader should know of it.
    pub note: String,
}

/// A stage that a suite decided on when it had seen what came before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The stage, of a name that no other has.
    pub stage: Stage,
    /// Its tasks, which name it.
    pub tasks: Vec<Task>,
}
