//! What the user wants of a run, as far as the core needs to know it.

use crate::event::Instrument;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

/// Which of a suite's tasks to try.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// The first task, counted from 0 in the suite's own order.
    pub start: u64,
    /// The first task that is left out again; none for all from `start` on.
    pub end: Option<u64>,
    /// Only tasks with these ids; none for any.
    pub ids: Option<BTreeSet<String>>,
    /// Tasks of which fewer samples are wanted than of the others, and how many.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fewer: BTreeMap<String, u32>,
    /// No more tasks than this; none for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Whether tasks come in an order that follows from the run's seed, and a limit takes the first in that order.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shuffle: bool,
}

impl Selection {
    /// Whether the task at a place in the suite's order belongs to it.
    pub fn contains(&self, index: u64, id: &str) -> bool {
        index >= self.start
            && self.end.is_none_or(|end| index < end)
            && self.ids.as_ref().is_none_or(|ids| ids.contains(id))
    }

    /// How many tasks it holds of a suite with `count` of them.
    pub fn count(&self, count: u64) -> u64 {
        let range = self.end.unwrap_or(count).min(count).saturating_sub(self.start);
        let named = self.ids.as_ref().map_or(range, |ids| range.min(ids.len() as u64));
        self.limit.map_or(named, |limit| named.min(limit))
    }

    /// How many samples of a task there are to be where so many are usual.
    pub fn samples(&self, id: &str, usual: u32) -> u32 {
        self.fewer.get(id).map_or(usual, |fewer| usual.min(*fewer))
    }

    /// How many trials there are of a suite with `count` tasks where so many samples are usual.
    pub fn trials(&self, count: u64, usual: u32) -> u64 {
        let missing = self.fewer.values().map(|fewer| u64::from(usual.saturating_sub(*fewer)));
        (self.count(count) * u64::from(usual)).saturating_sub(missing.sum())
    }
}

/// How many questions may be under way at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Concurrency {
    /// So many.
    Fixed(NonZeroU32),
    /// As many as the server is found to work on at once.
    Found(Found),
}

/// The word for [`Concurrency::Found`] in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// The one word.
    Auto,
}

impl Concurrency {
    /// As many as the server is found to work on at once.
    pub const AUTO: Concurrency = Concurrency::Found(Found::Auto);

    /// The most that is tried where the number is found: beyond what one machine's model servers are set to.
    const MOST_FOUND: u32 = 32;

    /// How many there may be at most.
    pub fn most(self) -> u32 {
        match self {
            Concurrency::Fixed(number) => number.get(),
            Concurrency::Found(Found::Auto) => Concurrency::MOST_FOUND,
        }
    }
}

impl fmt::Display for Concurrency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Concurrency::Fixed(number) => number.fmt(f),
            Concurrency::Found(Found::Auto) => f.write_str("auto"),
        }
    }
}

/// What a question gets where its suite leaves the choice to the user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Defaults {
    /// Softmax temperature; 0 is greedy.
    pub temperature: f64,
    /// Nucleus sampling, whatever the suite says; none leaves it to the suite and the model.
    pub top_p: Option<f64>,
    /// The longest answer in tokens, whatever the suite says; none leaves it to the suite and the server.
    pub max_output_tokens: Option<u32>,
    /// What a conversation begins with, before anything that the suite says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
}

/// What the core and the user hold against a plugin that would go on for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Rounds of a trial.
    pub rounds: u32,
    /// Commands of a step.
    pub commands: usize,
    /// Bytes of text that the commands of a step may hold.
    pub step_bytes: usize,
    /// Bytes of text that a trial's history may hold.
    pub history_bytes: usize,
    /// Bytes of text that a verdict may hold.
    pub verdict_bytes: usize,
    /// Attempts at a question, whatever the policy says.
    pub attempts: u32,
    /// The longest pause between two attempts.
    pub pause: Duration,
    /// The longest that a question is held back for a server to come back.
    pub outage: Duration,
}

impl Default for Caps {
    fn default() -> Self {
        Caps {
            rounds: 256,
            commands: 64,
            step_bytes: 64 << 20,
            history_bytes: 64 << 20,
            verdict_bytes: 1 << 20,
            attempts: 1000,
            pause: Duration::from_secs(3600),
            outage: Duration::from_secs(600),
        }
    }
}

/// A run, before it begins.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which tasks.
    pub selection: Selection,
    /// How many samples of each.
    pub samples: NonZeroU32,
    /// What every other seed follows from.
    pub seed: u64,
    /// How many questions may be under way at once.
    pub concurrency: Concurrency,
    /// How many programs may run at once.
    pub evaluations: NonZeroU32,
    /// Which model answers for which slot of the suite.
    pub slots: BTreeMap<String, String>,
    /// What the suite leaves open.
    pub defaults: Defaults,
    /// The context window, the same for every question.
    pub context_tokens: Option<u32>,
    /// Retries after which the host gives up whatever the policy says; none leaves it to the policy.
    pub max_retries: Option<u32>,
    /// Processor time of programs, by task; what is not in it is left to the suite.
    pub limits: BTreeMap<String, Duration>,
    /// What is not what the run was begun with, in words: none of it, unless the user has allowed that.
    pub changes: Vec<String>,
    /// How long a question may take with all its attempts and pauses; none for as long as it takes.
    pub deadline: Option<Duration>,
    /// How far off the host is when it times answers, where it has found that out.
    pub instrument: Option<Instrument>,
    /// Bounds.
    pub caps: Caps,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_selection_is_exclusive() {
        let selection = Selection {
            start: 2,
            end: Some(4),
            ..Selection::default()
        };
        let chosen: Vec<u64> = (0..10).filter(|index| selection.contains(*index, "any")).collect();
        assert_eq!(chosen, [2, 3]);
        assert_eq!(selection.count(10), 2);
    }

    #[test]
    fn an_end_past_the_last_task_means_all_that_there_are() {
        let selection = Selection {
            start: 0,
            end: Some(500),
            ..Selection::default()
        };
        assert_eq!(selection.count(164), 164);
    }

    #[test]
    fn concurrency_is_a_number_or_a_word_in_json() {
        let four = Concurrency::Fixed(NonZeroU32::new(4).expect("not nought"));
        for (concurrency, json) in [(four, "4"), (Concurrency::AUTO, "\"auto\"")] {
            assert_eq!(serde_json::to_string(&concurrency).ok().as_deref(), Some(json));
            assert_eq!(serde_json::from_str::<Concurrency>(json).ok(), Some(concurrency));
        }
        assert!(serde_json::from_str::<Concurrency>("0").is_err());
    }

    #[test]
    fn of_some_tasks_fewer_samples_may_be_wanted() {
        let selection = Selection {
            fewer: BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 9)]),
            ..Selection::default()
        };
        assert_eq!(["a", "b", "c"].map(|id| selection.samples(id, 4)), [1, 4, 4]);
        assert_eq!(selection.trials(3, 4), 9);
    }

    #[test]
    fn ids_narrow_a_selection() {
        let selection = Selection {
            ids: Some(BTreeSet::from(["b".to_owned()])),
            ..Selection::default()
        };
        assert!(selection.contains(1, "b"));
        assert!(!selection.contains(0, "a"));
        assert_eq!(selection.count(3), 1);
    }
}
