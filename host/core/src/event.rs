//! What a run leaves behind: the one vocabulary of the record, the reports and the terminal.
//!
//! Events are facts in the order in which they became known. A run can be continued from them alone, and every figure
//! that is ever shown is computed from them, whether they are arriving or were read back.

use koderz_api::chat::Request;
use koderz_api::execution::Program;
use koderz_api::retry::{Attempt, Decision};
use koderz_api::suite::{Command, Completion, Pacing, Task, Verdict};
use koderz_api::summary::{Figure, Plan};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// Which trial an event is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TrialId {
    /// The task's id.
    pub task: String,
    /// Which sample of the task, counted from 0.
    pub sample: u32,
    /// Which go at the sample, counted from 0: an inconclusive one is followed by another when a run is resumed.
    pub go: u32,
}

impl fmt::Display for TrialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.task)?;
        if self.sample > 0 {
            write!(f, " sample {}", self.sample)?;
        }
        if self.go > 0 {
            write!(f, " go {}", self.go)?;
        }
        Ok(())
    }
}

/// Where in a trial a command stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Which round, counted from 0.
    pub round: u32,
    /// Which command of the round, counted from 0.
    pub command: u32,
}

/// How a model lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resident {
    /// What it takes; 0 where the server does not know.
    pub bytes: u64,
    /// How much of that is a graphics card's. The processor works on the rest.
    pub graphics_bytes: u64,
    /// The context window that it was loaded with, in tokens.
    pub context_tokens: Option<u32>,
}

/// How far off the host is when it times an answer, as it has found by timing answers whose times it knew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instrument {
    /// Within this are 95 of 100 errors of a first token's time. The way to a server on this machine and back is in it.
    #[serde(with = "koderz_api::nanos")]
    pub first_token: Duration,
    /// The same of the time between two pieces of an answer.
    #[serde(with = "koderz_api::nanos")]
    pub gap: Duration,
    /// Answers that were timed.
    pub answers: u32,
    /// Times between two pieces of them.
    pub gaps: u32,
}

/// The energy that a part of the machine has used in a stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Energy {
    /// Which part.
    pub part: String,
    /// All that it used.
    pub joules: f64,
    /// What it takes while nothing is asked.
    pub idle_watts: f64,
}

/// The memory of a graphics card, as its driver tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Which card, such as `gpu-0`.
    pub card: String,
    /// What all programs together have taken of it, in bytes.
    pub used_bytes: u64,
    /// All of it, in bytes.
    pub total_bytes: u64,
}

/// A part of the machine that was slowed down because it was too hot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Throttled {
    /// Which part, such as `cpu-0` or `gpu-0`.
    pub part: String,
    /// For how long.
    #[serde(with = "koderz_api::nanos")]
    pub took: Duration,
}

/// How a stretch of work on a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// Every trial has a verdict.
    Finished,
    /// The user asked to stop: what was under way was brought to its end.
    Drained,
    /// The user asked to stop at once.
    Stopped,
    /// The run could not go on, and why.
    Failed(String),
}

/// A fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// Work on the run began, for the first time or again.
    Began {
        /// How many trials the run has in all, where the suite says so.
        trials: Option<u64>,
        /// How many of them had a verdict already.
        settled: u64,
        /// What is not what the run was begun with, in words.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        changes: Vec<String>,
    },
    /// A model is being brought into memory, before the first question to it or after an outage.
    Loading {
        /// Which.
        model: String,
        /// For how long so far.
        #[serde(with = "koderz_api::nanos")]
        elapsed: Duration,
    },
    /// A model is in memory.
    Loaded {
        /// Which.
        model: String,
        /// How long that took, as seen by the host.
        #[serde(with = "koderz_api::nanos")]
        took: Duration,
        /// How it lies there, where the server says it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resident: Option<Resident>,
    },
    /// The server is taken to be away: nothing is asked of it until it answers a probe.
    OutageBegan {
        /// What showed it.
        reason: String,
    },
    /// The server works again.
    OutageEnded {
        /// How long nothing was asked.
        #[serde(with = "koderz_api::nanos")]
        after: Duration,
    },
    /// As many questions may be under way at once from now on, because the server was found to work on so many.
    LimitChanged {
        /// How many.
        limit: u32,
    },
    /// The host has found out how far off it is when it times answers.
    Calibrated {
        /// How far.
        #[serde(flatten)]
        instrument: Instrument,
    },
    /// A stage that measures times has ended, and this was used in it.
    Metered {
        /// Which.
        stage: String,
        /// How long it took.
        #[serde(with = "koderz_api::nanos")]
        took: Duration,
        /// By each part that can be read; empty where none can.
        parts: Vec<Energy>,
        /// Each graphics card whose memory can be read, as it was in the end.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        cards: Vec<Card>,
        /// The parts that were slowed down by heat meanwhile, of those that say it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        throttled: Vec<Throttled>,
    },
    /// The suite decided on a stage when it had seen the results of those before it.
    StagePlanned {
        /// The stage and its tasks.
        plan: Plan,
    },
    /// The trials of a stage begin.
    StageBegan {
        /// The stage's name.
        stage: String,
        /// Whether it is left out of every figure.
        warm_up: bool,
        /// When its trials begin; older records do not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pacing: Option<Pacing>,
    },
    /// A trial began.
    TrialBegan {
        /// Which.
        trial: TrialId,
        /// The task as the suite stated it.
        task: Task,
        /// The trial's seed.
        seed: u64,
    },
    /// The suite asked for something.
    Stepped {
        /// In which trial.
        trial: TrialId,
        /// In which round.
        round: u32,
        /// What.
        commands: Vec<Command>,
    },
    /// An attempt at a question failed, and this was decided.
    AttemptFailed {
        /// In which trial.
        trial: TrialId,
        /// For which command.
        place: Place,
        /// Attempts that are allowed in all, where the host knows it.
        of: Option<u32>,
        /// What the policy was told: enough to ask it again.
        attempt: Attempt,
        /// What comes next.
        decision: Decision,
        /// What the policy said when it failed: the built-in one has decided in its place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stood_in: Option<String>,
        /// How long the attempt lasted, its wait in the server's queue included. Records from before this was noted do
        /// not say.
        #[serde(default, with = "koderz_api::nanos::option", skip_serializing_if = "Option::is_none")]
        took: Option<Duration>,
    },
    /// A command ended.
    Completed {
        /// In which trial.
        trial: TrialId,
        /// Which.
        place: Place,
        /// What became of it.
        completion: Completion,
    },
    /// A trial ended.
    TrialFinished {
        /// Which.
        trial: TrialId,
        /// What came of it.
        verdict: Verdict,
    },
    /// What all results come to, as the suite reckons.
    Summarized {
        /// Its figures.
        figures: Vec<Figure>,
    },
    /// Work on the run ended.
    Ended {
        /// How.
        end: End,
    },
}

impl Event {
    /// The trial that the event is about, if it is about one.
    pub fn trial(&self) -> Option<&TrialId> {
        match self {
            Event::TrialBegan { trial, .. }
            | Event::Stepped { trial, .. }
            | Event::AttemptFailed { trial, .. }
            | Event::Completed { trial, .. }
            | Event::TrialFinished { trial, .. } => Some(trial),
            Event::Began { .. }
            | Event::Loading { .. }
            | Event::Loaded { .. }
            | Event::OutageBegan { .. }
            | Event::OutageEnded { .. }
            | Event::LimitChanged { .. }
            | Event::Calibrated { .. }
            | Event::Metered { .. }
            | Event::StagePlanned { .. }
            | Event::StageBegan { .. }
            | Event::Summarized { .. }
            | Event::Ended { .. } => None,
        }
    }

    /// A short name, as in the JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Began { .. } => "began",
            Event::Loading { .. } => "loading",
            Event::Loaded { .. } => "loaded",
            Event::OutageBegan { .. } => "outage-began",
            Event::OutageEnded { .. } => "outage-ended",
            Event::LimitChanged { .. } => "limit-changed",
            Event::Calibrated { .. } => "calibrated",
            Event::Metered { .. } => "metered",
            Event::StagePlanned { .. } => "stage-planned",
            Event::StageBegan { .. } => "stage-began",
            Event::TrialBegan { .. } => "trial-began",
            Event::Stepped { .. } => "stepped",
            Event::AttemptFailed { .. } => "attempt-failed",
            Event::Completed { .. } => "completed",
            Event::TrialFinished { .. } => "trial-finished",
            Event::Summarized { .. } => "summarized",
            Event::Ended { .. } => "ended",
        }
    }
}

/// An event and when it became known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Since work on the run began, this time.
    #[serde(with = "koderz_api::nanos")]
    pub at: Duration,
    /// The server that the event is about, where the run has several: the one that was asked, was loaded or was away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// The question in a list of commands, if there is one.
pub fn question(commands: &[Command]) -> Option<&Request> {
    commands.iter().find_map(|command| match command {
        Command::Ask(request) => Some(request),
        Command::Execute(_) | Command::Prepare(_) => None,
    })
}

/// The program in a list of commands, if there is one.
pub fn program(commands: &[Command]) -> Option<&Program> {
    commands.iter().find_map(|command| match command {
        Command::Execute(program) => Some(program),
        Command::Ask(_) | Command::Prepare(_) => None,
    })
}
