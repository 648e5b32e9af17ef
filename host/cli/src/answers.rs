//! Answers from a file, in a model's place.

use koderz_api::chat::{Prepared, Reply, Residency, StopReason, Timing, Usage};
use koderz_core::event::{Place, TrialId};
use koderz_core::ports::{AttemptError, Boxed, Model, Question, Refusal};
use std::collections::BTreeMap;
use std::time::Duration;

/// Answers by task and sample.
pub(crate) struct Answers(pub(crate) BTreeMap<String, Vec<String>>);

/// The place of a trial's first question, which is what a file has answers to.
const FIRST: Place = Place { round: 0, command: 0 };

impl Answers {
    fn find(&self, trial: &TrialId, place: Place) -> Result<Reply, AttemptError> {
        let samples = self.0.get(&trial.task).filter(|_| place == FIRST);
        match samples.and_then(|samples| samples.get(trial.sample as usize)) {
            Some(text) => Ok(Reply {
                text: text.clone(),
                thinking: None,
                stop: StopReason::Finished,
                usage: Usage::default(),
                timing: Timing::default(),
                attempts: 1,
                raw: None,
            }),
            None => Err(unanswered()),
        }
    }
}

fn unanswered() -> AttemptError {
    AttemptError::Refused(Refusal {
        status: None,
        detail: "no-answer".to_owned(),
        message: "the file has no answer to this question".to_owned(),
    })
}

impl Model for Answers {
    fn attempt<'a>(&'a self, _question: &'a Question) -> Boxed<'a, Result<Reply, AttemptError>> {
        Box::pin(async { Err(unanswered()) })
    }

    fn attempt_for<'a>(
        &'a self,
        trial: &'a TrialId,
        place: Place,
        _question: &'a Question,
    ) -> Boxed<'a, Result<Reply, AttemptError>> {
        Box::pin(async move { self.find(trial, place) })
    }

    fn prepare<'a>(
        &'a self,
        _model: &'a str,
        _context_tokens: Option<u32>,
        _residency: Residency,
    ) -> Boxed<'a, Result<Prepared, AttemptError>> {
        Box::pin(async {
            Ok(Prepared {
                took: Duration::ZERO,
                load: None,
            })
        })
    }

    fn reachable(&self) -> Boxed<'_, bool> {
        Box::pin(async { true })
    }

    fn canary<'a>(
        &'a self,
        _model: &'a str,
        _context_tokens: Option<u32>,
        _patience: Duration,
    ) -> Boxed<'a, Result<Duration, AttemptError>> {
        Box::pin(async { Ok(Duration::ZERO) })
    }
}
