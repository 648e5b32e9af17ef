//! A run for programs: one JSON document whose shape is described in `docs/reference/report.md`.
//!
//! Fields are added without notice; none is renamed, removed or given another meaning without a new [`FORMAT`].

use crate::report::Report;
use crate::resources::{Energy, Memory};
use crate::sample::{Entry, entries};
use koderz_api::summary::Figure;
use koderz_api::transport::FailureKind;
use koderz_core::event::{End, Instrument};
use koderz_core::manifest::Manifest;
use koderz_core::statistics::Rate;
use koderz_core::summary::{Counts, Summary};
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
        cost: Cost::of(summary),
        figures: report.figures(),
        instrument: summary.instrument.map(Error::of),
        energy: Energy::of(summary),
        memory: Memory::of(summary),
        answers: summary.answers,
        tokens: Tokens {
            output: summary.output_tokens,
        },
        seconds: summary.took.as_secs_f64(),
        samples: entries(report).collect(),
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
    cost: Cost,
    figures: Vec<Figure>,
    instrument: Option<Error>,
    energy: Option<Energy>,
    memory: Memory,
    answers: u64,
    tokens: Tokens,
    seconds: f64,
    samples: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Tokens {
    output: u64,
}

/// What the answers cost beyond themselves.
#[derive(Serialize)]
struct Cost {
    questions: u64,
    attempts: u64,
    attempts_per_question: Option<f64>,
    failed_attempts: u64,
    failed_in_mid_answer: u64,
    pauses_seconds: f64,
    wasted_seconds: Option<f64>,
    outages: u64,
    outages_seconds: f64,
}

impl Cost {
    fn of(summary: &Summary) -> Self {
        let cost = &summary.cost;
        Cost {
            questions: cost.questions(),
            attempts: cost.attempts,
            attempts_per_question: cost.attempts_per_question(),
            failed_attempts: cost.failed,
            failed_in_mid_answer: cost.in_mid_answer,
            pauses_seconds: cost.paused.as_secs_f64(),
            wasted_seconds: cost.wasted.map(|wasted| wasted.as_secs_f64()),
            outages: summary.outages,
            outages_seconds: summary.away.as_secs_f64(),
        }
    }
}

/// How far off the host's own times are.
#[derive(Serialize)]
struct Error {
    first_token_seconds: f64,
    gap_seconds: f64,
    answers: u32,
    gaps: u32,
}

impl Error {
    fn of(instrument: Instrument) -> Self {
        Error {
            first_token_seconds: instrument.first_token.as_secs_f64(),
            gap_seconds: instrument.gap.as_secs_f64(),
            answers: instrument.answers,
            gaps: instrument.gaps,
        }
    }
}

/// A rate with its interval.
#[derive(Serialize)]
pub(crate) struct Estimate {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Tape;
    use crate::report::Paths;
    use koderz_api::chat::AskErrorKind;
    use koderz_api::execution::Exit;
    use koderz_api::suite::Grade;

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
                    .verdict(Grade::Inconclusive, "max retries exceeded")
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
          "cost": {
            "attempts": 2,
            "attempts_per_question": 2.0,
            "failed_attempts": 1,
            "failed_in_mid_answer": 0,
            "outages": 0,
            "outages_seconds": 0.0,
            "pauses_seconds": 2.0,
            "questions": 1,
            "wasted_seconds": 1.5
          },
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
          "energy": null,
          "failure_kinds": {
            "assertion": 1
          },
          "figures": [],
          "format": 1,
          "instrument": null,
          "memory": {
            "bytes": null,
            "cards": {},
            "context_tokens": null,
            "graphics_bytes": null,
            "reason": "no server said that the model is in its memory"
          },
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
                "thinking": null,
                "waterfall": null
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
                  "seconds": 1.5,
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
                "one_instance": false,
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
              "question": [
                {
                  "role": "system",
                  "text": "Add up."
                },
                {
                  "role": "user",
                  "text": "What is 1 + 2?"
                }
              ],
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
              "question": [
                {
                  "role": "system",
                  "text": "Add up."
                },
                {
                  "role": "user",
                  "text": "What is 1 + 2?"
                }
              ],
              "reason": "max retries exceeded",
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
              "question": null,
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
