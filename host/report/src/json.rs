//! A run for programs: one JSON document whose shape is described in `docs/reference/report.md`.
//!
//! Fields are added without notice; none is renamed, removed or given another meaning without a new [`FORMAT`].

use crate::excerpt::Excerpt;
use crate::report::{Report, decision, grade};
use crate::tale::{Answer, FailedAttempt, NoAnswer, Ran, Source, Tale};
use koderz_api::chat::{AskErrorKind, StopReason};
use koderz_api::execution::{ExecutionErrorKind, Exit};
use koderz_api::retry::Decision;
use koderz_api::suite::{Grade, Metric};
use koderz_api::transport::{FailureKind, Phase};
use koderz_core::event::End;
use koderz_core::manifest::Manifest;
use koderz_core::statistics::Rate;
use koderz_core::summary::{Counts, Sample, SampleId};
use koderz_core::words;
use serde::Serialize;
use std::collections::BTreeMap;

/// Version of the document's shape.
const FORMAT: u32 = 1;

/// A run as one JSON document, for `--export`.
pub fn json(report: &Report<'_>) -> serde_json::Value {
    let summary = report.story.summary();
    let document = Document {
        format: FORMAT,
        manifest: report.manifest(),
        end: report.end,
        trials: summary.trials,
        counts: report.counts(),
        not_begun: report.not_begun(),
        pass_at: report.rates().into_iter().map(|(k, rate)| (k, rate.into())).collect(),
        failure_kinds: report.failures().into_iter().collect(),
        retries: &summary.retries,
        answers: summary.answers,
        tokens: Tokens {
            output: summary.output_tokens,
        },
        seconds: summary.took.as_secs_f64(),
        samples: summary
            .samples
            .iter()
            .map(|(id, sample)| Entry::of(id, sample, report.story.tale(id)))
            .collect(),
    };
    serde_json::to_value(document).expect("all keys are texts, and no number in it is too large for JSON")
}

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    manifest: &'a Manifest,
    end: Option<&'a End>,
    trials: Option<u64>,
    counts: Counts,
    not_begun: u64,
    pass_at: BTreeMap<u64, Estimate>,
    failure_kinds: BTreeMap<String, u64>,
    retries: &'a BTreeMap<FailureKind, u64>,
    answers: u64,
    tokens: Tokens,
    seconds: f64,
    samples: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Tokens {
    output: u64,
}

#[derive(Serialize)]
struct Estimate {
    value: f64,
    low: f64,
    high: f64,
}

impl From<Rate> for Estimate {
    fn from(rate: Rate) -> Self {
        Estimate {
            value: rate.value,
            low: rate.low,
            high: rate.high,
        }
    }
}

#[derive(Serialize)]
struct Entry<'a> {
    task: &'a str,
    sample: u32,
    go: u32,
    grade: Option<&'static str>,
    credit: Option<f64>,
    reason: Option<&'a str>,
    labels: BTreeMap<&'a str, &'a str>,
    metrics: BTreeMap<&'a str, f64>,
    failed_attempts: u32,
    output_tokens: u64,
    seconds: Option<f64>,
    answer: Option<Answered>,
    no_answer: Option<Unanswered>,
    program: Option<Run<'a>>,
    failures: Vec<Failed<'a>>,
}

impl<'a> Entry<'a> {
    fn of(id: &'a SampleId, sample: &'a Sample, tale: Option<&'a Tale>) -> Self {
        let verdict = sample.verdict.as_ref();
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
            answer: answer.and_then(|answer| answer.as_ref().ok()).map(Answered::of),
            no_answer: answer.and_then(|answer| answer.as_ref().err()).map(Unanswered::of),
            program: tale.and_then(|tale| Some(Run::of(tale.program.as_ref()?, tale))),
            failures: tale.map_or_else(Vec::new, |tale| tale.attempts.iter().map(Failed::of).collect()),
        }
    }
}

/// What a grade counts for, where it counts.
fn credit(grade: Grade) -> Option<f64> {
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
struct Answered {
    text: String,
    thinking: Option<String>,
    stop: StopReason,
    attempts: u32,
    input_tokens: Option<u32>,
    output_tokens: Option<u32>,
    first_token_seconds: Option<f64>,
    seconds: f64,
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
            decision: decision(&attempt.decision),
            pause_seconds: match &attempt.decision {
                Decision::Retry(pause) => Some(pause.as_secs_f64()),
                Decision::WaitUntilReady | Decision::GiveUp(_) => None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Tape;
    use crate::report::Paths;

    #[test]
    fn an_export_holds_figures_with_units_and_every_sample() {
        let story = Tape::new()
            .began(3, 0)
            .trial("t/1", 0, |trial| {
                trial
                    .failed_attempt(1)
                    .asked("def add(a, b): ...")
                    .ran("def add(a, b): ...", Exit::Failed("add(1, 2) == 3".to_owned()))
                    .labelled(Grade::Fail, "add(1, 2) == 3", &[("failure", "assertion")])
            })
            .trial("t/2", 0, |trial| {
                trial
                    .unanswered(AskErrorKind::RetriesExhausted, "server busy")
                    .verdict(Grade::Inconclusive, "retries exhausted")
            })
            .trial("t/3", 0, |trial| trial)
            .ended(End::Stopped)
            .story();
        let mut document = json(&Report {
            story: &story,
            end: story.end(),
            paths: &Paths::default(),
        });
        assert_eq!(document["manifest"]["run"], "20261124-143412-7f3a");
        let members = document.as_object_mut().expect("an object");
        members.remove("manifest");
        insta::assert_snapshot!(serde_json::to_string_pretty(&document).expect("a document"), @r#"
        {
          "answers": 1,
          "counts": {
            "fail": 1,
            "inconclusive": 1,
            "open": 1,
            "partial": 0,
            "pass": 0,
            "truncated": 0,
            "ungraded": 0
          },
          "end": "stopped",
          "failure_kinds": {
            "assertion": 1
          },
          "format": 1,
          "not_begun": 0,
          "pass_at": {
            "1": {
              "high": 0.7934506856227626,
              "low": 0.0,
              "value": 0.0
            }
          },
          "retries": {
            "overloaded": 1
          },
          "samples": [
            {
              "answer": {
                "attempts": 1,
                "first_token_seconds": 0.25,
                "input_tokens": 30,
                "output_tokens": 20,
                "seconds": 1.5,
                "stop": "finished",
                "text": "def add(a, b): ...",
                "thinking": null
              },
              "credit": 0.0,
              "failed_attempts": 1,
              "failures": [
                {
                  "decision": "again after 2.0 s",
                  "detail": "queue-full",
                  "kind": "overloaded",
                  "number": 1,
                  "pause_seconds": 2.0,
                  "phase": "queue",
                  "status": 503,
                  "words": "HTTP 503 server overloaded (queue-full): server busy"
                }
              ],
              "go": 0,
              "grade": "fail",
              "labels": {
                "failure": "assertion"
              },
              "metrics": {
                "length": 3.0
              },
              "no_answer": null,
              "output_tokens": 20,
              "program": {
                "judge": "assert add(1, 2) == 3",
                "language": "python",
                "not_judged": null,
                "outcome": {
                  "cpu_seconds": 0.012,
                  "exit": {
                    "failed": "add(1, 2) == 3"
                  },
                  "memory_bytes": 5242880,
                  "stderr": "",
                  "stdout": "3\n",
                  "wall_seconds": 0.02
                },
                "source": "def add(a, b): ..."
              },
              "reason": "add(1, 2) == 3",
              "sample": 0,
              "seconds": 6.0,
              "task": "t/1"
            },
            {
              "answer": null,
              "credit": null,
              "failed_attempts": 0,
              "failures": [],
              "go": 0,
              "grade": "inconclusive",
              "labels": {},
              "metrics": {
                "length": 3.0
              },
              "no_answer": {
                "attempts": 4,
                "kind": "retries-exhausted",
                "message": "server busy"
              },
              "output_tokens": 0,
              "program": null,
              "reason": "retries exhausted",
              "sample": 0,
              "seconds": 3.0,
              "task": "t/2"
            },
            {
              "answer": null,
              "credit": null,
              "failed_attempts": 0,
              "failures": [],
              "go": 0,
              "grade": null,
              "labels": {},
              "metrics": {},
              "no_answer": null,
              "output_tokens": 0,
              "program": null,
              "reason": null,
              "sample": 0,
              "seconds": null,
              "task": "t/3"
            }
          ],
          "seconds": 13.0,
          "tokens": {
            "output": 20
          },
          "trials": 3
        }
        "#);
    }
}
