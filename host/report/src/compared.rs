//! Runs beside each other, task by task.
//!
//! A task counts where both runs have something conclusive to say of it; what is inconclusive in either is left out and
//! counted, because it says nothing of a model.

mod alike;
mod gate;
mod page;
mod shift;
mod text;

pub use gate::{Gate, GateError, Limit};
pub use page::compared_html;
pub use text::compared_text;

use crate::measured::measured;
use crate::report::{Report, failure_kind};
use alike::unlike;
use koderz_api::suite::{Grade, Verdict};
use koderz_core::paired::{self, SIGNIFICANT};
use koderz_core::statistics::{Rate, pass_at_k};
use koderz_core::summary::{SampleId, truncated};
use serde::Serialize;
use shift::{Shift, shifts};
use std::collections::{BTreeMap, BTreeSet};

/// The first run, and what each of the others is against it.
pub struct Compared<'a> {
    pub(crate) base: Side<'a>,
    pub(crate) others: Vec<(Side<'a>, Difference)>,
}

/// A run by itself.
pub(crate) struct Side<'a> {
    pub(crate) report: Report<'a>,
    tasks: BTreeMap<&'a str, Task>,
}

/// The samples of a task.
#[derive(Clone, Copy, Default)]
struct Task {
    conclusive: u64,
    passes: u64,
    credit: f64,
}

/// A run against the first one.
#[derive(Debug, Serialize)]
pub(crate) struct Difference {
    /// Tasks that both have something conclusive to say of.
    pub(crate) tasks: u64,
    /// Tasks of either of which that is not so.
    pub(crate) left_out: u64,
    /// Of the pass rates, from -1 to 1.
    pub(crate) difference: Option<Interval>,
    /// How probable a difference like this would be by chance alone.
    pub(crate) p: f64,
    /// By which test.
    pub(crate) test: &'static str,
    /// The smallest difference that would have shown in 80 of 100 pairs of such runs.
    pub(crate) detectable: Option<f64>,
    pub(crate) better: Vec<Changed>,
    pub(crate) worse: Vec<Changed>,
    /// What was measured in both.
    pub(crate) measured: Vec<Shift>,
    /// Whether nothing else was done in either.
    #[serde(skip)]
    pub(crate) only_measured: bool,
    /// What else differs between the runs, in words.
    pub(crate) not_alike: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Interval {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// A task that came out otherwise.
#[derive(Debug, Serialize)]
pub(crate) struct Changed {
    pub(crate) task: String,
    pub(crate) before: String,
    pub(crate) now: String,
}

impl From<Rate> for Interval {
    fn from(rate: Rate) -> Self {
        Interval {
            value: rate.value,
            low: rate.low,
            high: rate.high,
        }
    }
}

impl Difference {
    /// Whether chance is not enough to explain it.
    pub(crate) fn is_claimed(&self) -> bool {
        self.p < SIGNIFICANT
    }
}

/// Compares runs with the first of them, if there are at least two.
pub fn compared<'a>(reports: &[Report<'a>]) -> Option<Compared<'a>> {
    let (base, others) = reports.split_first().filter(|(_, others)| !others.is_empty())?;
    let base = Side::of(*base);
    let others = others.iter().map(|report| {
        let side = Side::of(*report);
        let difference = difference(&base, &side);
        (side, difference)
    });
    Some(Compared {
        others: others.collect(),
        base,
    })
}

impl<'a> Side<'a> {
    fn of(report: Report<'a>) -> Self {
        let mut tasks: BTreeMap<&str, Task> = BTreeMap::new();
        for (id, sample) in &report.story.summary().samples {
            let task = tasks.entry(&id.task).or_default();
            let credit = match sample.verdict.as_ref().map(|verdict| verdict.grade) {
                Some(Grade::Pass) => 1.0,
                Some(Grade::Fail) => 0.0,
                Some(Grade::Partial(credit)) => credit,
                Some(Grade::Ungraded | Grade::Inconclusive) | None => continue,
            };
            task.conclusive += 1;
            task.passes += u64::from(credit == 1.0);
            task.credit += credit;
        }
        Side { report, tasks }
    }

    /// Whether no answer is right or wrong, and something is measured.
    fn only_measures(&self) -> bool {
        self.tasks.values().all(|task| task.conclusive == 0) && !measured(&self.report).is_empty()
    }

    /// The mean over the samples of a task.
    fn score(&self, task: &str) -> Option<f64> {
        let task = self.tasks.get(task).filter(|task| task.conclusive > 0)?;
        Some(task.credit / task.conclusive as f64)
    }

    fn pass_at(&self, task: &str, k: u64) -> Option<f64> {
        let task = self.tasks.get(task)?;
        pass_at_k(task.conclusive, task.passes, k)
    }

    /// What the samples of a task came to, in words.
    fn words(&self, task: &str) -> String {
        let samples = &self.report.story.summary().samples;
        let first = SampleId {
            task: task.to_owned(),
            sample: 0,
        };
        let of_task = samples.range(first..).take_while(|(id, _)| id.task == task);
        let words: BTreeSet<String> = of_task
            .map(|(_, sample)| {
                sample
                    .verdict
                    .as_ref()
                    .map_or("open".to_owned(), |verdict| word(verdict))
            })
            .collect();
        match self.tasks.get(task) {
            Some(task) if task.conclusive > 1 && task.credit == task.passes as f64 => {
                format!("{} of {} pass", task.passes, task.conclusive)
            }
            Some(task) if task.conclusive > 1 => {
                format!(
                    "credit {:.2} over {}",
                    task.credit / task.conclusive as f64,
                    task.conclusive
                )
            }
            _ => words.into_iter().collect::<Vec<_>>().join(", "),
        }
    }
}

fn word(verdict: &Verdict) -> String {
    match verdict.grade {
        Grade::Pass => "pass".to_owned(),
        Grade::Fail if truncated(verdict) => "truncated".to_owned(),
        Grade::Fail => failure_kind(verdict).unwrap_or("fail").to_owned(),
        Grade::Partial(credit) => format!("credit {credit:.2}"),
        Grade::Ungraded => "measured".to_owned(),
        Grade::Inconclusive => "inconclusive".to_owned(),
    }
}

fn difference(base: &Side<'_>, other: &Side<'_>) -> Difference {
    let all: BTreeSet<&str> = base.tasks.keys().chain(other.tasks.keys()).copied().collect();
    let (mut differences, mut better, mut worse) = (Vec::new(), Vec::new(), Vec::new());
    for task in &all {
        let (Some(before), Some(now)) = (base.score(task), other.score(task)) else {
            continue;
        };
        let difference = now - before;
        // Credits that were added up in another order.
        let difference = if difference.abs() < 1e-9 { 0.0 } else { difference };
        differences.push(difference);
        if difference != 0.0 {
            let changed = Changed {
                task: (*task).to_owned(),
                before: base.words(task),
                now: other.words(task),
            };
            if difference > 0.0 { &mut better } else { &mut worse }.push(changed);
        }
    }
    let by_task = |a: &Changed, b: &Changed| natural(&a.task).cmp(&natural(&b.task));
    better.sort_by(by_task);
    worse.sort_by(by_task);
    let single = differences.iter().all(|difference| difference.fract() == 0.0)
        && base
            .tasks
            .values()
            .chain(other.tasks.values())
            .all(|task| task.conclusive <= 1);
    let (p, test) = match single {
        true => (
            paired::mcnemar(better.len() as u64, worse.len() as u64),
            "McNemar's exact test",
        ),
        false => (paired::signs(&differences), "test by random signs"),
    };
    let tasks = differences.len() as u64;
    Difference {
        tasks,
        left_out: all.len() as u64 - tasks,
        difference: paired::mean(&differences).map(Interval::from),
        p,
        test,
        detectable: match single {
            true => paired::detectable(tasks, (better.len() + worse.len()) as u64),
            false => paired::detectable_mean(&differences),
        },
        better,
        worse,
        measured: shifts(&base.report, &other.report),
        only_measured: base.only_measures() && other.only_measures(),
        not_alike: unlike(base.report.manifest(), other.report.manifest()),
    }
}

/// A task's id as a key that puts `t/2` before `t/10`.
fn natural(task: &str) -> SampleId {
    SampleId {
        task: task.to_owned(),
        sample: 0,
    }
}

impl Compared<'_> {
    /// pass@k over the tasks that both have enough samples of: of the first run and of another.
    pub(crate) fn pass_at(&self, other: usize, k: u64) -> Option<(f64, f64)> {
        let side = &self.others.get(other)?.0;
        let both = self
            .base
            .tasks
            .keys()
            .filter_map(|task| Some((self.base.pass_at(task, k)?, side.pass_at(task, k)?)));
        let (mut before, mut now, mut count) = (0.0, 0.0, 0.0);
        for (one, two) in both {
            before += one;
            now += two;
            count += 1.0;
        }
        (count > 0.0).then(|| (before / count, now / count))
    }
}

/// All of it for programs.
pub fn compared_json(compared: &Compared<'_>) -> serde_json::Value {
    let of = |side: &Side<'_>| {
        let (summary, manifest) = (side.report.story.summary(), side.report.manifest());
        let rates: BTreeMap<String, Interval> = side
            .report
            .rates()
            .into_iter()
            .map(|(k, rate)| (k.to_string(), rate.into()))
            .collect();
        serde_json::json!({
            "run": manifest.run,
            "models": manifest.models,
            "counts": side.report.counts(),
            "pass_at": rates,
            "seconds": summary.took.as_secs_f64(),
            "output_tokens": summary.output_tokens,
            "solved_per_minute": side.solved_per_minute(),
            "tokens_per_solved": side.tokens_per_solved(),
        })
    };
    let others: Vec<serde_json::Value> = compared
        .others
        .iter()
        .map(|(side, difference)| {
            let mut value = of(side);
            value["against"] = serde_json::to_value(difference).expect("all keys are texts");
            value["against"]["claimed"] = difference.is_claimed().into();
            value
        })
        .collect();
    serde_json::json!({ "base": of(&compared.base), "others": others })
}

impl Side<'_> {
    fn passed(&self) -> u64 {
        self.tasks.values().map(|task| u64::from(task.passes > 0)).sum()
    }

    /// Tasks with a right answer, for each minute of work on the run.
    pub(crate) fn solved_per_minute(&self) -> Option<f64> {
        let minutes = self.report.story.summary().took.as_secs_f64() / 60.0;
        (minutes > 0.0).then(|| self.passed() as f64 / minutes)
    }

    /// Tokens that the model wrote, for each task with a right answer.
    pub(crate) fn tokens_per_solved(&self) -> Option<f64> {
        let (tokens, solved) = (self.report.story.summary().output_tokens, self.passed());
        (tokens > 0 && solved > 0).then(|| tokens as f64 / solved as f64)
    }
}
