//! What a run comes to: a fold over its events.
//!
//! The same code counts while a run goes on and after it was read back, so what was shown live and what a report says
//! cannot differ.

use crate::cost::Cost;
pub use crate::counts::{Counts, truncated};
use crate::energy::Used;
use crate::event::{Entry, Event, Instrument, Resident, TrialId};
use crate::statistics::{Rate, pass_at_k_over};
use koderz_api::retry::Decision;
use koderz_api::suite::{Completion, Grade, Verdict};
use koderz_api::summary::Figure;
use koderz_api::transport::FailureKind;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// The label by which a suite says how an answer failed.
pub const FAILURE: &str = "failure";

/// The value of [`FAILURE`] for an answer that failed because the output bound cut it.
pub const TRUNCATED: &str = "truncated";

/// A task and a sample, ordered as a person would: `t/2` before `t/10`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SampleId {
    /// The task's id.
    pub task: String,
    /// Which sample.
    pub sample: u32,
}

impl SampleId {
    /// The sample that a trial is a go at.
    pub fn of(trial: &TrialId) -> Self {
        SampleId {
            task: trial.task.clone(),
            sample: trial.sample,
        }
    }
}

impl Ord for SampleId {
    fn cmp(&self, other: &Self) -> Ordering {
        natural(&self.task, &other.task).then_with(|| self.sample.cmp(&other.sample))
    }
}

impl PartialOrd for SampleId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Runs of digits compare as numbers, all else as text.
fn natural(left: &str, right: &str) -> Ordering {
    let (mut left_rest, mut right_rest) = (left, right);
    while let (Some(a), Some(b)) = (left_rest.chars().next(), right_rest.chars().next()) {
        let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (m, n) = (digits(left_rest), digits(right_rest));
        let order = if m > 0 && n > 0 {
            let (x, y) = (
                left_rest[..m].trim_start_matches('0'),
                right_rest[..n].trim_start_matches('0'),
            );
            let order = x.len().cmp(&y.len()).then_with(|| x.cmp(y));
            (left_rest, right_rest) = (&left_rest[m..], &right_rest[n..]);
            order
        } else {
            (left_rest, right_rest) = (&left_rest[a.len_utf8()..], &right_rest[b.len_utf8()..]);
            a.cmp(&b)
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    // Equal as numbers but not as text (`t/1` and `t/01`) still needs one order.
    left_rest.len().cmp(&right_rest.len()).then_with(|| left.cmp(right))
}

/// What is known of one sample of a task: of its latest go.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// Which go it is.
    pub go: u32,
    /// The verdict, once there is one. Samples with the same one share it.
    pub verdict: Option<Arc<Verdict>>,
    /// Attempts that failed.
    pub failed_attempts: u32,
    /// Tokens that the model wrote.
    pub output_tokens: u64,
}

/// Reasons that are kept. A run of a million wrong answers would otherwise hold a million texts.
const REASONS: usize = 10_000;

/// What stands for a reason beyond those.
pub const NOT_KEPT: &str = "why is in the record";

/// Verdicts of late that are compared with a new one. Most of a run's verdicts are among a few.
const LATE: usize = 16;

/// What the transport calls an answer that ended without its last object.
const NO_DONE: &str = "no-done";

/// What a run comes to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Trials of the run in all, where its suite says so.
    pub trials: Option<u64>,
    /// Every sample of which something is known.
    pub samples: BTreeMap<SampleId, Sample>,
    /// Attempts that failed and were followed by another, by kind.
    pub retries: BTreeMap<FailureKind, u64>,
    /// Attempts whose answer ended without its last object, whatever was decided then.
    pub without_done: u64,
    /// Attempts at which the policy failed, and the built-in one decided.
    pub stood_in: u64,
    /// What the answers cost beyond themselves.
    pub cost: Cost,
    /// Questions that were answered.
    pub answers: u64,
    /// Tokens that the model wrote.
    pub output_tokens: u64,
    /// What was changed in mid-run, in words: with any of it the verdicts are not all of one kind.
    pub changes: Vec<String>,
    /// How the model that was loaded last lies in memory, where the server says it.
    pub resident: Option<Resident>,
    /// How far off the host was when it timed answers, in the last stretch of work.
    pub instrument: Option<Instrument>,
    /// What the stages that measure times have used, where there were any.
    pub energy: Option<Used>,
    /// How many questions were under way at once in the end, where that was found rather than set.
    pub limit: Option<u32>,
    /// How often the server was away, and for how long in all, as far as it came back.
    pub outages: u64,
    /// See [`Summary::outages`].
    pub away: Duration,
    /// What the suite itself reckons all results to be, the last time that it was asked.
    pub figures: Vec<Figure>,
    /// Time spent on the run, over all stretches of work.
    pub took: Duration,
    /// Tokens that the model wrote since the stage began that is under way.
    stage_tokens: u64,
    warm_up_stages: HashSet<String>,
    warm_up: HashSet<TrialId>,
    before: Duration,
    counts: Counts,
    late: VecDeque<Arc<Verdict>>,
    reasons: usize,
}

impl Summary {
    /// Takes in an event.
    pub fn observe(&mut self, entry: &Entry) {
        if let Event::Began { .. } = entry.event {
            // Clocks start again at 0 here, whether the stretch before was ended or killed.
            self.before = self.took;
        }
        self.took = self.before + entry.at;
        if entry.event.trial().is_some_and(|trial| self.warm_up.contains(trial)) {
            return;
        }
        self.cost.observe(&entry.event);
        match &entry.event {
            Event::Began { trials, changes, .. } => {
                self.trials = *trials;
                self.changes.extend(changes.iter().cloned());
            }
            Event::StageBegan { stage, warm_up, .. } => {
                self.stage_tokens = 0;
                if *warm_up {
                    self.warm_up_stages.insert(stage.clone());
                }
            }
            Event::TrialBegan { trial, task, .. } => {
                if self.warm_up_stages.contains(&task.stage) {
                    self.warm_up.insert(trial.clone());
                } else {
                    let begun = Sample {
                        go: trial.go,
                        ..Sample::default()
                    };
                    let before = std::mem::replace(self.sample(trial), begun);
                    self.counts.change(before.verdict.as_deref(), None);
                }
            }
            Event::OutageBegan { .. } => self.outages += 1,
            Event::OutageEnded { after } => self.away += *after,
            Event::Calibrated { instrument } => self.instrument = Some(*instrument),
            Event::Metered {
                took,
                parts,
                cards,
                throttled,
                ..
            } => {
                let tokens = std::mem::take(&mut self.stage_tokens);
                let used = self.energy.get_or_insert_default();
                used.add(*took, parts, cards, tokens);
                used.slowed(throttled);
            }
            Event::LimitChanged { limit } => self.limit = Some(*limit),
            Event::Loaded { resident, .. } => self.resident = resident.or(self.resident),
            Event::Loading { .. } | Event::Stepped { .. } => {}
            Event::AttemptFailed {
                trial,
                attempt,
                decision,
                stood_in,
                ..
            } => {
                self.sample(trial).failed_attempts += 1;
                self.without_done += u64::from(attempt.failure.detail == NO_DONE);
                self.stood_in += u64::from(stood_in.is_some());
                if !matches!(decision, Decision::GiveUp(_)) {
                    *self.retries.entry(attempt.failure.kind).or_default() += 1;
                }
            }
            Event::Completed { trial, completion, .. } => {
                if let Completion::Asked(Ok(reply)) = completion {
                    let tokens = u64::from(reply.usage.output_tokens.unwrap_or(0));
                    self.answers += 1;
                    self.output_tokens += tokens;
                    self.stage_tokens += tokens;
                    self.sample(trial).output_tokens += tokens;
                }
            }
            Event::TrialFinished { trial, verdict } => {
                let verdict = self.kept(verdict);
                let before = self.sample(trial).verdict.replace(verdict.clone());
                self.counts.change(before.as_deref(), Some(&verdict));
            }
            Event::StagePlanned { plan } => {
                let planned = plan.tasks.len() as u64;
                self.trials = self.trials.map(|trials| trials + planned);
            }
            Event::Summarized { figures } => self.figures = figures.clone(),
            Event::Ended { .. } => {}
        }
    }

    fn sample(&mut self, trial: &TrialId) -> &mut Sample {
        self.samples.entry(SampleId::of(trial)).or_insert_with(|| {
            self.counts.open += 1;
            Sample::default()
        })
    }

    /// A verdict as it is kept: once for all samples that have it, and with its reason while there is room for reasons.
    fn kept(&mut self, verdict: &Verdict) -> Arc<Verdict> {
        let same =
            |late: &VecDeque<Arc<Verdict>>, verdict: &Verdict| late.iter().find(|late| ***late == *verdict).cloned();
        if let Some(known) = same(&self.late, verdict) {
            return known;
        }
        let mut verdict = verdict.clone();
        if self.reasons >= REASONS && !verdict.reason.is_empty() {
            verdict.reason = NOT_KEPT.to_owned();
            if let Some(known) = same(&self.late, &verdict) {
                return known;
            }
        }
        self.reasons += usize::from(!verdict.reason.is_empty());
        let verdict = Arc::new(verdict);
        self.late.truncate(LATE - 1);
        self.late.push_front(verdict.clone());
        verdict
    }

    /// What came of a sample of a task, where anything did.
    pub fn verdict(&self, task: &str, sample: u32) -> Option<&Verdict> {
        let id = SampleId {
            task: task.to_owned(),
            sample,
        };
        self.samples.get(&id)?.verdict.as_deref()
    }

    /// How many trials came to what.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// pass@k with its interval, over the tasks that have at least `k` conclusive samples.
    pub fn pass_at(&self, k: u64) -> Option<Rate> {
        // Samples of a task stand beside each other.
        let mut tasks: Vec<(u64, u64)> = Vec::new();
        let mut last = None;
        for (id, sample) in &self.samples {
            let right = match sample.verdict.as_ref().map(|verdict| verdict.grade) {
                Some(Grade::Pass) => 1,
                Some(Grade::Fail) => 0,
                Some(Grade::Partial(_) | Grade::Ungraded | Grade::Inconclusive) | None => continue,
            };
            if last.replace(&id.task) != Some(&id.task) {
                tasks.push((0, 0));
            }
            if let Some((samples, passes)) = tasks.last_mut() {
                *samples += 1;
                *passes += right;
            }
        }
        pass_at_k_over(&tasks, k)
    }

    /// Retries in all.
    pub fn retry_count(&self) -> u64 {
        self.retries.values().sum()
    }

    /// Samples whose verdict is of one kind, in order.
    pub fn with_grade(&self, wanted: impl Fn(Grade) -> bool) -> impl Iterator<Item = (&SampleId, &Verdict)> {
        self.samples.iter().filter_map(move |(id, sample)| {
            sample
                .verdict
                .as_deref()
                .filter(|verdict| wanted(verdict.grade))
                .map(|verdict| (id, verdict))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use koderz_api::suite::Task;

    fn ordered(mut ids: Vec<&str>) -> Vec<&str> {
        ids.sort_by(|a, b| natural(a, b));
        ids
    }

    #[test]
    fn tasks_are_ordered_as_a_person_counts() {
        assert_eq!(ordered(vec!["t/10", "t/2", "t/1"]), ["t/1", "t/2", "t/10"]);
        assert_eq!(ordered(vec!["b", "a/2", "a/1x", "a/1"]), ["a/1", "a/1x", "a/2", "b"]);
        assert_ne!(natural("t/01", "t/1"), Ordering::Equal);
    }

    fn entry(seconds: u64, event: Event) -> Entry {
        Entry {
            at: Duration::from_secs(seconds),
            host: None,
            event,
        }
    }

    fn trial(task: &str, go: u32) -> TrialId {
        TrialId {
            task: task.to_owned(),
            sample: 0,
            go,
        }
    }

    fn began(task: &str, go: u32, stage: &str) -> Event {
        let spec = Task {
            id: task.to_owned(),
            stage: stage.to_owned(),
            input: "{}".to_owned(),
            labels: Vec::new(),
        };
        Event::TrialBegan {
            trial: trial(task, go),
            task: spec,
            seed: 0,
        }
    }

    fn finished(task: &str, go: u32, grade: Grade, labels: &[(&str, &str)]) -> Event {
        let labels = labels
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let verdict = Verdict {
            grade,
            metrics: Vec::new(),
            reason: String::new(),
            labels,
        };
        Event::TrialFinished {
            trial: trial(task, go),
            verdict,
        }
    }

    #[test]
    fn inconclusive_trials_have_no_place_in_the_rate() {
        let mut summary = Summary::default();
        for (task, grade) in [("a", Grade::Pass), ("b", Grade::Fail), ("c", Grade::Inconclusive)] {
            summary.observe(&entry(1, began(task, 0, "main")));
            summary.observe(&entry(2, finished(task, 0, grade, &[])));
        }
        assert_eq!(summary.pass_at(1).map(|rate| rate.value), Some(0.5));
        assert_eq!(summary.counts().inconclusive, 1);
    }

    #[test]
    fn a_fresh_go_takes_the_place_of_the_inconclusive_one() {
        let mut summary = Summary::default();
        summary.observe(&entry(1, began("a", 0, "main")));
        summary.observe(&entry(2, finished("a", 0, Grade::Inconclusive, &[])));
        summary.observe(&entry(1, began("a", 1, "main")));
        assert_eq!(
            summary.counts(),
            Counts {
                open: 1,
                ..Counts::default()
            }
        );
        summary.observe(&entry(2, finished("a", 1, Grade::Pass, &[])));
        assert_eq!(
            summary.counts(),
            Counts {
                pass: 1,
                ..Counts::default()
            }
        );
    }

    #[test]
    fn truncated_failures_are_counted_apart_and_still_fail() {
        let mut summary = Summary::default();
        summary.observe(&entry(1, began("a", 0, "main")));
        summary.observe(&entry(2, finished("a", 0, Grade::Fail, &[(FAILURE, TRUNCATED)])));
        assert_eq!(
            summary.counts(),
            Counts {
                fail: 1,
                truncated: 1,
                ..Counts::default()
            }
        );
    }

    #[test]
    fn of_many_wrong_answers_the_first_reasons_are_kept_and_all_are_counted() {
        let mut summary = Summary::default();
        let count = REASONS + 10;
        for number in 0..count {
            let (name, reason) = (format!("t/{number}"), format!("wrong in way {number}"));
            summary.observe(&entry(1, began(&name, 0, "main")));
            let mut event = finished(&name, 0, Grade::Fail, &[]);
            if let Event::TrialFinished { verdict, .. } = &mut event {
                verdict.reason = reason;
            }
            summary.observe(&entry(2, event));
        }
        let reason = |number: usize| {
            summary
                .verdict(&format!("t/{number}"), 0)
                .map(|verdict| verdict.reason.as_str())
        };
        assert_eq!(summary.counts().fail, count as u64);
        assert_eq!(reason(0), Some("wrong in way 0"));
        assert_eq!(reason(count - 1), Some(NOT_KEPT));
    }

    #[test]
    fn warm_up_trials_are_in_no_figure() {
        let mut summary = Summary::default();
        summary.observe(&entry(
            0,
            Event::StageBegan {
                stage: "warm".to_owned(),
                warm_up: true,
                pacing: None,
            },
        ));
        summary.observe(&entry(1, began("a", 0, "warm")));
        summary.observe(&entry(2, finished("a", 0, Grade::Pass, &[])));
        assert_eq!(summary.counts(), Counts::default());
    }

    #[test]
    fn the_time_of_every_stretch_of_work_is_added_up_also_of_one_that_was_killed() {
        let start = || Event::Began {
            trials: None,
            settled: 0,
            changes: Vec::new(),
        };
        let end = || Event::Ended {
            end: crate::event::End::Drained,
        };
        let mut summary = Summary::default();
        let killed = began("a", 0, "main");
        for (seconds, event) in [
            (0, start()),
            (5, end()),
            (0, start()),
            (3, killed),
            (1, start()),
            (4, end()),
        ] {
            summary.observe(&entry(seconds, event));
        }
        assert_eq!(summary.took, Duration::from_secs(5 + 3 + 4));
    }
}
