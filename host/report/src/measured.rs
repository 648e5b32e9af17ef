//! What was measured rather than graded: each of a suite's metrics, over the samples that have it.

use crate::numbers::{grouped, span};
use crate::report::Report;
use koderz_api::statistics;
use koderz_api::suite::{Direction, Metric, MetricInfo, Reduction};
use std::time::Duration;

/// A metric over the samples of a run.
#[derive(Clone, Debug)]
pub(crate) struct Measured<'a> {
    pub(crate) info: &'a MetricInfo,
    /// In ascending order; there is at least one.
    values: Vec<f64>,
}

/// The metrics that any sample has, in the suite's order. Those that a suite reduces to nothing are for exports.
pub(crate) fn measured<'a>(report: &Report<'a>) -> Vec<Measured<'a>> {
    let story = report.story;
    let of = |info: &'a MetricInfo| {
        let verdicts = story
            .summary()
            .samples
            .values()
            .filter_map(|sample| sample.verdict.as_deref());
        let metrics = verdicts.flat_map(|verdict| &verdict.metrics);
        let mut values: Vec<f64> = metrics
            .filter(|metric| metric.name == info.name)
            .map(|metric| metric.value)
            .collect();
        values.sort_by(f64::total_cmp);
        (!values.is_empty()).then_some(Measured { info, values })
    };
    let shown = story
        .manifest()
        .metrics
        .iter()
        .filter(|info| !info.reductions.is_empty());
    shown.filter_map(of).collect()
}

impl Measured<'_> {
    pub(crate) fn count(&self) -> usize {
        self.values.len()
    }

    /// The number that stands for all: by the suite's first reduction, or the median.
    pub(crate) fn value(&self) -> f64 {
        let first = self
            .info
            .reductions
            .first()
            .and_then(|reduction| self.reduced(*reduction));
        first.unwrap_or_else(|| self.percentile(0.5))
    }

    /// With the values of another run too.
    pub(crate) fn with(mut self, other: &Self) -> Self {
        self.values.extend(&other.values);
        self.values.sort_by(f64::total_cmp);
        self
    }

    /// In ascending order.
    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }

    /// None where there are too few samples for it.
    pub(crate) fn reduced(&self, reduction: Reduction) -> Option<f64> {
        let sum: f64 = self.values.iter().sum();
        let tail = |share: f64| statistics::tells_percentile(self.count(), share).then(|| self.percentile(share));
        match reduction {
            Reduction::Mean => Some(sum / self.count() as f64),
            Reduction::Sum => Some(sum),
            Reduction::Minimum => self.values.first().copied(),
            Reduction::Maximum => self.values.last().copied(),
            Reduction::Median => Some(self.percentile(0.5)),
            Reduction::P90 => tail(0.9),
            Reduction::P95 => tail(0.95),
            Reduction::P99 => tail(0.99),
        }
    }

    /// Between the two nearest values in proportion, as R's default does (Hyndman and Fan, 1996, type 7).
    fn percentile(&self, share: f64) -> f64 {
        let place = share * (self.count() - 1) as f64;
        let (below, above) = (self.values[place.floor() as usize], self.values[place.ceil() as usize]);
        below + (above - below) * place.fract()
    }

    fn interval(&self) -> Option<(f64, f64)> {
        statistics::median(self.values.iter().copied())?.interval
    }

    /// What the number is, and where the true median lies or, of few values, how far they lie apart. Values far off the
    /// others are counted and never dropped.
    pub(crate) fn note(&self) -> String {
        let name = self.info.reductions.first().copied().unwrap_or(Reduction::Median);
        match self.values.as_slice() {
            [_] => "one sample".to_owned(),
            [low, .., high] => {
                let interval = (name == Reduction::Median).then(|| self.interval()).flatten();
                let range = match interval {
                    Some((low, high)) => format!("95 % {} to {}", bare(low, &self.info.unit), self.shown(high)),
                    None => format!("{} to {}", bare(*low, &self.info.unit), self.shown(*high)),
                };
                let outliers = match statistics::outliers(&self.values) {
                    0 => String::new(),
                    number => format!(", {number} far off"),
                };
                format!("{} of {}, {range}{outliers}", word(name), grouped(self.count() as u64))
            }
            [] => String::new(),
        }
    }

    /// A value with its unit.
    pub(crate) fn shown(&self, value: f64) -> String {
        shown(value, &self.info.unit)
    }

    /// A sorting key that puts the best first.
    pub(crate) fn badness(&self) -> f64 {
        match self.info.direction {
            Direction::HigherIsBetter => -self.value(),
            Direction::LowerIsBetter | Direction::Neutral => self.value(),
        }
    }
}

/// A value of a single sample as it is, with its unit where the suite says one.
pub(crate) fn exactly(metric: &Metric, known: &[MetricInfo]) -> String {
    let unit = known.iter().find(|info| info.name == metric.name);
    match unit.map(|info| info.unit.as_str()) {
        None | Some("" | "1") => metric.value.to_string(),
        Some(unit) => format!("{} {unit}", metric.value),
    }
}

/// A reduction's name.
pub(crate) fn word(reduction: Reduction) -> &'static str {
    match reduction {
        Reduction::Mean => "mean",
        Reduction::Sum => "sum",
        Reduction::Minimum => "minimum",
        Reduction::Maximum => "maximum",
        Reduction::Median => "median",
        Reduction::P90 => "p90",
        Reduction::P95 => "p95",
        Reduction::P99 => "p99",
    }
}

pub(crate) fn shown(value: f64, unit: &str) -> String {
    match unit {
        "ns" => span(Duration::from_secs_f64((value / 1e9).max(0.0))),
        "" | "1" => number(value),
        unit if unit.starts_with("1/") => format!("{}{}", number(value), &unit[1..]),
        unit => format!("{} {unit}", number(value)),
    }
}

/// A value for which the next one says the unit.
pub(crate) fn bare(value: f64, unit: &str) -> String {
    match unit {
        "ns" => shown(value, unit),
        _ => number(value),
    }
}

/// Three figures or more, and no more than one behind the point.
fn number(value: f64) -> String {
    if value.abs() >= 1000.0 && value.abs() < 1e15 {
        let sign = if value < 0.0 { "-" } else { "" };
        format!("{sign}{}", grouped(value.abs().round() as u64))
    } else if value.abs() >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(unit: &str, reductions: Vec<Reduction>) -> MetricInfo {
        MetricInfo {
            name: "m".to_owned(),
            unit: unit.to_owned(),
            direction: Direction::HigherIsBetter,
            reductions,
        }
    }

    fn of(info: &MetricInfo, values: impl IntoIterator<Item = f64>) -> Measured<'_> {
        Measured {
            info,
            values: values.into_iter().collect(),
        }
    }

    #[test]
    fn a_percentile_is_told_only_where_ten_samples_lie_beyond_it() {
        let info = info("1", vec![Reduction::P90]);
        let hundred = of(&info, (1..=100).map(f64::from));
        let p90 = hundred.reduced(Reduction::P90).expect("enough samples");
        assert!((p90 - 90.1).abs() < 1e-9, "{p90}, and R's quantile(1:100, 0.9) is 90.1");
        assert_eq!(hundred.reduced(Reduction::P95), None);
        let few = of(&info, [1.0, 2.0, 4.0]);
        assert_eq!(
            (few.reduced(Reduction::P90), few.value()),
            (None, 2.0),
            "and the median stands in for it"
        );
    }

    #[test]
    fn values_have_their_units_and_the_digits_that_they_are_worth() {
        let [time, rate, bare] = ["ns", "tokens/s", "1"].map(|unit| info(unit, vec![Reduction::Median]));
        assert_eq!(of(&time, [1e8, 2e8, 12.5e9]).note(), "median of 3, 100 ms to 12.5 s");
        let rates = of(&rate, [49.71, 50.0]);
        assert_eq!(
            (rates.note(), rates.shown(rates.value())),
            (
                "median of 2, 49.7 to 50.0 tokens/s".to_owned(),
                "49.9 tokens/s".to_owned()
            )
        );
        assert_eq!(of(&bare, [0.25]).note(), "one sample");
        let many = of(&rate, (0..20).map(f64::from).chain([900.0]));
        assert_eq!(many.note(), "median of 21, 95 % 5.67 to 14.3 tokens/s, 1 far off");
        assert_eq!([0.25, 12345.6, -1234.0].map(number), ["0.25", "12,346", "-1,234"]);
    }
}
