//! A sample for programs: the object that stands for it wherever a run is written as JSON.

use crate::excerpt::Excerpt;
use crate::report::{Report, grade, role};
use crate::tale::{Answer, FailedAttempt, NoAnswer, Ran, Source, Tale, Turn};
use koderz_api::chat::{AskErrorKind, StopReason};
use koderz_api::execution::{ExecutionErrorKind, Exit};
use koderz_api::retry::Decision;
use koderz_api::suite::{Grade, Metric};
use koderz_api::transport::{FailureKind, Phase};
use koderz_api::waterfall::Waterfall;
use koderz_core::summary::{Sample, SampleId};
use koderz_core::words;
use serde::Serialize;
use std::collections::BTreeMap;

/// All samples of which something is known, in the order of tasks.
pub(crate) fn entries<'a>(report: &Report<'a>) -> impl Iterator<Item = Entry<'a>> {
    let story = report.story;
    let samples = story.summary().samples.iter();
    samples.map(move |(id, sample)| Entry::of(id, sample, story.tale(id)))
}

/// What is known of a sample. Its fields are described in `docs/reference/report.md`.
#[derive(Serialize)]
pub(crate) struct Entry<'a> {
    pub(crate) task: &'a str,
    pub(crate) sample: u32,
    go: u32,
    grade: Option<&'static str>,
    credit: Option<f64>,
    reason: Option<&'a str>,
    labels: BTreeMap<&'a str, &'a str>,
    metrics: BTreeMap<&'a str, f64>,
    failed_attempts: u32,
    output_tokens: u64,
    seconds: Option<f64>,
    question: Option<Vec<Said<'a>>>,
    answer: Option<Answered>,
    no_answer: Option<Unanswered>,
    program: Option<Run<'a>>,
    failures: Vec<Failed<'a>>,
}

impl<'a> Entry<'a> {
    fn of(id: &'a SampleId, sample: &'a Sample, tale: Option<&'a Tale>) -> Self {
        let verdict = sample.verdict.as_deref();
        let answer = tale.and_then(|tale| tale.answer.as_ref());
        let learned = verdict.map(|verdict| verdict.labels.as_slice()).unwrap_or_default();
        let stated = tale.map(|tale| tale.labels.as_slice()).unwrap_or_default();
        let metrics = verdict.map(|verdict| verdict.metrics.as_slice()).unwrap_or_default();
        Entry {
            task: &id.task,
            sample: id.sample,
            go: sample.go,
            grade: verdict.map(|verdict| grade(verdict.grade)),
            credit: verdict.and_then(|verdict| credit(verdict.grade)),
            reason: verdict.map(|verdict| verdict.reason.as_str()),
            labels: stated
                .iter()
                .chain(learned)
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect(),
            metrics: metrics
                .iter()
                .map(|Metric { name, value }| (name.as_str(), *value))
                .collect(),
            failed_attempts: sample.failed_attempts,
            output_tokens: sample.output_tokens,
            seconds: tale.and_then(|tale| tale.took).map(|took| took.as_secs_f64()),
            question: tale
                .and_then(|tale| tale.question.as_ref())
                .map(|turns| turns.iter().map(Said::of).collect()),
            answer: answer.and_then(|answer| answer.as_ref().ok()).map(Answered::of),
            no_answer: answer.and_then(|answer| answer.as_ref().err()).map(Unanswered::of),
            program: tale.and_then(|tale| Some(Run::of(tale.program.as_ref()?, tale))),
            failures: tale.map_or_else(Vec::new, |tale| tale.attempts.iter().map(Failed::of).collect()),
        }
    }
}

/// What a grade counts for, where it counts.
pub(crate) fn credit(grade: Grade) -> Option<f64> {
    match grade {
        Grade::Pass => Some(1.0),
        Grade::Fail => Some(0.0),
        Grade::Partial(credit) => Some(credit),
        Grade::Ungraded | Grade::Inconclusive => None,
    }
}

fn whole(excerpt: &Excerpt) -> String {
    excerpt.shown(usize::MAX)
}

#[derive(Serialize)]
struct Said<'a> {
    role: &'a str,
    text: String,
}

impl<'a> Said<'a> {
    fn of(turn: &'a Turn) -> Self {
        Said {
            role: role(turn.role),
            text: whole(&turn.text),
        }
    }
}

#[derive(Serialize)]
struct Answered {
    text: String,
    thinking: Option<String>,
    stop: StopReason,
    attempts: u32,
    input_tokens: Option<u32>,
    output_tokens: Option<u32>,
    first_token_seconds: Option<f64>,
    seconds: f64,
    waterfall: Option<Parts>,
    /// Who gave it, where the run has several servers.
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
}

impl Answered {
    fn of(answer: &Answer) -> Self {
        Answered {
            text: whole(&answer.text),
            thinking: answer.thinking.as_ref().map(whole),
            stop: answer.stop,
            attempts: answer.attempts,
            input_tokens: answer.usage.input_tokens,
            output_tokens: answer.usage.output_tokens,
            first_token_seconds: answer.timing.first_token.map(|time| time.as_secs_f64()),
            seconds: answer.timing.total.as_secs_f64(),
            waterfall: answer.waterfall.map(Parts::of),
            host: answer.host.clone(),
        }
    }
}

/// Where the time of an answer went.
#[derive(Serialize)]
struct Parts {
    /// Each part, in seconds.
    #[serde(flatten)]
    parts: BTreeMap<&'static str, f64>,
    whole: f64,
    reconciled: bool,
}

impl Parts {
    fn of(waterfall: Waterfall) -> Self {
        let parts = waterfall.parts().into_iter();
        Parts {
            parts: parts.map(|(name, time)| (name, time.as_secs_f64())).collect(),
            whole: waterfall.whole.as_secs_f64(),
            reconciled: waterfall.reconciled,
        }
    }
}

#[derive(Serialize)]
struct Unanswered {
    kind: AskErrorKind,
    message: String,
    attempts: u32,
}

impl Unanswered {
    fn of(error: &NoAnswer) -> Self {
        Unanswered {
            kind: error.kind,
            message: whole(&error.message),
            attempts: error.attempts,
        }
    }
}

#[derive(Serialize)]
struct Run<'a> {
    language: &'a str,
    source: String,
    judge: Option<String>,
    /// Whether the answer ran together with its check, which it might have tampered with.
    one_instance: bool,
    outcome: Option<Outcome<'a>>,
    not_judged: Option<NotJudged<'a>>,
}

#[derive(Serialize)]
struct Outcome<'a> {
    exit: &'a Exit,
    stdout: String,
    stderr: String,
    cpu_seconds: f64,
    wall_seconds: f64,
    memory_bytes: u64,
}

#[derive(Serialize)]
struct NotJudged<'a> {
    kind: ExecutionErrorKind,
    message: &'a str,
}

impl<'a> Run<'a> {
    fn of(source: &'a Source, tale: &'a Tale) -> Self {
        let outcome = tale.outcome.as_ref();
        let ran = |ran: &'a Ran| Outcome {
            exit: &ran.exit,
            stdout: whole(&ran.stdout),
            stderr: whole(&ran.stderr),
            cpu_seconds: ran.cpu.as_secs_f64(),
            wall_seconds: ran.wall.as_secs_f64(),
            memory_bytes: ran.memory_bytes,
        };
        Run {
            language: &source.language,
            source: whole(&source.subject),
            judge: source.judge.as_ref().map(whole),
            one_instance: source.judge.is_none(),
            outcome: outcome.and_then(|outcome| outcome.as_ref().ok()).map(ran),
            not_judged: outcome
                .and_then(|outcome| outcome.as_ref().err())
                .map(|error| NotJudged {
                    kind: error.kind,
                    message: &error.message,
                }),
        }
    }
}

#[derive(Serialize)]
struct Failed<'a> {
    number: u32,
    kind: FailureKind,
    detail: &'a str,
    phase: Phase,
    status: Option<u16>,
    words: String,
    decision: String,
    seconds: Option<f64>,
    pause_seconds: Option<f64>,
}

impl<'a> Failed<'a> {
    fn of(attempt: &'a FailedAttempt) -> Self {
        Failed {
            number: attempt.number,
            kind: attempt.failure.kind,
            detail: &attempt.failure.detail,
            phase: attempt.failure.phase,
            status: attempt.failure.status,
            words: words::failure(&attempt.failure),
            decision: attempt.decided(),
            seconds: attempt.took.map(|took| took.as_secs_f64()),
            pause_seconds: match &attempt.decision {
                Decision::Retry(pause) => Some(pause.as_secs_f64()),
                Decision::WaitUntilReady | Decision::GiveUp(_) => None,
            },
        }
    }
}
