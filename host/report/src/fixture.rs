//! Made-up runs for tests: each event comes a second after the one before.

use crate::story::Story;
use koderz_api::chat::{
    AskError, AskErrorKind, Capture, Format, Message, Prompt, Reply, Request, Role, Sampling, ServerTiming, StopReason,
    Timing, Usage,
};
use koderz_api::execution::{Exit, Limits, Outcome, Program};
use koderz_api::identity::PluginInfo;
use koderz_api::retry::{Attempt, Decision};
use koderz_api::suite::{Command, Completion, Grade, Metric, Pacing, Task, Verdict};
use koderz_api::transport::{Endpoint, Failure, FailureKind, Phase};
use koderz_core::event::{End, Entry, Event, Place, TrialId};
use koderz_core::manifest::{Manifest, PluginUse, ServerUse};
use koderz_core::plan::{Defaults, Selection};
use std::num::NonZeroU32;
use std::time::Duration;

pub(crate) const PLACE: Place = Place { round: 0, command: 0 };

pub(crate) fn manifest() -> Manifest {
    let plugin = |name: &str, version: &str| PluginUse {
        identity: PluginInfo {
            name: name.to_owned(),
            version: version.to_owned(),
            summary: String::new(),
        },
        digest: "00ff".to_owned(),
        file: format!("{name}.wasm"),
        settings: serde_json::Map::new(),
        grants: Vec::new(),
        native: false,
    };
    Manifest {
        run: "20261124-143412-7f3a".to_owned(),
        began: "2026-11-24T14:34:12Z".to_owned(),
        koderz: "0.1.0".to_owned(),
        suite: plugin("sums", "0.2.0"),
        retry: plugin("exponential", "0.1.0"),
        evaluators: vec![plugin("python", "0.1.0")],
        server: ServerUse {
            host: "127.0.0.1:11434".to_owned(),
            version: Some("0.9.1".to_owned()),
        },
        other_servers: Vec::new(),
        answers: None,
        metrics: Vec::new(),
        models: [("subject".to_owned(), "tiny:1b".to_owned())].into(),
        model_details: Default::default(),
        machine: None,
        model_digests: [("tiny:1b".to_owned(), "sha256:1234".to_owned())].into(),
        selection: Selection::default(),
        samples: NonZeroU32::MIN,
        seed: 42,
        concurrency: koderz_core::plan::Concurrency::Fixed(NonZeroU32::MIN),
        defaults: Defaults {
            temperature: 0.0,
            top_p: None,
            max_output_tokens: Some(512),
            system: None,
        },
        context_tokens: Some(4096),
        request: Default::default(),
        timeout: Duration::from_secs(300),
        deadline: None,
        max_retries: Some(3),
        limits: Default::default(),
        command_line: ["koderz", "benchmark", "tiny:1b"].map(str::to_owned).into(),
    }
}

pub(crate) fn trial_id(task: &str, sample: u32, go: u32) -> TrialId {
    TrialId {
        task: task.to_owned(),
        sample,
        go,
    }
}

pub(crate) fn attempt(number: u32, failure: Failure) -> Attempt {
    Attempt {
        number,
        of_kind: number,
        failure,
        endpoint: Endpoint::default(),
        elapsed: Duration::ZERO,
        remaining: None,
        previous_delay: None,
        entropy: 1,
    }
}

pub(crate) fn failure(kind: FailureKind, status: Option<u16>, message: &str) -> Failure {
    Failure {
        kind,
        detail: "queue-full".to_owned(),
        phase: Phase::Queue,
        status,
        retry_after: None,
        message: message.to_owned(),
    }
}

pub(crate) fn reply(text: &str) -> Reply {
    Reply {
        text: text.to_owned(),
        thinking: None,
        stop: StopReason::Finished,
        usage: Usage {
            input_tokens: Some(30),
            output_tokens: Some(20),
        },
        timing: Timing {
            total: Duration::from_millis(1500),
            first_token: Some(Duration::from_millis(250)),
            server: Some(ServerTiming {
                generation: Some(Duration::from_secs(1)),
                ..ServerTiming::default()
            }),
            ..Timing::default()
        },
        attempts: 1,
        raw: None,
    }
}

/// An answer that came so long after its question, of eleven tokens with 10 ms between two, and one stall of half a second
/// where it is said to stall. The server read the prompt for a millisecond a token.
pub(crate) fn timed_reply(read: u32, lag: u64, stalls: bool) -> Reply {
    let millis = Duration::from_millis;
    let stall = u64::from(stalls) * 500;
    let first = u64::from(read) + 10;
    let chunks: Vec<Duration> = (0..11)
        .map(|token| millis(first + 10 * token + if token > 5 { stall } else { 0 }))
        .collect();
    let total = millis(first + 100 + stall);
    Reply {
        usage: Usage {
            input_tokens: Some(read),
            output_tokens: Some(11),
        },
        timing: Timing {
            lag: millis(lag),
            total,
            first_token: chunks.first().copied(),
            last_token: chunks.last().copied(),
            chunks,
            server: Some(ServerTiming {
                total: Some(total),
                load: Some(Duration::ZERO),
                prompt: Some(millis(u64::from(read))),
                generation: Some(millis(110 + stall)),
            }),
            ..Timing::default()
        },
        ..reply("a timed answer")
    }
}

pub(crate) fn answer(text: &str) -> Completion {
    Completion::Asked(Ok(reply(text)))
}

pub(crate) fn question(prompt: &str) -> Command {
    Command::Ask(Request {
        slot: "subject".to_owned(),
        prompt: Prompt::Chat(vec![
            Message {
                role: Role::System,
                content: "Add up.".to_owned(),
            },
            Message {
                role: Role::User,
                content: prompt.to_owned(),
            },
        ]),
        format: Format::Text,
        sampling: Sampling::default(),
        capture: Capture::default(),
        extra: None,
    })
}

pub(crate) fn program(subject: &str) -> Command {
    Command::Execute(Program {
        language: "python".to_owned(),
        subject: subject.to_owned(),
        judge: Some("assert add(1, 2) == 3".to_owned()),
        entry_points: vec!["add".to_owned()],
        stdin: Vec::new(),
        limits: Limits {
            cpu: Duration::from_secs(3),
            wall: Duration::from_secs(30),
            memory_bytes: 1 << 28,
            output_bytes: 1 << 16,
        },
    })
}

/// Events as they would be recorded.
#[derive(Clone, Default)]
pub(crate) struct Tape {
    entries: Vec<Entry>,
    clock: Duration,
}

impl Tape {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn push(mut self, event: Event) -> Self {
        self.entries.push(Entry {
            at: self.clock,
            host: None,
            event,
        });
        self.clock += Duration::from_secs(1);
        self
    }

    pub(crate) fn began(mut self, trials: u64, settled: u64) -> Self {
        self.clock = Duration::ZERO;
        self.push(Event::Began {
            trials: Some(trials),
            settled,
            changes: Vec::new(),
        })
    }

    pub(crate) fn stage(self, stage: &str, warm_up: bool) -> Self {
        self.push(Event::StageBegan {
            stage: stage.to_owned(),
            warm_up,
            pacing: None,
        })
    }

    /// A stage in which times are measured.
    pub(crate) fn timed(self, stage: &str, pacing: Pacing) -> Self {
        self.push(Event::StageBegan {
            stage: stage.to_owned(),
            warm_up: false,
            pacing: Some(pacing),
        })
    }

    pub(crate) fn trial(self, task: &str, go: u32, told: impl FnOnce(TrialTape) -> TrialTape) -> Self {
        self.trial_in("main", task, go, told)
    }

    pub(crate) fn trial_in(self, stage: &str, task: &str, go: u32, told: impl FnOnce(TrialTape) -> TrialTape) -> Self {
        self.trial_of(stage, trial_id(task, 0, go), told)
    }

    pub(crate) fn sampled(self, task: &str, sample: u32, told: impl FnOnce(TrialTape) -> TrialTape) -> Self {
        self.trial_of("main", trial_id(task, sample, 0), told)
    }

    fn trial_of(self, stage: &str, trial: TrialId, told: impl FnOnce(TrialTape) -> TrialTape) -> Self {
        let began = Event::TrialBegan {
            trial: trial.clone(),
            task: Task {
                id: trial.task.clone(),
                stage: stage.to_owned(),
                input: "{}".to_owned(),
                labels: Vec::new(),
            },
            seed: 7,
        };
        let tape = self.push(began);
        told(TrialTape { tape, id: trial }).tape
    }

    /// More of a trial that has begun.
    pub(crate) fn onward(self, task: &str, go: u32, told: impl FnOnce(TrialTape) -> TrialTape) -> Self {
        told(TrialTape {
            tape: self,
            id: trial_id(task, 0, go),
        })
        .tape
    }

    pub(crate) fn ended(self, end: End) -> Self {
        self.push(Event::Ended { end })
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn story(&self) -> Story {
        self.story_of(manifest())
    }

    pub(crate) fn story_of(&self, manifest: Manifest) -> Story {
        let mut story = Story::new(manifest);
        for entry in &self.entries {
            story.observe(entry);
        }
        story
    }
}

/// The events of one trial.
pub(crate) struct TrialTape {
    tape: Tape,
    id: TrialId,
}

impl TrialTape {
    fn push(mut self, event: Event) -> Self {
        self.tape = self.tape.push(event);
        self
    }

    fn stepped(self, command: Command) -> Self {
        let trial = self.id.clone();
        self.push(Event::Stepped {
            trial,
            round: 0,
            commands: vec![command],
        })
    }

    pub(crate) fn completed(self, completion: Completion) -> Self {
        let trial = self.id.clone();
        self.push(Event::Completed {
            trial,
            place: PLACE,
            completion,
        })
    }

    pub(crate) fn questioned(self, prompt: &str) -> Self {
        self.stepped(question(prompt))
    }

    pub(crate) fn asked(self, text: &str) -> Self {
        self.questioned("What is 1 + 2?").completed(answer(text))
    }

    pub(crate) fn unanswered(self, kind: AskErrorKind, message: &str) -> Self {
        self.questioned("What is 1 + 2?")
            .completed(Completion::Asked(Err(AskError {
                kind,
                status: Some(503),
                message: message.to_owned(),
                attempts: 4,
            })))
    }

    pub(crate) fn failed_attempt(self, number: u32) -> Self {
        self.failed_with(
            number,
            failure(FailureKind::Overloaded, Some(503), "server busy"),
            Decision::Retry(Duration::from_secs(2)),
        )
    }

    pub(crate) fn failed_with(self, number: u32, failure: Failure, decision: Decision) -> Self {
        self.decided(number, failure, decision, None)
    }

    /// An attempt at which the policy failed with these words, so that the built-in one decided.
    pub(crate) fn stood_in(self, number: u32, error: &str) -> Self {
        let again = Decision::Retry(Duration::from_secs(2));
        let busy = failure(FailureKind::Overloaded, Some(503), "server busy");
        self.decided(number, busy, again, Some(error.to_owned()))
    }

    fn decided(self, number: u32, failure: Failure, decision: Decision, stood_in: Option<String>) -> Self {
        let trial = self.id.clone();
        self.push(Event::AttemptFailed {
            trial,
            place: PLACE,
            of: Some(4),
            attempt: attempt(number, failure),
            decision,
            stood_in,
            took: Some(Duration::from_millis(1500)),
        })
    }

    pub(crate) fn ran(self, subject: &str, exit: Exit) -> Self {
        self.stepped(program(subject))
            .completed(Completion::Executed(Ok(Outcome {
                exit,
                stdout: b"3\n".to_vec(),
                stderr: Vec::new(),
                cpu: Duration::from_millis(12),
                wall: Duration::from_millis(20),
                memory_bytes: 5 << 20,
            })))
    }

    pub(crate) fn verdict(self, grade: Grade, reason: &str) -> Self {
        self.labelled(grade, reason, &[])
    }

    pub(crate) fn labelled(self, grade: Grade, reason: &str, labels: &[(&str, &str)]) -> Self {
        let labels = labels
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        self.finished(Verdict {
            grade,
            metrics: vec![metric("length", 3.0)],
            reason: reason.to_owned(),
            labels,
        })
    }

    /// It was measured and not graded.
    pub(crate) fn measured(self, name: &str, value: f64) -> Self {
        self.finished(Verdict {
            grade: Grade::Ungraded,
            metrics: vec![metric(name, value)],
            reason: String::new(),
            labels: Vec::new(),
        })
    }

    fn finished(self, verdict: Verdict) -> Self {
        let trial = self.id.clone();
        self.push(Event::TrialFinished { trial, verdict })
    }
}

fn metric(name: &str, value: f64) -> Metric {
    Metric {
        name: name.to_owned(),
        value,
    }
}
