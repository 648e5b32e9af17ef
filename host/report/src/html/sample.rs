//! A sample in the page: a line to skim, and what it opens to.

use crate::excerpt::Excerpt;
use crate::html::plot::Bar;
use crate::html::room::Room;
use crate::line::{first, fit};
use crate::measured::exactly;
use crate::numbers::{counted, grouped, span};
use crate::report::{NO_KIND, facts, failure_kind, grade, role, used, words_of_grade};
use crate::tale::{FailedAttempt, Ran, Source, Tale};
use koderz_api::retry::Decision;
use koderz_api::suite::{Grade, MetricInfo, Verdict};
use koderz_core::summary::{Sample, SampleId, TRUNCATED, truncated};
use koderz_core::words;
use std::time::Duration;

/// The length of a reason in the line to skim, in columns.
const REASON: usize = 200;

/// The latest attempts that failed are shown; all are in the record.
const ATTEMPTS: usize = 20;

pub(super) struct Row {
    pub(super) task: String,
    pub(super) sample: u32,
    pub(super) class: &'static str,
    pub(super) grade: String,
    pub(super) kind: String,
    pub(super) reason: String,
    pub(super) tokens: String,
    pub(super) took: String,
    pub(super) failed_attempts: u32,
    pub(super) full_reason: String,
    pub(super) labels: Vec<(String, String)>,
    pub(super) metrics: Vec<(String, String)>,
    pub(super) question: Vec<(&'static str, String)>,
    pub(super) several: bool,
    pub(super) answer: Option<AnswerView>,
    pub(super) no_answer: Option<String>,
    pub(super) program: Option<ProgramView>,
    pub(super) attempts: Vec<AttemptView>,
    pub(super) attempts_left_out: u64,
    pub(super) course: Vec<Bar>,
}

pub(super) struct AnswerView {
    pub(super) text: String,
    pub(super) thinking: Option<String>,
    pub(super) facts: String,
}

pub(super) struct ProgramView {
    pub(super) language: String,
    pub(super) subject: String,
    pub(super) judge: Option<String>,
    pub(super) exit: Option<String>,
    pub(super) output: Vec<(&'static str, String)>,
}

pub(super) struct AttemptView {
    pub(super) number: u32,
    pub(super) kind: &'static str,
    pub(super) words: String,
    pub(super) took: String,
    pub(super) decision: String,
}

impl Row {
    pub(super) fn of(id: &SampleId, sample: &Sample, tale: Option<&Tale>, known: &[MetricInfo], room: Room) -> Self {
        let verdict = sample.verdict.as_deref();
        let shown = |excerpt: &Excerpt| room.excerpt(excerpt);
        let answer = tale.and_then(|tale| tale.answer.as_ref());
        let question = tale.and_then(|tale| tale.question.as_deref()).unwrap_or_default();
        let attempts = tale.map(|tale| tale.attempts.as_slice()).unwrap_or_default();
        let attempts = &attempts[attempts.len().saturating_sub(ATTEMPTS)..];
        Row {
            task: id.task.clone(),
            sample: id.sample,
            class: verdict.map_or("open", class),
            grade: verdict.map_or_else(|| "open".to_owned(), said),
            kind: verdict.map(kind).unwrap_or_default(),
            reason: verdict
                .map(|verdict| fit(&first(&verdict.reason), REASON))
                .unwrap_or_default(),
            tokens: grouped(sample.output_tokens),
            took: tale.and_then(|tale| tale.took).map(span).unwrap_or_default(),
            failed_attempts: sample.failed_attempts,
            full_reason: verdict
                .map(|verdict| room.short().text(&verdict.reason))
                .unwrap_or_default(),
            labels: labels(tale, verdict, room.short()),
            metrics: verdict.map(|verdict| metrics(verdict, known)).unwrap_or_default(),
            question: question
                .iter()
                .map(|turn| (role(turn.role), shown(&turn.text)))
                .collect(),
            several: tale.is_some_and(|tale| tale.questions > 1),
            answer: answer.and_then(|answer| answer.as_ref().ok()).map(|answer| AnswerView {
                text: shown(&answer.text),
                thinking: answer.thinking.as_ref().map(shown),
                facts: facts(answer),
            }),
            no_answer: answer.and_then(|answer| answer.as_ref().err()).map(|error| {
                let attempts = counted(error.attempts.into(), "attempt");
                let message = room.short().excerpt(&error.message);
                format!("{} after {attempts}: {message}", words::ask_error(error.kind))
            }),
            program: tale.and_then(|tale| Some(ProgramView::of(tale.program.as_ref()?, tale, room))),
            attempts: attempts.iter().map(|attempt| AttemptView::of(attempt, room)).collect(),
            attempts_left_out: u64::from(sample.failed_attempts).saturating_sub(attempts.len() as u64),
            course: tale.map(|tale| course(tale, attempts)).unwrap_or_default(),
        }
    }
}

impl Row {
    /// Its grade where there is room for a letter.
    pub(super) fn letter(&self) -> &'static str {
        &self.class[..1]
    }
}

/// What a verdict is sorted under. An answer that was cut is a thing of its own: it may have become right.
fn class(verdict: &Verdict) -> &'static str {
    if truncated(verdict) {
        TRUNCATED
    } else {
        grade(verdict.grade)
    }
}

fn said(verdict: &Verdict) -> String {
    if truncated(verdict) {
        TRUNCATED.to_owned()
    } else {
        words_of_grade(verdict)
    }
}

/// How the time went: attempts that failed, the pauses after them, and the answer. None without a failed attempt, and
/// where a length is not known.
fn course(tale: &Tale, attempts: &[FailedAttempt]) -> Vec<Bar> {
    let mut parts: Vec<(&'static str, Duration, String)> = Vec::new();
    for attempt in attempts {
        let Some(took) = attempt.took else { return Vec::new() };
        let kind = words::kind(attempt.failure.kind);
        parts.push(("bad", took, format!("attempt {}: {kind}", attempt.number)));
        if let Decision::Retry(pause) = attempt.decision {
            parts.push(("away", pause, "pause".to_owned()));
        }
    }
    if parts.is_empty() {
        return Vec::new();
    }
    if let Some(Ok(answer)) = &tale.answer {
        parts.push(("some", answer.timing.total, "answer".to_owned()));
    }
    let whole: f64 = parts.iter().map(|(_, length, _)| length.as_secs_f64()).sum();
    let mut x = 0.0;
    let drawn = parts.into_iter().map(|(class, length, what)| {
        // What lasted for next to nothing is still to be seen.
        let width = (length.as_secs_f64() / whole.max(f64::MIN_POSITIVE) * 98.0).max(0.4);
        let (y, height) = if class == "away" { (40.0, 20.0) } else { (0.0, 100.0) };
        let bar = Bar::new(
            class,
            [x, y],
            [width, height],
            Some(format!("{what}, {}", span(length))),
        );
        x += width;
        bar
    });
    drawn.collect()
}

fn kind(verdict: &Verdict) -> String {
    match verdict.grade {
        // The grade says it.
        _ if truncated(verdict) => String::new(),
        Grade::Fail => failure_kind(verdict).unwrap_or(NO_KIND).to_owned(),
        _ => failure_kind(verdict).unwrap_or_default().to_owned(),
    }
}

fn labels(tale: Option<&Tale>, verdict: Option<&Verdict>, room: Room) -> Vec<(String, String)> {
    let stated = tale.map(|tale| tale.labels.as_slice()).unwrap_or_default();
    let learned = verdict.map(|verdict| verdict.labels.as_slice()).unwrap_or_default();
    let labels = stated.iter().chain(learned);
    labels
        .map(|(name, value)| (room.text(name), room.text(value)))
        .collect()
}

fn metrics(verdict: &Verdict, known: &[MetricInfo]) -> Vec<(String, String)> {
    let metrics = verdict.metrics.iter();
    metrics
        .map(|metric| (metric.name.clone(), exactly(metric, known)))
        .collect()
}

impl ProgramView {
    fn of(source: &Source, tale: &Tale, room: Room) -> Self {
        let shown = |excerpt: &Excerpt| room.excerpt(excerpt);
        let output = |ran: &Ran| {
            [("standard output", &ran.stdout), ("standard error", &ran.stderr)]
                .into_iter()
                .filter(|(_, text)| !text.kept().is_empty())
                .map(|(name, text)| (name, shown(text)))
                .collect()
        };
        ProgramView {
            language: source.language.clone(),
            subject: shown(&source.subject),
            judge: source.judge.as_ref().map(shown),
            exit: tale.outcome.as_ref().map(|outcome| match outcome {
                Ok(ran) => format!("{}; {}", room.short().text(&ran.exit.in_words()), used(ran)),
                Err(error) => format!("could not be judged: {}", room.short().text(&error.message)),
            }),
            output: match &tale.outcome {
                Some(Ok(ran)) => output(ran),
                Some(Err(_)) | None => Vec::new(),
            },
        }
    }
}

impl AttemptView {
    fn of(attempt: &FailedAttempt, room: Room) -> Self {
        AttemptView {
            number: attempt.number,
            kind: words::kind(attempt.failure.kind),
            words: room.short().text(&words::failure(&attempt.failure)),
            took: attempt.took.map(span).unwrap_or_default(),
            decision: room.short().text(&attempt.decided()),
        }
    }
}
