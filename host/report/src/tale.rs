//! What is told of one sample: what was asked, answered, run and decided in its latest go.

use crate::excerpt::{Excerpt, Keep};
use crate::report::decision;
use crate::strip::Strip;
use koderz_api::chat::{AskErrorKind, Prompt, Request, Role, StopReason, Timing, Usage};
use koderz_api::execution::{ExecutionError, Exit, Outcome, Program};
use koderz_api::retry::Decision;
use koderz_api::suite::Completion;
use koderz_api::transport::Failure;
use koderz_api::waterfall::Waterfall;
use koderz_core::event::{Entry, Event, program, question};
use std::time::Duration;

/// How many failed attempts of a sample are kept; all are counted.
const ATTEMPTS_KEPT: usize = 100;

/// What is told of one sample: of its latest go.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tale {
    pub(crate) labels: Vec<(String, String)>,
    /// The first question.
    pub(crate) question: Option<Vec<Turn>>,
    /// How many questions came to an end.
    pub(crate) questions: u32,
    /// The last answer, or why there is none.
    pub(crate) answer: Option<Result<Answer, NoAnswer>>,
    /// The last program that was run.
    pub(crate) program: Option<Source>,
    /// What became of it.
    pub(crate) outcome: Option<Result<Ran, ExecutionError>>,
    /// Attempts that failed, the latest ones.
    pub(crate) attempts: Vec<FailedAttempt>,
    /// When it began, in this stretch of work.
    began: Option<Duration>,
    /// From its beginning to its verdict, where both fell into one stretch of work.
    pub(crate) took: Option<Duration>,
    /// How long the model took to be where it was wanted, the last time.
    pub(crate) prepared: Option<Duration>,
    /// The stage that it is of.
    pub(crate) stage: String,
    /// When it began and ended, and in which stretch of work, where that was one.
    pub(crate) course: Option<Course>,
}

/// When a sample began and ended, in the time of a stretch of work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Course {
    pub(crate) stretch: u32,
    pub(crate) began: Duration,
    pub(crate) ended: Duration,
}

/// Something that was said to the model.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    /// None for bare text.
    pub(crate) role: Option<Role>,
    pub(crate) text: Excerpt,
}

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) text: Excerpt,
    pub(crate) thinking: Option<Excerpt>,
    pub(crate) stop: StopReason,
    pub(crate) usage: Usage,
    /// Without its chunks, for which there are the strip and the waterfall.
    pub(crate) timing: Timing,
    pub(crate) strip: Option<Strip>,
    pub(crate) waterfall: Option<Waterfall>,
    pub(crate) attempts: u32,
    /// The server that gave it, where the run has several.
    pub(crate) host: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct NoAnswer {
    pub(crate) kind: AskErrorKind,
    pub(crate) message: Excerpt,
    pub(crate) attempts: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) language: String,
    pub(crate) subject: Excerpt,
    pub(crate) judge: Option<Excerpt>,
}

#[derive(Clone, Debug)]
pub(crate) struct Ran {
    pub(crate) exit: Exit,
    pub(crate) stdout: Excerpt,
    pub(crate) stderr: Excerpt,
    pub(crate) cpu: Duration,
    pub(crate) wall: Duration,
    pub(crate) memory_bytes: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct FailedAttempt {
    pub(crate) number: u32,
    pub(crate) failure: Failure,
    pub(crate) decision: Decision,
    /// What the policy said when it failed, where the built-in one decided.
    stood_in: Option<String>,
    pub(crate) took: Option<Duration>,
    /// The server that was asked, where the run has several.
    pub(crate) host: Option<String>,
}

impl Tale {
    /// Takes in an event of the sample's trials.
    pub(crate) fn observe(&mut self, entry: &Entry, stretch: u32, keep: Keep) {
        match &entry.event {
            Event::TrialBegan { task, .. } => {
                *self = Tale {
                    labels: task.labels.clone(),
                    began: Some(entry.at),
                    stage: task.stage.clone(),
                    ..Tale::default()
                };
            }
            Event::Stepped { commands, .. } => {
                if self.question.is_none() {
                    self.question = question(commands).map(|request| turns(request, keep));
                }
                if let Some(program) = program(commands) {
                    self.program = Some(Source::of(program, keep));
                    self.outcome = None;
                }
            }
            Event::AttemptFailed {
                attempt,
                decision,
                stood_in,
                took,
                ..
            } => {
                if self.attempts.len() == ATTEMPTS_KEPT {
                    self.attempts.remove(0);
                }
                self.attempts.push(FailedAttempt {
                    number: attempt.number,
                    failure: Failure {
                        message: bounded(&attempt.failure.message),
                        ..attempt.failure.clone()
                    },
                    decision: decision.clone(),
                    stood_in: stood_in.as_deref().map(bounded),
                    took: *took,
                    host: entry.host.clone(),
                });
            }
            Event::Completed { completion, .. } => self.complete(completion, entry.host.as_deref(), keep),
            Event::TrialFinished { .. } => {
                let ended = entry.at;
                self.took = self.began.and_then(|began| ended.checked_sub(began));
                self.course = self.began.map(|began| Course { stretch, began, ended });
            }
            _ => {}
        }
    }

    /// Another stretch of work begins, with another clock.
    pub(crate) fn stop_clock(&mut self) {
        self.began = None;
    }

    /// All texts that are kept whole where there is room: not the messages of failures, which are short.
    pub(crate) fn texts(&self) -> Vec<&Excerpt> {
        let mut texts: Vec<&Excerpt> = self.question.iter().flatten().map(|turn| &turn.text).collect();
        if let Some(Ok(answer)) = &self.answer {
            texts.push(&answer.text);
            texts.extend(&answer.thinking);
        }
        if let Some(source) = &self.program {
            texts.push(&source.subject);
            texts.extend(&source.judge);
        }
        if let Some(Ok(ran)) = &self.outcome {
            texts.extend([&ran.stdout, &ran.stderr]);
        }
        texts
    }

    fn complete(&mut self, completion: &Completion, host: Option<&str>, keep: Keep) {
        match completion {
            Completion::Asked(Ok(reply)) => {
                self.questions += 1;
                self.answer = Some(Ok(Answer {
                    text: keep.text(&reply.text),
                    thinking: reply.thinking.as_deref().map(|thinking| keep.text(thinking)),
                    stop: reply.stop,
                    usage: reply.usage,
                    timing: Timing {
                        chunks: Vec::new(),
                        ..reply.timing.clone()
                    },
                    strip: Strip::of(&reply.timing.chunks),
                    waterfall: Waterfall::of(&reply.timing, &reply.usage),
                    attempts: reply.attempts,
                    host: host.map(str::to_owned),
                }));
            }
            Completion::Asked(Err(error)) => {
                self.questions += 1;
                self.answer = Some(Err(NoAnswer {
                    kind: error.kind,
                    message: keep.text(&error.message),
                    attempts: error.attempts,
                }));
            }
            Completion::Executed(Ok(outcome)) => self.outcome = Some(Ok(Ran::of(outcome, keep))),
            Completion::Executed(Err(error)) => {
                self.outcome = Some(Err(ExecutionError {
                    kind: error.kind,
                    message: bounded(&error.message),
                }));
            }
            Completion::Prepared(prepared) => {
                let took = prepared
                    .as_ref()
                    .ok()
                    .map(|prepared| prepared.load.unwrap_or(prepared.took));
                self.prepared = took;
            }
        }
    }
}

/// A text of an error, which is short unless somebody is up to something.
fn bounded(text: &str) -> String {
    Keep::Beginnings.text(text).shown(usize::MAX)
}

fn turns(request: &Request, keep: Keep) -> Vec<Turn> {
    match &request.prompt {
        Prompt::Chat(messages) => messages
            .iter()
            .map(|message| Turn {
                role: Some(message.role),
                text: keep.text(&message.content),
            })
            .collect(),
        Prompt::Completion(text) => vec![Turn {
            role: None,
            text: keep.text(text),
        }],
    }
}

impl Source {
    fn of(program: &Program, keep: Keep) -> Self {
        Source {
            language: program.language.clone(),
            subject: keep.text(&program.subject),
            judge: program.judge.as_deref().map(|judge| keep.text(judge)),
        }
    }
}

impl Ran {
    fn of(outcome: &Outcome, keep: Keep) -> Self {
        Ran {
            exit: match &outcome.exit {
                Exit::Failed(why) => Exit::Failed(bounded(why)),
                Exit::Crashed(why) => Exit::Crashed(bounded(why)),
                other => other.clone(),
            },
            stdout: keep.bytes(&outcome.stdout),
            stderr: keep.bytes(&outcome.stderr),
            cpu: outcome.cpu,
            wall: outcome.wall,
            memory_bytes: outcome.memory_bytes,
        }
    }
}

impl FailedAttempt {
    /// What was decided, and by whom where that was not the run's own policy.
    pub(crate) fn decided(&self) -> String {
        let decision = decision(&self.decision);
        match &self.stood_in {
            Some(error) => format!("{decision}, by the built-in policy, since the run's own failed: {error}"),
            None => decision,
        }
    }
}
