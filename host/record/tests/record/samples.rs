//! Runs and events to write: one of each kind, with every field filled in and every field left out.

use koderz_api::chat::{
    AskError, AskErrorKind, Capture, Format, Message, Prepared, Prompt, Reply, Request, Residency, Role, Sampling,
    ServerTiming, StopReason, Timing, Usage,
};
use koderz_api::execution::{ExecutionError, ExecutionErrorKind, Exit, Limits, Outcome, Program};
use koderz_api::identity::PluginInfo;
use koderz_api::retry::{Attempt, Decision};
use koderz_api::suite::{Arrivals, Command, Completion, Grade, Metric, Pacing, Stage, Task, Verdict};
use koderz_api::summary::{Figure, Plan};
use koderz_api::transport::{Breaker, Endpoint, Failure, FailureKind, Phase};
use koderz_core::event::{Card, End, Energy, Entry, Event, Instrument, Place, Resident, Throttled, TrialId};
use koderz_core::manifest::{Machine, Manifest, ModelUse, PluginUse, ServerUse};
use koderz_core::plan::{Defaults, Selection};
use koderz_record::{Record, RunId};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::time::Duration;
use tempfile::TempDir;

pub(crate) const RUN: &str = "20261124-143412-7f3a";

/// A new record in a folder of its own, with one run.
pub(crate) fn record() -> (TempDir, Record, RunId) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let record = Record::open(folder.path().join("koderz").join("runs.db")).expect("a new record");
    let run = record.begin(&manifest(RUN)).expect("a new run");
    (folder, record, run)
}

pub(crate) fn manifest(run: &str) -> Manifest {
    let plugin = |name: &str| PluginUse {
        identity: PluginInfo {
            name: name.to_owned(),
            version: "0.1.0".to_owned(),
            summary: "A plugin.".to_owned(),
        },
        digest: "ab".repeat(32),
        file: format!("/plugins/{name}.wasm"),
        settings: [("style".to_owned(), "chat".into())].into_iter().collect(),
        grants: Vec::new(),
        native: false,
    };
    Manifest {
        run: run.to_owned(),
        began: "2026-11-24T14:34:12Z".to_owned(),
        koderz: "0.1.0".to_owned(),
        suite: plugin("sums"),
        retry: plugin("patient"),
        evaluators: vec![plugin("python")],
        server: ServerUse {
            host: "http://127.0.0.1:11434".to_owned(),
            version: Some("0.9.0".to_owned()),
        },
        other_servers: Vec::new(),
        answers: None,
        metrics: Vec::new(),
        models: BTreeMap::from([("subject".to_owned(), "small:1b".to_owned())]),
        model_details: BTreeMap::from([(
            "small:1b".to_owned(),
            ModelUse {
                parameter_size: Some("1.2B".to_owned()),
                quantization: Some("Q4_K_M".to_owned()),
                family: None,
            },
        )]),
        machine: Some(Machine {
            system: "linux".to_owned(),
            architecture: "x86_64".to_owned(),
            processor: Some("fast".to_owned()),
            processors: Some(8),
            memory_bytes: None,
        }),
        model_digests: BTreeMap::from([("small:1b".to_owned(), "cd".repeat(32))]),
        selection: Selection {
            start: 1,
            end: Some(9),
            ids: Some(BTreeSet::from(["sums/3".to_owned()])),
            fewer: Default::default(),
            limit: None,
            shuffle: false,
        },
        samples: NonZeroU32::MIN,
        seed: u64::MAX,
        concurrency: koderz_core::plan::Concurrency::Fixed(NonZeroU32::MIN),
        defaults: Defaults {
            temperature: 0.1,
            top_p: None,
            max_output_tokens: Some(512),
            system: None,
        },
        context_tokens: Some(4096),
        request: Default::default(),
        timeout: Duration::from_secs(300),
        deadline: None,
        max_retries: None,
        limits: BTreeMap::new(),
        command_line: vec!["koderz".to_owned(), "benchmark".to_owned()],
    }
}

/// The entry that is the `number`th of a run, told from all others by its text.
pub(crate) fn numbered(number: u64) -> Entry {
    Entry {
        at: Duration::from_nanos(number),
        host: None,
        event: Event::Completed {
            trial: trial(),
            place: Place { round: 0, command: 0 },
            completion: Completion::Asked(Ok(Reply {
                text: number.to_string(),
                ..reply()
            })),
        },
    }
}

/// What [`numbered`] was given.
pub(crate) fn number(entry: &Entry) -> u64 {
    match &entry.event {
        Event::Completed {
            completion: Completion::Asked(Ok(reply)),
            ..
        } => reply.text.parse().expect("the text of a numbered entry is its number"),
        other => panic!("{other:?} was never written"),
    }
}

pub(crate) fn ended(end: End) -> Entry {
    Entry {
        at: Duration::from_secs(9),
        host: None,
        event: Event::Ended { end },
    }
}

pub(crate) fn trial() -> TrialId {
    TrialId {
        task: "sums/3 – ∑\0".to_owned(),
        sample: 2,
        go: 1,
    }
}

pub(crate) fn verdict(grade: Grade) -> Verdict {
    Verdict {
        grade,
        metrics: vec![Metric {
            name: "speed".to_owned(),
            value: 0.1 + 0.2,
        }],
        reason: "check 3 failed:\r\n\t1 ≠ 2".to_owned(),
        labels: vec![("failure".to_owned(), "truncated".to_owned())],
    }
}

/// At least one event of every kind. A kind that is added belongs into the `match`, and into the list.
pub(crate) fn every_event() -> Vec<Event> {
    let events: Vec<Event> = [
        began(),
        server(),
        trials(),
        commands(),
        attempts(),
        completions(),
        ends(),
        reckonings(),
    ]
    .concat();
    let kinds: BTreeSet<usize> = events
        .iter()
        .map(|event| match event {
            Event::Began { .. } => 0,
            Event::StageBegan { .. } => 1,
            Event::TrialBegan { .. } => 2,
            Event::Stepped { .. } => 3,
            Event::AttemptFailed { .. } => 4,
            Event::Completed { .. } => 5,
            Event::TrialFinished { .. } => 6,
            Event::Ended { .. } => 7,
            Event::Loading { .. } => 8,
            Event::Loaded { .. } => 9,
            Event::OutageBegan { .. } => 10,
            Event::OutageEnded { .. } => 11,
            Event::LimitChanged { .. } => 12,
            Event::StagePlanned { .. } => 13,
            Event::Summarized { .. } => 14,
            Event::Calibrated { .. } => 15,
            Event::Metered { .. } => 16,
        })
        .collect();
    assert_eq!(kinds, (0..17).collect(), "a kind of event is missing here");
    events
}

fn server() -> Vec<Event> {
    let model = "m:7b".to_owned();
    vec![
        Event::Loading {
            model: model.clone(),
            elapsed: Duration::from_nanos(2_000_000_001),
        },
        Event::Loaded {
            model,
            took: Duration::from_secs(41),
            resident: Some(Resident {
                bytes: 7_000_000_000,
                graphics_bytes: 5_000_000_000,
                context_tokens: Some(4096),
            }),
        },
        Event::OutageBegan {
            reason: "server unreachable".to_owned(),
        },
        Event::OutageEnded {
            after: Duration::from_millis(34),
        },
        Event::LimitChanged { limit: 8 },
        Event::Metered {
            stage: "speed".to_owned(),
            took: Duration::from_secs(3),
            parts: vec![Energy {
                part: "package-0".to_owned(),
                joules: 12.5,
                idle_watts: 1.25,
            }],
            cards: vec![Card {
                card: "gpu-0".to_owned(),
                used_bytes: 5 << 30,
                total_bytes: 24 << 30,
            }],
            throttled: vec![Throttled {
                part: "cpu-0".to_owned(),
                took: Duration::from_millis(1200),
            }],
        },
        Event::Calibrated {
            instrument: Instrument {
                first_token: Duration::from_micros(150),
                gap: Duration::from_micros(80),
                answers: 40,
                gaps: 960,
            },
        },
    ]
}

fn reckonings() -> Vec<Event> {
    let stage = Stage {
        name: "sweep/4".to_owned(),
        pacing: Pacing::Open(Arrivals {
            per_second: 0.25,
            burstiness: 1.0,
        }),
        warm_up: false,
    };
    let task = Task {
        id: "sweep/4/1".to_owned(),
        stage: stage.name.clone(),
        input: "{}".to_owned(),
        labels: vec![("clients".to_owned(), "4".to_owned())],
    };
    vec![
        Event::StagePlanned {
            plan: Plan {
                stage,
                tasks: vec![task],
            },
        },
        Event::Summarized {
            figures: vec![Figure {
                name: "prefill".to_owned(),
                unit: "tokens/s".to_owned(),
                value: 1234.5,
                interval: Some((1200.0, 1250.25)),
                note: "a line through 3 lengths".to_owned(),
            }],
        },
    ]
}

fn began() -> Vec<Event> {
    vec![
        Event::Began {
            trials: None,
            settled: 0,
            changes: Vec::new(),
        },
        Event::Began {
            trials: Some(u64::MAX),
            settled: 3,
            changes: vec!["the suite's settings were {} and are {}".to_owned()],
        },
        Event::StageBegan {
            stage: "main".to_owned(),
            warm_up: true,
            pacing: None,
        },
    ]
}

fn trials() -> Vec<Event> {
    let grades = [
        Grade::Pass,
        Grade::Fail,
        Grade::Partial(1.0 / 3.0),
        Grade::Ungraded,
        Grade::Inconclusive,
    ];
    let began = Event::TrialBegan {
        trial: trial(),
        task: Task {
            id: trial().task,
            stage: "main".to_owned(),
            input: r#"{"a": [1, 2.50, "\u0000"]}"#.to_owned(),
            labels: vec![("level".to_owned(), "hard".to_owned())],
        },
        seed: u64::MAX,
    };
    let finished = grades.map(|grade| Event::TrialFinished {
        trial: trial(),
        verdict: verdict(grade),
    });
    [began].into_iter().chain(finished).collect()
}

fn commands() -> Vec<Event> {
    let message = |role| Message {
        role,
        content: "What is 1 + 2?".to_owned(),
    };
    let full = Request {
        slot: "subject".to_owned(),
        prompt: Prompt::Chat([Role::System, Role::User, Role::Assistant].map(message).into()),
        format: Format::JsonSchema("{}".to_owned()),
        sampling: Sampling {
            temperature: Some(0.7),
            top_p: Some(0.95),
            max_output_tokens: Some(64),
            seed: Some(u64::MAX),
            stop: vec!["\n".to_owned()],
        },
        capture: Capture {
            chunk_times: true,
            raw_body: true,
        },
        extra: Some(r#"{"think":false}"#.to_owned()),
    };
    let bare = Request {
        slot: "judge".to_owned(),
        prompt: Prompt::Completion("1 + 2 =".to_owned()),
        format: Format::Text,
        sampling: Sampling::default(),
        capture: Capture::default(),
        extra: None,
    };
    let program = Program {
        language: "python".to_owned(),
        subject: "def f():\n\treturn 3\n".to_owned(),
        judge: Some("assert f() == 3".to_owned()),
        entry_points: vec!["f".to_owned()],
        stdin: vec![0, 255, 10],
        limits: Limits {
            cpu: Duration::from_secs(3),
            wall: Duration::MAX.min(Duration::from_nanos(u64::MAX)),
            memory_bytes: u64::MAX,
            output_bytes: 0,
        },
    };
    vec![Event::Stepped {
        trial: trial(),
        round: u32::MAX,
        commands: vec![
            Command::Ask(full),
            Command::Ask(bare),
            Command::Execute(program),
            Command::Prepare(Residency::Evicted),
        ],
    }]
}

fn attempts() -> Vec<Event> {
    let decisions = [
        Decision::Retry(Duration::from_nanos(2_000_000_001)),
        Decision::WaitUntilReady,
        Decision::GiveUp("enough".to_owned()),
    ];
    let failed = |decision| Event::AttemptFailed {
        trial: trial(),
        place: Place { round: 0, command: 1 },
        of: Some(4),
        attempt: Attempt {
            number: 1,
            of_kind: 1,
            failure: Failure {
                kind: FailureKind::Overloaded,
                detail: "queue-full".to_owned(),
                phase: Phase::Queue,
                status: Some(503),
                retry_after: Some(Duration::from_secs(1)),
                message: "server busy".to_owned(),
            },
            endpoint: Endpoint {
                consecutive_failures: 3,
                breaker: Breaker::HalfOpen,
                expected_wait: Duration::from_nanos(7),
                ..Endpoint::default()
            },
            elapsed: Duration::from_nanos(2_000_000_001),
            remaining: Some(Duration::from_secs(9)),
            previous_delay: None,
            entropy: u64::MAX,
        },
        decision,
        stood_in: Some("no answer within 10 s".to_owned()),
        took: Some(Duration::from_millis(1500)),
    };
    decisions.map(failed).into()
}

fn completions() -> Vec<Event> {
    let exits = [
        Exit::Passed,
        Exit::Failed("check 3".to_owned()),
        Exit::Crashed("KeyError".to_owned()),
        Exit::CpuLimit,
        Exit::WallLimit,
        Exit::MemoryLimit,
        Exit::OutputLimit,
    ];
    let executed = exits.map(|exit| {
        Completion::Executed(Ok(Outcome {
            exit,
            stdout: vec![0, 159, 146, 150],
            stderr: Vec::new(),
            cpu: Duration::from_micros(7),
            wall: Duration::from_millis(8),
            memory_bytes: 1 << 40,
        }))
    });
    let refused = AskError {
        kind: AskErrorKind::RetriesExhausted,
        status: Some(503),
        message: "server busy".to_owned(),
        attempts: 4,
    };
    let others = [
        Completion::Asked(Ok(reply())),
        Completion::Asked(Err(refused.clone())),
        Completion::Executed(Err(ExecutionError {
            kind: ExecutionErrorKind::BrokenJudge,
            message: "SyntaxError".to_owned(),
        })),
        Completion::Prepared(Ok(Prepared {
            took: Duration::from_secs(2),
            load: None,
        })),
        Completion::Prepared(Err(refused)),
    ];
    executed
        .into_iter()
        .chain(others)
        .map(|completion| Event::Completed {
            trial: trial(),
            place: Place { round: 1, command: 0 },
            completion,
        })
        .collect()
}

fn ends() -> Vec<Event> {
    [
        End::Finished,
        End::Drained,
        End::Stopped,
        End::Failed("no tasks".to_owned()),
    ]
    .map(|end| Event::Ended { end })
    .into()
}

fn reply() -> Reply {
    Reply {
        text: "3\u{2028}\u{1f600}".to_owned(),
        thinking: Some("hm".to_owned()),
        stop: StopReason::Length,
        usage: Usage {
            input_tokens: Some(12),
            output_tokens: None,
        },
        timing: Timing {
            connect: Duration::from_micros(310),
            lag: Duration::from_nanos(1),
            total: Duration::from_secs(1),
            first_token: Some(Duration::from_millis(3)),
            first_answer_token: None,
            last_token: None,
            chunks: vec![Duration::from_millis(3), Duration::from_millis(4)],
            server: Some(ServerTiming {
                total: Some(Duration::from_secs(1)),
                ..ServerTiming::default()
            }),
        },
        attempts: 2,
        raw: Some(r#"{"done":true,"x":1e-7}"#.to_owned()),
    }
}
