//! What was measured in a run against the same in the first: how far it lies apart, and whether by more than chance.

use crate::compared::text::probability;
use crate::differ::{UNLIKELY, rank_test, ratio, together};
use crate::measured::measured;
use crate::report::Report;
use serde::Serialize;

/// A metric that both runs have.
#[derive(Debug, Serialize)]
pub(crate) struct Shift {
    pub(crate) metric: String,
    /// What stands for all of the first run's values, and of the other's.
    pub(crate) before: f64,
    pub(crate) now: f64,
    /// How many values these are of.
    pub(crate) values: (usize, usize),
    /// By which part of the first run's values the other's are larger. The interval is there where there are enough.
    pub(crate) change: Option<Change>,
    /// How probable ranks so far apart would be by chance alone, with all metrics of the two runs looked at together.
    pub(crate) p: f64,
    /// Whether so many values could show anything at all.
    pub(crate) could_show: bool,
}

/// A part of the first run's values.
#[derive(Debug, Serialize)]
pub(crate) struct Change {
    pub(crate) value: f64,
    pub(crate) interval: Option<(f64, f64)>,
}

impl Shift {
    pub(crate) fn is_claimed(&self) -> bool {
        self.p < UNLIKELY
    }

    /// `decode: -5.1 % (-6.3 to -3.9); a difference, p = 0.0020`.
    pub(crate) fn words(&self) -> String {
        let percent = |part: f64| format!("{:+.1}", part * 100.0);
        let change = self.change.as_ref().map(|change| {
            let interval = change
                .interval
                .map(|(low, high)| format!(" ({} to {})", percent(low), percent(high)));
            format!(" {} %{};", percent(change.value), interval.unwrap_or_default())
        });
        let p = probability(self.p);
        let claim = match (self.is_claimed(), self.could_show) {
            (true, _) => format!("a difference, {p}"),
            (false, true) => format!("no difference shown, {p}"),
            (false, false) => format!("{} and {} values are too few to show any", self.values.0, self.values.1),
        };
        format!("{}:{} {claim}", self.metric, change.unwrap_or_default())
    }
}

/// Those of a run against the first.
pub(crate) fn shifts(base: &Report<'_>, other: &Report<'_>) -> Vec<Shift> {
    let (before, now) = (measured(base), measured(other));
    let both = before.iter().filter_map(|before| {
        let now = now.iter().find(|now| now.info.name == before.info.name)?;
        Some((before, now, rank_test(before.values(), now.values())?))
    });
    let both: Vec<_> = both.collect();
    let probabilities: Vec<f64> = both.iter().map(|(.., test)| test.probability).collect();
    let tests = both.len() as f64;
    let shifts = both
        .iter()
        .zip(together(&probabilities))
        .map(|((before, now, test), p)| Shift {
            metric: before.info.name.clone(),
            before: before.value(),
            now: now.value(),
            values: (before.count(), now.count()),
            change: ratio(before.values(), now.values()).map(|ratio| Change {
                value: ratio.value - 1.0,
                interval: ratio.interval.map(|(low, high)| (low - 1.0, high - 1.0)),
            }),
            p,
            could_show: test.least * tests < UNLIKELY,
        });
    shifts.collect()
}
