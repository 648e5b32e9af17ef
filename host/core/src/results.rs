//! The results of a run as a suite's own summary and planner see them.
//!
//! Only a suite that asks for them has them kept: they grow with the run.

use crate::event::{Entry, Event, TrialId};
use koderz_api::Label;
use koderz_api::summary::Graded;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// Results so far. Told of every event in the record's order, those of earlier sessions too.
#[derive(Clone, Debug, Default)]
pub struct Results {
    clock: Clock,
    warm_up: BTreeSet<String>,
    open: HashMap<TrialId, Open>,
    graded: Vec<Graded>,
    /// Where a sample's result is: a later go takes the place of an earlier one.
    places: HashMap<(String, u32), usize>,
}

/// A trial that has begun.
#[derive(Clone, Debug)]
struct Open {
    stage: String,
    labels: Vec<Label>,
    began: Duration,
}

/// How long each stage has run, interruptions apart.
#[derive(Clone, Debug, Default)]
struct Clock {
    stage: Option<String>,
    began: Duration,
    last: Duration,
    before: HashMap<String, Duration>,
}

impl Clock {
    /// A session began, or another stage: what the one before had run is kept.
    fn settle(&mut self) {
        if let Some(stage) = self.stage.take() {
            *self.before.entry(stage).or_default() += self.last.saturating_sub(self.began);
        }
    }

    fn now(&self) -> Duration {
        let before = self.stage.as_ref().and_then(|stage| self.before.get(stage));
        before.copied().unwrap_or_default() + self.last.saturating_sub(self.began)
    }
}

impl Results {
    /// Takes in an event.
    pub fn observe(&mut self, entry: &Entry) {
        if let Event::Began { .. } = entry.event {
            self.clock.settle();
        }
        self.clock.last = entry.at;
        match &entry.event {
            Event::StageBegan { stage, warm_up, .. } => {
                self.clock.settle();
                self.clock.stage = Some(stage.clone());
                self.clock.began = entry.at;
                if *warm_up {
                    self.warm_up.insert(stage.clone());
                }
            }
            Event::TrialBegan { trial, task, .. } if !self.warm_up.contains(&task.stage) => {
                let open = Open {
                    stage: task.stage.clone(),
                    labels: task.labels.clone(),
                    began: self.clock.now(),
                };
                self.open.insert(trial.clone(), open);
            }
            Event::TrialFinished { trial, verdict } => {
                if let Some(open) = self.open.remove(trial) {
                    let graded = Graded {
                        task_id: trial.task.clone(),
                        stage: open.stage,
                        sample: trial.sample,
                        labels: open.labels,
                        began: open.began,
                        ended: self.clock.now(),
                        verdict: verdict.clone(),
                    };
                    self.keep(graded);
                }
            }
            _ => {}
        }
    }

    fn keep(&mut self, graded: Graded) {
        let sample = (graded.task_id.clone(), graded.sample);
        match self.places.get(&sample) {
            Some(place) => self.graded[*place] = graded,
            None => {
                self.places.insert(sample, self.graded.len());
                self.graded.push(graded);
            }
        }
    }

    /// Every trial that has ended, warm-ups apart, in the order in which they first did.
    pub fn graded(&self) -> &[Graded] {
        &self.graded
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::End;
    use koderz_api::suite::{Grade, Task, Verdict};

    fn told(events: Vec<(u64, Event)>) -> Results {
        let mut results = Results::default();
        for (seconds, event) in events {
            results.observe(&Entry {
                at: Duration::from_secs(seconds),
                host: None,
                event,
            });
        }
        results
    }

    fn began() -> Event {
        Event::Began {
            trials: None,
            settled: 0,
            changes: Vec::new(),
        }
    }

    fn stage(name: &str, warm_up: bool) -> Event {
        Event::StageBegan {
            stage: name.to_owned(),
            warm_up,
            pacing: None,
        }
    }

    fn trial(task: &str, go: u32) -> TrialId {
        TrialId {
            task: task.to_owned(),
            sample: 0,
            go,
        }
    }

    fn trial_began(task: &str, stage: &str, go: u32) -> Event {
        Event::TrialBegan {
            trial: trial(task, go),
            task: Task {
                id: task.to_owned(),
                stage: stage.to_owned(),
                input: "{}".to_owned(),
                labels: Vec::new(),
            },
            seed: 0,
        }
    }

    fn finished(task: &str, go: u32, grade: Grade) -> Event {
        Event::TrialFinished {
            trial: trial(task, go),
            verdict: Verdict {
                grade,
                metrics: Vec::new(),
                reason: String::new(),
                labels: Vec::new(),
            },
        }
    }

    fn times(results: &Results) -> Vec<(&str, u64, u64)> {
        let seconds = |graded: &Graded| (graded.began.as_secs(), graded.ended.as_secs());
        let graded = results.graded().iter();
        graded
            .map(|graded| (graded.task_id.as_str(), seconds(graded).0, seconds(graded).1))
            .collect()
    }

    #[test]
    fn a_trial_is_timed_from_the_beginning_of_its_stage_and_a_warm_up_is_left_out() {
        let results = told(vec![
            (0, began()),
            (1, stage("warm", true)),
            (1, trial_began("w", "warm", 0)),
            (2, finished("w", 0, Grade::Ungraded)),
            (10, stage("main", false)),
            (11, trial_began("a", "main", 0)),
            (14, finished("a", 0, Grade::Pass)),
        ]);
        assert_eq!(times(&results), [("a", 1, 4)]);
    }

    #[test]
    fn the_clock_stands_still_while_a_run_is_interrupted() {
        let results = told(vec![
            (0, began()),
            (10, stage("main", false)),
            (11, trial_began("a", "main", 0)),
            (15, Event::Ended { end: End::Stopped }),
            // Time is counted anew in each session.
            (0, began()),
            (3, stage("main", false)),
            (5, finished("a", 0, Grade::Pass)),
        ]);
        assert_eq!(times(&results), [("a", 1, 7)], "5 s before and 2 s after");
    }

    #[test]
    fn a_later_go_takes_the_place_of_an_earlier_one() {
        let results = told(vec![
            (0, began()),
            (0, stage("main", false)),
            (0, trial_began("a", "main", 0)),
            (1, finished("a", 0, Grade::Inconclusive)),
            (2, trial_began("a", "main", 1)),
            (3, finished("a", 1, Grade::Pass)),
        ]);
        assert_eq!(times(&results), [("a", 2, 3)]);
        assert_eq!(results.graded()[0].verdict.grade, Grade::Pass);
    }
}
