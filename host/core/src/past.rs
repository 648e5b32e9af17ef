//! What a record says of the trials of a run: which are settled, and how far the others had come.

use crate::event::{Entry, Event, TrialId};
use crate::results::Results;
use koderz_api::suite::{Completion, Grade, SuiteInfo};
use koderz_api::summary::Plan;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Completions of the rounds of an open trial, by round and command.
pub(crate) type Rounds = Vec<BTreeMap<u32, Completion>>;

#[derive(Clone, Debug)]
enum State {
    Inconclusive,
    Open { stepped: u32, rounds: Rounds },
}

#[derive(Clone, Debug)]
struct Sample {
    go: u32,
    state: State,
    stage: Box<str>,
}

impl Sample {
    /// Whether more of it is to be done.
    fn is_wanted(&self, remainder: Remainder) -> bool {
        match (&self.state, remainder) {
            (State::Inconclusive, remainder) => remainder != Remainder::Open,
            // A later go at what was inconclusive is a part of asking it again.
            (State::Open { .. }, Remainder::Inconclusive) => self.go > 0,
            (State::Open { .. }, _) => true,
        }
    }
}

/// What of a run is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remainder {
    /// What has no verdict.
    Open,
    /// What was inconclusive, once more, and nothing else.
    Inconclusive,
    /// Both.
    All,
}

/// What had happened when a run was left. Completions are kept for open trials only.
#[derive(Clone, Debug, Default)]
pub struct Past {
    left_open: bool,
    /// Samples that have no verdict, or one that another go may replace.
    samples: HashMap<String, BTreeMap<u32, Sample>>,
    settled: Settled,
    /// Stages that the suite had decided on, in their order.
    planned: Vec<Plan>,
    /// What a suite is told of them, where it wants to know.
    results: Option<Results>,
}

/// Samples that have a verdict for good. There may be a million tasks, so a task takes its name and a few bytes.
#[derive(Clone, Debug, Default)]
struct Settled {
    /// By task, a bit for each of the first samples.
    first: HashMap<Box<str>, u64>,
    others: BTreeSet<(Box<str>, u32)>,
    count: u64,
}

impl Settled {
    fn bit(sample: u32) -> Option<u64> {
        1_u64.checked_shl(sample)
    }

    fn add(&mut self, task: &str, sample: u32) {
        let is_new = match (Settled::bit(sample), self.first.get_mut(task)) {
            (Some(bit), Some(bits)) => {
                let before = *bits;
                *bits |= bit;
                *bits != before
            }
            (Some(bit), None) => self.first.insert(task.into(), bit).is_none(),
            (None, _) => self.others.insert((task.into(), sample)),
        };
        self.count += u64::from(is_new);
    }

    fn contains(&self, task: &str, sample: u32) -> bool {
        match Settled::bit(sample) {
            Some(bit) => self.first.get(task).is_some_and(|bits| bits & bit != 0),
            None => self.others.contains(&(task.into(), sample)),
        }
    }
}

/// How a trial is to be begun.
#[derive(Debug, PartialEq)]
pub(crate) enum Start {
    /// Not at all: it has a verdict, or is not wanted.
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
            Event::TrialBegan { trial, task, .. } => {
                *self.sample(&trial) = Sample {
                    stage: task.stage.into(),
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
                if verdict.grade == Grade::Inconclusive {
                    self.sample(&trial).state = State::Inconclusive;
                } else {
                    self.settle(&trial);
                }
            }
            Event::StagePlanned { plan } => self.planned.push(plan),
            Event::Began { .. }
            | Event::Loading { .. }
            | Event::Loaded { .. }
            | Event::OutageBegan { .. }
            | Event::OutageEnded { .. }
            | Event::LimitChanged { .. }
            | Event::Calibrated { .. }
            | Event::Metered { .. }
            | Event::StageBegan { .. }
            | Event::AttemptFailed { .. }
            | Event::Summarized { .. }
            | Event::Ended { .. } => {}
        }
    }

    /// How many trials need not be begun again.
    pub fn settled(&self, remainder: Remainder) -> u64 {
        let done = |sample: &&Sample| match sample.state {
            State::Inconclusive => remainder == Remainder::Open,
            State::Open { .. } => false,
        };
        let others = self.samples.values().flat_map(BTreeMap::values).filter(done).count();
        self.settled.count + others as u64
    }

    /// Whether a trial that was begun before is to be gone on with, or tried again, in a stage that measures times.
    pub fn leaves_timed(&self, info: &SuiteInfo, remainder: Remainder) -> bool {
        let stages = info.stages.iter().chain(self.planned.iter().map(|plan| &plan.stage));
        let timed: BTreeSet<&str> = stages
            .filter(|stage| stage.is_timed())
            .map(|stage| stage.name.as_str())
            .collect();
        let mut samples = self.samples.values().flat_map(BTreeMap::values);
        samples.any(|sample| timed.contains(&*sample.stage) && sample.is_wanted(remainder))
    }

    /// How a trial is to be begun; what is known of it is handed over and forgotten here.
    pub(crate) fn start(&mut self, task: &str, sample: u32, remainder: Remainder) -> Start {
        if self.settled.contains(task, sample) {
            return Start::Not;
        }
        let known = self.samples.get_mut(task).and_then(|samples| samples.get_mut(&sample));
        match known.map(|known| (known.go, &mut known.state)) {
            Some((_, State::Inconclusive)) if remainder == Remainder::Open => Start::Not,
            Some((go, State::Inconclusive)) => Start::Fresh { go: go + 1 },
            // A later go at what was inconclusive is a part of asking it again.
            None | Some((0, State::Open { .. })) if remainder == Remainder::Inconclusive => {
                self.left_open = true;
                Start::Not
            }
            None => Start::Fresh { go: 0 },
            Some((go, State::Open { stepped, rounds })) => Start::Onward {
                go,
                stepped: *stepped,
                rounds: std::mem::take(rounds),
            },
        }
    }

    /// Whether a trial without a verdict was not wanted.
    pub(crate) fn left_open(&self) -> bool {
        self.left_open
    }

    fn settle(&mut self, trial: &TrialId) {
        if let Some(samples) = self.samples.get_mut(&trial.task) {
            samples.remove(&trial.sample);
            if samples.is_empty() {
                self.samples.remove(&trial.task);
            }
        }
        self.settled.add(&trial.task, trial.sample);
    }

    fn sample(&mut self, trial: &TrialId) -> &mut Sample {
        let fresh = Sample {
            stage: Box::default(),
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
    use koderz_api::suite::{Pacing, Stage, Task, Verdict};
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
    fn times_are_left_to_measure_only_where_a_trial_of_a_timed_stage_is_wanted() {
        let info = |pacing, warm_up| SuiteInfo {
            stages: vec![Stage {
                name: "main".to_owned(),
                pacing,
                warm_up,
            }],
            metrics: Vec::new(),
            samples: 1,
            languages: Vec::new(),
            slots: Vec::new(),
            context_tokens: None,
            task_count: Some(1),
        };
        let open = || past(vec![began(0)]);
        let inconclusive = || past(vec![began(0), finished(0, Grade::Inconclusive)]);
        let again = || past(vec![began(0), finished(0, Grade::Inconclusive), began(1)]);
        let done = || past(vec![began(0), finished(0, Grade::Ungraded)]);
        for (what, past, wanted) in [
            ("open", open(), [true, false, true]),
            ("inconclusive", inconclusive(), [false, true, true]),
            ("tried again", again(), [true, true, true]),
            ("done", done(), [false, false, false]),
        ] {
            let left = |info: &SuiteInfo| {
                [Remainder::Open, Remainder::Inconclusive, Remainder::All]
                    .map(|remainder| past.leaves_timed(info, remainder))
            };
            assert_eq!(left(&info(Pacing::Exclusive, false)), wanted, "{what}");
            assert_eq!(left(&info(Pacing::Exclusive, true)), [false; 3], "{what}");
            assert_eq!(left(&info(Pacing::Shared, false)), [false; 3], "{what}");
        }
    }

    #[test]
    fn a_trial_with_a_verdict_is_not_begun_again() {
        let mut past = past(vec![began(0), completed(0), finished(0, Grade::Fail)]);
        assert_eq!(past.settled(Remainder::All), 1);
        assert_eq!(past.start("t", 0, Remainder::All), Start::Not);
        assert_eq!(past.start("t", 1, Remainder::All), Start::Fresh { go: 0 });
    }

    #[test]
    fn however_many_samples_a_task_has_each_is_settled_once_and_by_itself() {
        let mut settled = Settled::default();
        for sample in [0, 63, 64, 1000, 63, 1000] {
            settled.add("t", sample);
        }
        assert_eq!(settled.count, 4);
        let has = |task, sample| settled.contains(task, sample);
        assert!(has("t", 0) && has("t", 63) && has("t", 64) && has("t", 1000));
        assert!(!has("t", 1) && !has("t", 65) && !has("u", 0));
    }

    #[test]
    fn an_open_trial_goes_on_with_what_was_recorded() {
        let mut past = past(vec![began(0), completed(0)]);
        assert_eq!(past.settled(Remainder::All), 0);
        match past.start("t", 0, Remainder::All) {
            Start::Onward { go: 0, rounds, .. } => assert!(rounds[0].contains_key(&0)),
            other => panic!("begun as {other:?}"),
        }
    }

    #[test]
    fn an_inconclusive_trial_is_tried_afresh_unless_that_is_unwanted() {
        let mut past = past(vec![began(0), completed(0), finished(0, Grade::Inconclusive)]);
        assert_eq!(past.start("t", 0, Remainder::Open), Start::Not);
        assert_eq!(past.start("t", 0, Remainder::All), Start::Fresh { go: 1 });
    }

    #[test]
    fn where_only_the_inconclusive_is_wanted_the_open_stays_open_and_that_is_known() {
        let mut past = past(vec![began(0), finished(0, Grade::Inconclusive)]);
        assert_eq!(past.start("t", 0, Remainder::Inconclusive), Start::Fresh { go: 1 });
        assert!(!past.left_open());
        assert_eq!(past.start("t", 1, Remainder::Inconclusive), Start::Not);
        assert!(past.left_open());
    }

    #[test]
    fn a_second_go_that_was_cut_off_is_still_one_at_what_was_inconclusive() {
        let mut past = past(vec![began(0), finished(0, Grade::Inconclusive), began(1)]);
        let start = past.start("t", 0, Remainder::Inconclusive);
        assert!(matches!(start, Start::Onward { go: 1, .. }), "{start:?}");
        assert!(!past.left_open());
    }

    #[test]
    fn a_later_go_replaces_an_earlier_one() {
        let mut past = past(vec![
            began(0),
            finished(0, Grade::Inconclusive),
            began(1),
            finished(1, Grade::Pass),
        ]);
        assert_eq!(past.start("t", 0, Remainder::All), Start::Not);
    }
}
