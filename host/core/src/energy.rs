//! The energy that a run has used, as far as it can be read.

use crate::event::Energy;
use crate::ports::Part;
use std::collections::BTreeMap;
use std::time::Duration;

/// What was used, by part. Where nothing can be read there is no part, and no zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Used {
    parts: BTreeMap<String, Sum>,
}

/// What a part has used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    /// All of it.
    pub joules: f64,
    /// What it would have used in the same time while nothing was asked.
    pub idle_joules: f64,
}

impl Used {
    pub(crate) fn add(&mut self, took: Duration, parts: &[Energy]) {
        for energy in parts {
            let sum = self.parts.entry(energy.part.clone()).or_default();
            sum.joules += energy.joules;
            sum.idle_joules += energy.idle_watts * took.as_secs_f64();
        }
    }

    /// The parts by name.
    pub fn parts(&self) -> impl Iterator<Item = (&str, Sum)> {
        self.parts.iter().map(|(name, sum)| (name.as_str(), *sum))
    }

    /// Tokens for each joule above what is used idly, over all parts. None where that is nothing or nothing is known.
    pub fn tokens_per_joule(&self, tokens: u64) -> Option<f64> {
        let above: f64 = self.parts.values().map(|sum| sum.joules - sum.idle_joules).sum();
        (above > 0.0 && tokens > 0).then(|| tokens as f64 / above)
    }
}

/// What was used between two readings. A part of which only one is known is left out.
pub(crate) fn between(before: &[Part], after: Vec<Part>) -> Vec<Energy> {
    let used = after.into_iter().filter_map(|after| {
        let before = before.iter().find(|before| before.name == after.name)?;
        Some(Energy {
            joules: (after.joules - before.joules).max(0.0),
            idle_watts: after.idle_watts,
            part: after.name,
        })
    });
    used.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, joules: f64) -> Part {
        Part {
            name: name.to_owned(),
            joules,
            idle_watts: 10.0,
        }
    }

    #[test]
    fn what_is_used_idly_is_no_work_of_the_model() {
        let before = [part("package-0", 100.0), part("gone", 1.0)];
        let parts = between(&before, vec![part("package-0", 400.0), part("new", 9.0)]);
        let mut used = Used::default();
        used.add(Duration::from_secs(10), &parts);
        let sums: Vec<(&str, Sum)> = used.parts().collect();
        let sum = Sum {
            joules: 300.0,
            idle_joules: 100.0,
        };
        assert_eq!(sums, [("package-0", sum)]);
        assert_eq!(used.tokens_per_joule(1000), Some(5.0));
    }

    #[test]
    fn where_nothing_can_be_read_there_is_no_figure() {
        let mut used = Used::default();
        used.add(Duration::from_secs(10), &[]);
        assert_eq!((used.parts().count(), used.tokens_per_joule(1000)), (0, None));
    }
}
