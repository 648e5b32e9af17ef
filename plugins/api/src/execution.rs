//! Running a program under limits, and what became of it.

use crate::nanos;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Bounds that the host enforces from outside, for the subject and for the judge each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Time on the processor, so that a verdict does not depend on how busy the machine is.
    #[serde(with = "nanos")]
    pub cpu: Duration,
    /// Time on the clock, a safety net.
    #[serde(with = "nanos")]
    pub wall: Duration,
    /// Memory, in bytes.
    pub memory_bytes: u64,
    /// Standard output and standard error together, in bytes.
    pub output_bytes: u64,
}

/// A program under test, and the program that judges it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Lower-case name that an evaluator claims, such as `python`.
    pub language: String,
    /// What the model wrote. Untrusted.
    pub subject: String,
    /// The check that the suite wrote; absent where running the subject to its end is the whole check.
    pub judge: Option<String>,
    /// The names of the subject's definitions that the judge may call.
    pub entry_points: Vec<String>,
    /// What the subject reads on its standard input.
    pub stdin: Vec<u8>,
    /// Bounds.
    pub limits: Limits,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exit {
    /// The judge was satisfied, or the subject ended by itself.
    Passed,
    /// The judge was not satisfied: which check, in a line or two.
    Failed(String),
    /// The subject ended by a fault of its own: the exception.
    Crashed(String),
    /// It used up its time on the processor.
    CpuLimit,
    /// It ran into the safety net on the clock.
    WallLimit,
    /// It asked for more memory than it may have.
    MemoryLimit,
    /// It wrote more than it may.
    OutputLimit,
}

impl Exit {
    /// How it ended, for people.
    pub fn in_words(&self) -> String {
        match self {
            Exit::Passed => "passed".to_owned(),
            Exit::Failed(check) => format!("failed: {check}"),
            Exit::Crashed(fault) => format!("crashed: {fault}"),
            Exit::CpuLimit => "used up its time on the processor".to_owned(),
            Exit::WallLimit => "used up its time on the clock".to_owned(),
            Exit::MemoryLimit => "asked for more memory than it may have".to_owned(),
            Exit::OutputLimit => "wrote more than it may".to_owned(),
        }
    }
}

/// The exit, and what the subject did on the way to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// How it ended.
    pub exit: Exit,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: Vec<u8>,
    /// Time it spent on the processor.
    #[serde(with = "nanos")]
    pub cpu: Duration,
    /// Time that passed.
    #[serde(with = "nanos")]
    pub wall: Duration,
    /// The most memory it held, in bytes.
    pub memory_bytes: u64,
}

/// Why a program could not be judged at all. Never the subject's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExecutionErrorKind {
    /// No evaluator claims the language.
    NoEvaluator,
    /// The judge cannot be run, for instance because it does not parse, or met a limit without having heard of the subject.
    BrokenJudge,
    /// The evaluator itself failed.
    EvaluatorFailed,
}

/// A program that could not be judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionError {
    /// Why.
    pub kind: ExecutionErrorKind,
    /// What happened, in words.
    pub message: String,
}
