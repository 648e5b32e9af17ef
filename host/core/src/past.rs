//! What a record says of the trials of a run: which are settled, and how far the others had come.

use crate::event::{Entry, Event, TrialId};
use crate::results::Results;
use koderz_api::suite::{Completion, Grade};
use koderz_api::summary::Plan;
use std::collections::{BTreeMap, HashMap};

/// Completions of the rounds of an open trial, by round and command.
pub(crate) type Rounds = Vec<BTreeMap<u32, Completion>>;

#[derive(Clone, Debug)]
enum State {
    Settled,
    Inconclusive,
    Open { stepped: u32, rounds: Rounds },
}

#[derive(Clone, Debug)]
struct Sample {
    go: u32,
    state: State,
}

/// What had happened when a run was left. Completions are kept for open trials only.
#[derive(Clone, Debug, Default)]
pub struct Past {
    samples: HashMap<String, BTreeMap<u32, Sample>>,
    /// Stages that the suite had decided on, in their order.
    planned: Vec<Plan>,
    /// What a suite is told of them, where it wants to know.
    results: Option<Results>,
}

/// How a trial is to be begun.
#[derive(Debug, PartialEq)]
pub(crate) enum Start {
    /// Not at all: it has a verdict.
    Not,
    /// From nothing.
    Fresh { go: u32 },
    /// From where it was left.
    Onward { go: u32, stepped: u32, rounds: Rounds },
}

impl Past {
    /// The same for a suite that is told of results.
    pub fn with_results() -> Self {
        Past {
            results: Some(Results::default()),
            ..Past::default()
        }
    }

    /// Results so far, and stages that were planned by them; they are handed over.
    pub(crate) fn take_results(&mut self) -> (Results, Vec<Plan>) {
        (
            self.results.take().unwrap_or_default(),
            std::mem::take(&mut self.planned),
        )
    }

    /// Takes in an entry of the record. Entries come in the record's order.
    pub fn observe(&mut self, entry: Entry) {
        if let Some(results) = &mut self.results {
            results.observe(&entry);
        }
        match entry.event {
            Event::TrialBegan { trial, .. } => {
                *self.sample(&trial) = Sample {
                    go: trial.go,
                    state: State::Open {
                        stepped: 0,
                        rounds: Vec::new(),
                    },
                };
            }
            Event::Stepped { trial, round, .. } => {
                if let State::Open { stepped, .. } = &mut self.sample(&trial).state {
                    *stepped = round + 1;
                }
            }
            Event::Completed {
                trial,
                place,
                completion,
            } => {
                if let State::Open { rounds, .. } = &mut self.sample(&trial).state {
                    let round = place.round as usize;
                    if rounds.len() <= round {
                        rounds.resize_with(round + 1, BTreeMap::new);
                    }
                    rounds[round].insert(place.command, completion);
                }
            }
            Event::TrialFinished { trial, verdict } => {
                self.sample(&trial).state = match verdict.grade {
                    Grade::Inconclusive => State::Inconclusive,
                    Grade::Pass | Grade::Fail | Grade::Partial(_) | Grade::Ungraded => State::Settled,
                };
            }
            Event::StagePlanned { plan } => self.planned.push(plan),
            Event::Began { .. }
            | Event::Loading { .. }
            | Event::Loaded { .. }
            | Event::OutageBegan { .. }
            | Event::OutageEnded { .. }
            | Event::LimitChanged { .. }
            | Event::StageBegan { .. }
            | Event::AttemptFailed { .. }
            | Event::Summarized { .. }
            | Event::Ended { .. } => {}
        }
    }

    /// How many trials need not be begun again.
    pub fn settled(&self, retry_inconclusive: bool) -> u64 {
        let done = |sample: &&Sample| match sample.state {
            State::Settled => true,
            State::Inconclusive => !retry_inconclusive,
            State::Open { .. } => false,
        };
        self.samples.values().flat_map(BTreeMap::values).filter(done).count() as u64
    }

    /// How a trial is to be begun; what is known of it is handed over and forgotten here.
    pub(crate) fn start(&mut self, task: &str, sample: u32, retry_inconclusive: bool) -> Start {
        let Some(known) = self.samples.get_mut(task).and_then(|samples| samples.get_mut(&sample)) else {
            return Start::Fresh { go: 0 };
        };
        match &mut known.state {
            State::Settled => Start::Not,
            State::Inconclusive if retry_inconclusive => Start::Fresh { go: known.go + 1 },
            State::Inconclusive => Start::Not,
            State::Open { stepped, rounds } => Start::Onward {
                go: known.go,
                stepped: *stepped,
                rounds: std::mem::take(rounds),
            },
        }
    }

    fn sample(&mut self, trial: &TrialId) -> &mut Sample {
        let fresh = Sample {
            go: trial.go,
            state: State::Open {
                stepped: 0,
                rounds: Vec::new(),
            },
        };
        self.samples
            .entry(trial.task.clone())
            .or_default()
            .entry(trial.sample)
            .or_insert(fresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Place;
    use koderz_api::chat::{AskError, AskErrorKind};
    use koderz_api::suite::{Task, Verdict};
    use std::time::Duration;

    fn id(go: u32) -> TrialId {
        TrialId {
            task: "t".to_owned(),
            sample: 0,
            go,
        }
    }

    fn past(events: Vec<Event>) -> Past {
        let mut past = Past::default();
        for event in events {
            past.observe(Entry {
                at: Duration::ZERO,
                host: None,
                event,
            });
        }
        past
    }

    fn began(go: u32) -> Event {
        let task = Task {
            id: "t".to_owned(),
            stage: "main".to_owned(),
            input: "{}".to_owned(),
            labels: Vec::new(),
        };
        Event::TrialBegan {
            trial: id(go),
            task,
            seed: 0,
        }
    }

    fn completed(go: u32) -> Event {
        let error = AskError {
            kind: AskErrorKind::Rejected,
            status: None,
            message: String::new(),
            attempts: 1,
        };
        Event::Completed {
            trial: id(go),
            place: Place { round: 0, command: 0 },
            completion: Completion::Asked(Err(error)),
        }
    }

    fn finished(go: u32, grade: Grade) -> Event {
        let verdict = Verdict {
            grade,
            metrics: Vec::new(),
            reason: String::new(),
            labels: Vec::new(),
        };
        Event::TrialFinished { trial: id(go), verdict }
    }

    #[test]
    fn a_trial_with_a_verdict_is_not_begun_again() {
        let mut past = past(vec![began(0), completed(0), finished(0, Grade::Fail)]);
        assert_eq!(past.settled(true), 1);
        assert_eq!(past.start("t", 0, true), Start::Not);
        assert_eq!(past.start("t", 1, true), Start::Fresh { go: 0 });
    }

    #[test]
    fn an_open_trial_goes_on_with_what_was_recorded() {
        let mut past = past(vec![began(0), completed(0)]);
        assert_eq!(past.settled(true), 0);
        match past.start("t", 0, true) {
            Start::Onward { go: 0, rounds, .. } => assert!(rounds[0].contains_key(&0)),
            other => panic!("begun as {other:?}"),
        }
    }

    #[test]
    fn an_inconclusive_trial_is_tried_afresh_unless_that_is_unwanted() {
        let mut past = past(vec![began(0), completed(0), finished(0, Grade::Inconclusive)]);
        assert_eq!(past.start("t", 0, false), Start::Not);
        assert_eq!(past.start("t", 0, true), Start::Fresh { go: 1 });
    }

    #[test]
    fn a_later_go_replaces_an_earlier_one() {
        let mut past = past(vec![
            began(0),
            finished(0, Grade::Inconclusive),
            began(1),
            finished(1, Grade::Pass),
        ]);
        assert_eq!(past.start("t", 0, true), Start::Not);
    }
}
