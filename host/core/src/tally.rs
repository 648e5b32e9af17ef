//! How far a run has come, counted without its samples.
//!
//! What is kept is bounded by what is under way and what was inconclusive, so that whoever only counts takes no more
//! memory for a million trials than for a hundred.

use crate::event::{Entry, Event};
use crate::summary::{Counts, SampleId, Summary};
use koderz_api::suite::Grade;

/// Counts over the events of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally(Summary);

impl Tally {
    /// Takes in an event.
    pub fn observe(&mut self, entry: &Entry) {
        self.0.observe(entry);
        // An inconclusive sample may be gone at again, which takes it out of its count.
        if let Event::TrialFinished { trial, verdict } = &entry.event
            && verdict.grade != Grade::Inconclusive
        {
            self.0.samples.remove(&SampleId::of(trial));
        }
    }

    /// How many trials came to what.
    pub fn counts(&self) -> Counts {
        self.0.counts()
    }

    /// Retries in all.
    pub fn retry_count(&self) -> u64 {
        self.0.retry_count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::TrialId;
    use koderz_api::suite::{Task, Verdict};
    use std::time::Duration;

    fn go(task: u32, go: u32, grade: Grade) -> [Entry; 2] {
        let trial = TrialId {
            task: format!("t/{task}"),
            sample: 0,
            go,
        };
        let stated = Task {
            id: trial.task.clone(),
            stage: "main".to_owned(),
            input: String::new(),
            labels: Vec::new(),
        };
        let verdict = Verdict {
            grade,
            metrics: Vec::new(),
            reason: String::new(),
            labels: Vec::new(),
        };
        let began = Event::TrialBegan {
            trial: trial.clone(),
            task: stated,
            seed: 0,
        };
        [began, Event::TrialFinished { trial, verdict }].map(|event| Entry {
            at: Duration::ZERO,
            host: None,
            event,
        })
    }

    #[test]
    fn it_counts_what_a_summary_counts_and_keeps_only_what_may_change() {
        let (mut tally, mut summary) = (Tally::default(), Summary::default());
        let goes = (0..100).map(|task| go(task, 0, if task < 3 { Grade::Inconclusive } else { Grade::Pass }));
        for entry in goes.chain([go(0, 1, Grade::Fail)]).flatten() {
            tally.observe(&entry);
            summary.observe(&entry);
        }
        assert_eq!(tally.counts(), summary.counts());
        assert_eq!(
            (tally.counts().pass, tally.counts().fail, tally.counts().inconclusive),
            (97, 1, 2)
        );
        assert_eq!(tally.0.samples.len(), 2);
    }
}
