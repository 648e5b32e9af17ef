//! Answers that were there before, in a model's place: from a file of samples or from a recorded run.

use anyhow::Result;
use koderz_api::chat::{Prepared, Reply, Residency, StopReason, Timing, Usage};
use koderz_api::suite::Completion;
use koderz_core::event::{Event, Place, TrialId};
use koderz_core::ports::{AttemptError, Boxed, Model, Question, Refusal};
use koderz_record::{Record, RunId};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// A task and which sample of it.
type Sample = (String, u32);

/// Answers by sample and by the place of the question in it.
#[derive(Default)]
pub(crate) struct Answers(HashMap<Sample, BTreeMap<Place, Reply>>);

/// The place of a sample's first question, which is what a file has answers to.
const FIRST: Place = Place { round: 0, command: 0 };

impl Answers {
    /// One answer to each sample, by task.
    pub(crate) fn collected(texts: BTreeMap<String, Vec<String>>) -> Self {
        let samples = texts.into_iter().flat_map(|(task, texts)| {
            let numbered = (0..).zip(texts);
            numbered.map(move |(sample, text)| ((task.clone(), sample), BTreeMap::from([(FIRST, reply(text))])))
        });
        Answers(samples.collect())
    }

    /// What a run has in the record: of each sample the answers of its latest go.
    pub(crate) fn recorded(record: &Record, run: &RunId) -> Result<Self> {
        let mut answers = Answers::default();
        for entry in record.entries(run)? {
            match entry?.event {
                Event::TrialBegan { trial, .. } => drop(answers.0.remove(&(trial.task, trial.sample))),
                Event::Completed {
                    trial,
                    place,
                    completion: Completion::Asked(Ok(reply)),
                } => {
                    let sample = answers.0.entry((trial.task, trial.sample)).or_default();
                    sample.insert(place, reply);
                }
                _ => {}
            }
        }
        Ok(answers)
    }

    /// How many samples of each task have an answer; samples are counted from 0 without gaps where they come from a file.
    pub(crate) fn samples(&self) -> BTreeMap<String, u32> {
        let mut samples: BTreeMap<String, u32> = BTreeMap::new();
        for (task, sample) in self.0.keys() {
            let most = samples.entry(task.clone()).or_default();
            *most = (*most).max(sample + 1);
        }
        samples
    }

    fn find(&self, trial: &TrialId, place: Place) -> Result<Reply, AttemptError> {
        let sample = self.0.get(&(trial.task.clone(), trial.sample));
        sample
            .and_then(|places| places.get(&place))
            .cloned()
            .ok_or_else(unanswered)
    }
}

fn reply(text: String) -> Reply {
    Reply {
        text,
        thinking: None,
        stop: StopReason::Finished,
        usage: Usage::default(),
        timing: Timing::default(),
        attempts: 1,
        raw: None,
    }
}

fn unanswered() -> AttemptError {
    AttemptError::Refused(Refusal {
        status: None,
        detail: "no-answer".to_owned(),
        message: "there is no recorded answer to this question".to_owned(),
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
