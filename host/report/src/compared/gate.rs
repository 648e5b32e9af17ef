//! Gates for a CI: what a run may not fall below, and how far it may fall behind another.

use crate::compared::{Compared, Side};
use crate::measured::measured;
use crate::report::Report;
use koderz_api::suite::MetricInfo;
use std::str::FromStr;

/// `pass@1 < -2%`: a difference to the first run that fails.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    text: String,
    metric: Metric,
    relation: Relation,
    /// Points of a hundred.
    bound: f64,
}

/// `pass@1=0.6`: the least that a run has to come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    text: String,
    metric: Metric,
    least: f64,
}

/// Why a text is no gate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct GateError(String);

#[derive(Clone, Debug, PartialEq)]
enum Metric {
    PassAt(u64),
    /// A measurement of the suite's.
    Named(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Below,
    AtMost,
    Above,
    AtLeast,
}

impl FromStr for Metric {
    type Err = GateError;

    fn from_str(text: &str) -> Result<Self, GateError> {
        match text.trim() {
            "" => Err(GateError("a metric is missing, such as pass@1".to_owned())),
            name => match name.strip_prefix("pass@") {
                None => Ok(Metric::Named(name.to_owned())),
                Some(k) => match k.parse() {
                    Ok(k @ 1..) => Ok(Metric::PassAt(k)),
                    _ => Err(GateError(format!("`{name}` is not pass@1 or the like"))),
                },
            },
        }
    }
}

impl FromStr for Gate {
    type Err = GateError;

    fn from_str(text: &str) -> Result<Self, GateError> {
        let wrong =
            || GateError("METRIC < DIFFERENCE is needed, such as 'pass@1 < -2%'; <, <=, > and >= are known".to_owned());
        let at = text.find(['<', '>']).ok_or_else(wrong)?;
        let (metric, rest) = text.split_at(at);
        let (relation, rest) = if let Some(rest) = rest.strip_prefix("<=") {
            (Relation::AtMost, rest)
        } else if let Some(rest) = rest.strip_prefix(">=") {
            (Relation::AtLeast, rest)
        } else if let Some(rest) = rest.strip_prefix('<') {
            (Relation::Below, rest)
        } else {
            (Relation::Above, rest.strip_prefix('>').ok_or_else(wrong)?)
        };
        let number = rest.trim().strip_suffix('%').ok_or_else(|| {
            GateError(format!(
                "`{}` is no difference in points of a hundred, such as -2%",
                rest.trim()
            ))
        })?;
        let bound = number.trim().parse::<f64>().ok().filter(|bound| bound.is_finite());
        Ok(Gate {
            text: text.trim().to_owned(),
            metric: metric.parse()?,
            relation,
            bound: bound.ok_or_else(wrong)?,
        })
    }
}

impl FromStr for Limit {
    type Err = GateError;

    fn from_str(text: &str) -> Result<Self, GateError> {
        let wrong = || GateError("METRIC=LEAST is needed, such as 'pass@1=0.6'".to_owned());
        let (metric, least) = text.split_once('=').ok_or_else(wrong)?;
        let least = match least.trim().strip_suffix('%') {
            Some(percent) => percent.trim().parse::<f64>().map(|percent| percent / 100.0),
            None => least.trim().parse(),
        };
        let limit = Limit {
            text: text.trim().to_owned(),
            metric: metric.parse()?,
            least: least.ok().filter(|least| least.is_finite()).ok_or_else(wrong)?,
        };
        match limit.metric {
            Metric::PassAt(_) if !(0.0..=1.0).contains(&limit.least) => Err(GateError(format!(
                "{} is no rate; it is from 0 to 1, or in percent",
                limit.least
            ))),
            _ => Ok(limit),
        }
    }
}

impl Metric {
    /// What a run comes to by itself.
    fn of(&self, report: &Report<'_>) -> Option<f64> {
        match self {
            Metric::PassAt(k) => report.story.summary().pass_at(*k).map(|rate| rate.value),
            Metric::Named(name) => {
                let measured = measured(report);
                let metric = measured.iter().find(|metric| metric.info.name == *name)?;
                Some(metric.value())
            }
        }
    }

    fn unknown(&self, report: &Report<'_>) -> String {
        let names: Vec<String> = measured(report).iter().map(|metric| metric.info.name.clone()).collect();
        let (k, run) = (report.manifest().samples, &report.manifest().run);
        match (self, names.as_slice()) {
            (Metric::PassAt(wanted), _) => {
                format!(
                    "run {run}: no task has {wanted} conclusive samples, so there is no pass@{wanted}; it has {k} of each"
                )
            }
            (Metric::Named(name), []) => format!("run {run} has no `{name}`; it has pass@1"),
            (Metric::Named(name), names) => format!("run {run} has no `{name}`; it has {}", names.join(", ")),
        }
    }
}

impl Limit {
    /// Sees before anything is asked that a suite measures what is limited.
    ///
    /// # Errors
    /// If it does not.
    pub fn is_of(&self, metrics: &[MetricInfo]) -> Result<(), GateError> {
        let Metric::Named(name) = &self.metric else {
            return Ok(());
        };
        let shown = metrics.iter().filter(|metric| !metric.reductions.is_empty());
        let names: Vec<&str> = shown.map(|metric| metric.name.as_str()).collect();
        match names.as_slice() {
            names if names.contains(&name.as_str()) => Ok(()),
            [] => Err(GateError(format!(
                "{}: the suite measures nothing; it has pass@1",
                self.text
            ))),
            names => Err(GateError(format!(
                "{}: the suite measures {}",
                self.text,
                names.join(", ")
            ))),
        }
    }

    /// That a run falls below it, in words; nothing where it does not.
    ///
    /// # Errors
    /// If the run has no such figure.
    pub fn missed(&self, report: &Report<'_>) -> Result<Option<String>, GateError> {
        let value = self.metric.of(report);
        let value = value.ok_or_else(|| GateError(format!("{}: {}", self.text, self.metric.unknown(report))))?;
        let run = &report.manifest().run;
        // A mean of tenths may come out as 0.5999999999999999.
        Ok((value < self.least - 1e-9).then(|| format!("{}: run {run} comes to {value:.4}", self.text)))
    }
}

impl Gate {
    /// Which runs it fails, in words.
    ///
    /// # Errors
    /// If a run has no such figure.
    pub fn failed(&self, compared: &Compared<'_>) -> Result<Vec<String>, GateError> {
        let mut failed = Vec::new();
        for (index, (side, _)) in compared.others.iter().enumerate() {
            let Some(points) = self.points(compared, index) else {
                return Err(GateError(format!("{}: {}", self.text, self.why_not(compared, side))));
            };
            let fails = match self.relation {
                Relation::Below => points < self.bound,
                Relation::AtMost => points <= self.bound,
                Relation::Above => points > self.bound,
                Relation::AtLeast => points >= self.bound,
            };
            if fails {
                let run = &side.report.manifest().run;
                failed.push(format!("{}: run {run} differs by {points:+.2} points", self.text));
            }
        }
        Ok(failed)
    }

    /// Why there is no difference.
    fn why_not(&self, compared: &Compared<'_>, side: &Side<'_>) -> String {
        let lacking = [&compared.base, side]
            .into_iter()
            .find(|side| self.metric.of(&side.report).is_none());
        match (lacking, &self.metric) {
            (Some(side), metric) => metric.unknown(&side.report),
            (None, Metric::PassAt(k)) => format!("no task has {k} conclusive samples in both runs"),
            (None, Metric::Named(name)) => format!("{name} is 0 in the first run, so nothing is a part of it"),
        }
    }

    /// The difference: of pass rates in points of a hundred, over the tasks that both have; of measurements in hundredths
    /// of the first run's.
    fn points(&self, compared: &Compared<'_>, other: usize) -> Option<f64> {
        match &self.metric {
            Metric::PassAt(k) => {
                let (before, now) = compared.pass_at(other, *k)?;
                // Hundredths come out as 1.9999999999999998 otherwise.
                Some(((now - before) * 100.0 * 1e9).round() / 1e9)
            }
            metric @ Metric::Named(_) => {
                let before = metric.of(&compared.base.report).filter(|before| *before != 0.0)?;
                let now = metric.of(&compared.others.get(other)?.0.report)?;
                Some((now / before - 1.0) * 100.0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gates_are_read_as_they_are_written_for_a_shell() {
        let gate: Gate = "pass@1 < -2%".parse().expect("a gate");
        assert_eq!(
            (gate.metric, gate.relation, gate.bound),
            (Metric::PassAt(1), Relation::Below, -2.0)
        );
        let gate: Gate = "decode<=-5.5%".parse().expect("a gate");
        assert_eq!(
            (gate.metric, gate.relation, gate.bound),
            (Metric::Named("decode".to_owned()), Relation::AtMost, -5.5)
        );
        for limit in ["pass@1=0.6", " pass@1 = 60% "] {
            let limit: Limit = limit.parse().expect("a limit");
            assert_eq!((limit.metric, limit.least), (Metric::PassAt(1), 0.6));
        }
    }

    #[test]
    fn what_is_no_gate_is_answered_with_one() {
        let said = |text: &str| text.parse::<Gate>().expect_err("it is none").to_string();
        assert!(said("pass@1").contains("such as 'pass@1 < -2%'"));
        assert!(said("pass@1 < -2").contains("points of a hundred"));
        assert!(said("pass@0 < -2%").contains("pass@1 or the like"));
        assert!(said("< 2%").contains("metric is missing"));
        assert!(said("pass@1 < x%").contains("is needed"));
        let said = |text: &str| text.parse::<Limit>().expect_err("it is none").to_string();
        assert!(said("pass@1").contains("such as 'pass@1=0.6'"));
        assert!(said("pass@1=6").contains("from 0 to 1"));
    }
}
