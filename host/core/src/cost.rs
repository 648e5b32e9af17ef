//! What answers cost beyond themselves: attempts that failed, and the time that was waited and wasted.
//!
//! A question is counted once for its place in a sample, however many goes the sample took, so that asking again in a
//! resumed run shows. Times are added up over questions: four that wait for two seconds at the same time have waited for
//! eight. Which places were asked is kept only for samples that may be asked again, so that a long run takes no more
//! memory than a short one.

use crate::event::{Event, Place, TrialId};
use crate::summary::SampleId;
use koderz_api::chat::{AskError, AskErrorKind};
use koderz_api::retry::{Attempt, Decision};
use koderz_api::suite::{Completion, Grade};
use koderz_api::transport::Phase;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What the answers of a run cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cost {
    /// Attempts that ended, however they did. One that was cut off by a deadline or by the end of the run is not known.
    pub attempts: u64,
    /// Those of them that failed, whether or not another one followed.
    pub failed: u64,
    /// Those of the failed ones in which an answer had begun.
    pub in_mid_answer: u64,
    /// Pauses before further attempts, as they were decided.
    pub paused: Duration,
    /// What the failed attempts lasted, their waits in the server's queue included; none where no record says it.
    pub wasted: Option<Duration>,
    questions: u64,
    /// Where samples were asked that have no verdict, or one that another go may replace.
    unsettled: BTreeMap<SampleId, BTreeSet<Place>>,
}

impl Cost {
    /// Questions that were asked at least once.
    pub fn questions(&self) -> u64 {
        self.questions
    }

    /// Attempts for each question, at least 1; none where nothing was asked.
    pub fn attempts_per_question(&self) -> Option<f64> {
        match self.questions() {
            0 => None,
            questions => Some(self.attempts as f64 / questions as f64),
        }
    }

    pub(crate) fn observe(&mut self, event: &Event) {
        match event {
            Event::AttemptFailed {
                trial,
                place,
                attempt,
                decision,
                took,
                ..
            } => {
                self.attempt(trial, *place);
                self.fail(attempt, decision, *took);
            }
            Event::Completed {
                trial,
                place,
                completion: Completion::Asked(asked),
            } if asked.as_ref().map_or_else(was_refused, |_| true) => self.attempt(trial, *place),
            Event::TrialFinished { trial, verdict } if verdict.grade != Grade::Inconclusive => {
                self.unsettled.remove(&SampleId::of(trial));
            }
            _ => {}
        }
    }

    fn attempt(&mut self, trial: &TrialId, place: Place) {
        self.attempts += 1;
        let places = self.unsettled.entry(SampleId::of(trial)).or_default();
        self.questions += u64::from(places.insert(place));
    }

    fn fail(&mut self, attempt: &Attempt, decision: &Decision, took: Option<Duration>) {
        self.failed += 1;
        self.in_mid_answer += u64::from(attempt.failure.phase == Phase::Decode);
        if let Decision::Retry(pause) = decision {
            self.paused += *pause;
        }
        if let Some(took) = took {
            *self.wasted.get_or_insert_default() += took;
        }
    }
}

/// Whether a server refused the question, which ends an attempt without any other event.
fn was_refused(error: &AskError) -> bool {
    error.kind == AskErrorKind::Rejected && error.attempts > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use koderz_api::chat::{Reply, StopReason, Timing, Usage};
    use koderz_api::transport::{Endpoint, Failure, FailureKind};

    fn trial(go: u32) -> TrialId {
        TrialId {
            task: "a".to_owned(),
            sample: 0,
            go,
        }
    }

    fn failed(go: u32, phase: Phase, decision: Decision, took: Option<u64>) -> Event {
        let failure = Failure {
            kind: FailureKind::Interrupted,
            detail: String::new(),
            phase,
            status: None,
            retry_after: None,
            message: String::new(),
        };
        Event::AttemptFailed {
            trial: trial(go),
            place: Place { round: 0, command: 0 },
            of: None,
            attempt: Attempt {
                number: 1,
                of_kind: 1,
                failure,
                endpoint: Endpoint::default(),
                elapsed: Duration::ZERO,
                remaining: None,
                previous_delay: None,
                entropy: 0,
            },
            decision,
            stood_in: None,
            took: took.map(Duration::from_secs),
        }
    }

    fn ended(go: u32, round: u32, asked: Result<Reply, AskError>) -> Event {
        Event::Completed {
            trial: trial(go),
            place: Place { round, command: 0 },
            completion: Completion::Asked(asked),
        }
    }

    fn reply() -> Reply {
        Reply {
            text: String::new(),
            thinking: None,
            stop: StopReason::Finished,
            usage: Usage::default(),
            timing: Timing::default(),
            attempts: 1,
            raw: None,
        }
    }

    fn error(kind: AskErrorKind, attempts: u32) -> AskError {
        AskError {
            kind,
            status: None,
            message: String::new(),
            attempts,
        }
    }

    fn of(events: &[Event]) -> Cost {
        let mut cost = Cost::default();
        for event in events {
            cost.observe(event);
        }
        cost
    }

    fn again(seconds: u64) -> Decision {
        Decision::Retry(Duration::from_secs(seconds))
    }

    #[test]
    fn a_question_that_took_three_attempts_cost_two_pauses_and_what_the_failed_ones_lasted() {
        let cost = of(&[
            failed(0, Phase::Queue, again(2), Some(10)),
            failed(0, Phase::Decode, again(4), Some(5)),
            ended(0, 0, Ok(reply())),
        ]);
        assert_eq!((cost.questions(), cost.attempts, cost.failed), (1, 3, 2));
        assert_eq!(cost.attempts_per_question(), Some(3.0));
        assert_eq!(
            (cost.paused, cost.wasted),
            (Duration::from_secs(6), Some(Duration::from_secs(15)))
        );
        assert_eq!(cost.in_mid_answer, 1);
    }

    #[test]
    fn a_question_that_was_given_up_and_asked_again_in_a_later_go_is_one_question() {
        let cost = of(&[
            failed(0, Phase::Queue, Decision::GiveUp(String::new()), None),
            ended(0, 0, Err(error(AskErrorKind::RetriesExhausted, 1))),
            ended(1, 0, Ok(reply())),
        ]);
        assert_eq!((cost.questions(), cost.attempts), (1, 2));
    }

    #[test]
    fn each_question_of_a_trial_counts_and_one_that_never_reached_a_server_does_not() {
        let cost = of(&[
            ended(0, 0, Ok(reply())),
            ended(0, 1, Err(error(AskErrorKind::Rejected, 1))),
            ended(0, 2, Err(error(AskErrorKind::Rejected, 0))),
        ]);
        assert_eq!((cost.questions(), cost.attempts, cost.failed), (2, 2, 0));
    }

    #[test]
    fn what_was_not_noted_is_not_made_up() {
        assert_eq!(of(&[failed(0, Phase::Queue, again(2), None)]).wasted, None);
        assert_eq!(Cost::default().attempts_per_question(), None);
    }
}
