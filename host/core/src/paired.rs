//! Two runs on the same tasks: whether they differ, by how much, and what difference could have been seen.
//!
//! What the tasks have in common cancels out, so far smaller differences show than between two rates by themselves.

use crate::statistics::{Rate, wilson};
use koderz_api::seed::Stream;

/// The probability below which a difference is claimed.
pub const SIGNIFICANT: f64 = 0.05;

/// Resamples and random signs: enough that a probability near [`SIGNIFICANT`] is stable to a few thousandths.
const DRAWS: usize = 10_000;

/// The chance with which a difference that is there should show.
pub const POWER: f64 = 0.8;

/// The 97.5th and the 80th percentile of the normal distribution.
const Z_CLAIM: f64 = 1.959_963_984_540_054;
const Z_POWER: f64 = 0.841_621_233_572_914_2;

/// How probable a split at least as uneven as this one would be if each of these tasks were as likely to be better as to be
/// worse: McNemar's exact test, two-sided (McNemar, "Note on the sampling error of the difference between correlated
/// proportions or percentages", 1947; the binomial test on the tasks that differ).
pub fn mcnemar(better: u64, worse: u64) -> f64 {
    let (n, fewer) = (better + worse, better.min(worse));
    // By logarithms, since a half to the power of a thousand is no number any more.
    let mut log = -(n as f64) * std::f64::consts::LN_2;
    let mut tail = log.exp();
    for i in 1..=fewer {
        log += ((n - i + 1) as f64 / i as f64).ln();
        tail += log.exp();
    }
    (2.0 * tail).min(1.0)
}

/// The same for differences of any size, by turning their signs at random: they would be as likely the other way round if
/// nothing but chance were behind them.
pub fn signs(differences: &[f64]) -> f64 {
    let differing: Vec<f64> = differences
        .iter()
        .copied()
        .filter(|difference| *difference != 0.0)
        .collect();
    if differing.is_empty() {
        return 1.0;
    }
    let seen = differing.iter().sum::<f64>().abs() - 1e-12;
    // A fixed seed: the same results always come to the same probability.
    let mut chance = Stream::new(0);
    let as_far = (0..DRAWS).filter(|_| {
        let (mut bits, mut left) = (0, 0);
        let turned = differing.iter().map(|difference| {
            if left == 0 {
                (bits, left) = (chance.bits(), u64::BITS);
            }
            left -= 1;
            bits >>= 1;
            if bits & 1 == 0 { *difference } else { -difference }
        });
        turned.sum::<f64>().abs() >= seen
    });
    // What was seen is one of the ways itself.
    (as_far.count() + 1) as f64 / (DRAWS + 1) as f64
}

/// The mean of differences, with an interval by a bootstrap over the tasks (Efron, "Bootstrap methods: another look at the
/// jackknife", 1979). Where all are equal, resampling them only repeats it: that they are is as sure as so many tasks make
/// it, by Wilson's interval for none that differs. None of nothing.
pub fn mean(differences: &[f64]) -> Option<Rate> {
    let n = differences.len();
    if n == 0 {
        return None;
    }
    let value = differences.iter().sum::<f64>() / n as f64;
    if differences
        .iter()
        .all(|difference| (difference - differences[0]).abs() < 1e-12)
    {
        let room = wilson(0, n as u64).map_or(1.0, |rate| rate.high);
        return Some(Rate {
            value,
            low: (value - room).max(-1.0),
            high: (value + room).min(1.0),
        });
    }
    let mut chance = Stream::new(0);
    let mut means: Vec<f64> = (0..DRAWS)
        .map(|_| (0..n).map(|_| differences[chance.below(n)]).sum::<f64>() / n as f64)
        .collect();
    means.sort_by(f64::total_cmp);
    Some(Rate {
        value,
        low: means[DRAWS * 25 / 1000],
        high: means[DRAWS * 975 / 1000 - 1],
    })
}

/// The smallest difference between two pass rates that so many tasks would have shown in 80 of 100 pairs of runs, where
/// this share of them differs (Connor, "Sample size for testing differences in proportions for the paired-sample design",
/// 1987). Where none differs the share is taken to be 3 in all tasks, which is as many as may have been missed. None of so
/// few tasks that nothing would show.
pub fn detectable(tasks: u64, differing: u64) -> Option<f64> {
    if tasks == 0 {
        return None;
    }
    let n = tasks as f64;
    let share = (differing.max(3) as f64 / n).min(1.0);
    // The difference cannot be larger than the share that differs; where it is as large as that, all go one way.
    let needs = |difference: f64| {
        let spread = (share - difference * difference).max(0.0).sqrt();
        ((Z_CLAIM * share.sqrt() + Z_POWER * spread) / difference).powi(2)
    };
    let (mut low, mut high) = (0.0, 1.0);
    if needs(high) > n {
        return None;
    }
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        match needs(middle) <= n {
            true => high = middle,
            false => low = middle,
        }
    }
    Some(high)
}

/// The same for differences of any size, by how far they are spread. None of fewer than two, and where all are equal.
pub fn detectable_mean(differences: &[f64]) -> Option<f64> {
    let n = differences.len() as f64;
    if n < 2.0 {
        return None;
    }
    let mean = differences.iter().sum::<f64>() / n;
    let squares: f64 = differences.iter().map(|difference| (difference - mean).powi(2)).sum();
    let deviation = (squares / (n - 1.0)).sqrt();
    (deviation > 0.0).then(|| (Z_CLAIM + Z_POWER) * deviation / n.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mcnemars_test_is_the_binomial_test_on_what_differs() {
        // scipy 1.17.1: scipy.stats.binomtest(min(b, c), b + c, 0.5).pvalue
        for (better, worse, expected) in [
            (0, 0, 1.0),
            (0, 5, 0.0625),
            (0, 6, 0.03125),
            (3, 11, 0.057_373_046_875),
            (10, 10, 1.0),
            (2, 12, 0.012_939_453_125),
            (40, 61, 0.046_044_066_929_342_785),
        ] {
            let found = mcnemar(better, worse);
            assert!((found - expected).abs() < 1e-9, "{better} {worse}: {found}");
            assert_eq!(found, mcnemar(worse, better));
        }
        assert!(mcnemar(100, 2000) < 1e-100, "and large numbers are no trouble");
    }

    #[test]
    fn turning_signs_at_random_comes_near_to_the_exact_test() {
        for (better, worse) in [(3, 11), (2, 12), (10, 10), (0, 6)] {
            let differences = [vec![1.0; better], vec![-1.0; worse], vec![0.0; 100]].concat();
            let (found, exact) = (signs(&differences), mcnemar(better as u64, worse as u64));
            assert!((found - exact).abs() < 0.012, "{better} {worse}: {found} and {exact}");
        }
        assert_eq!(signs(&[0.0, 0.0]), 1.0);
    }

    #[test]
    fn two_runs_of_one_model_are_said_to_differ_in_at_most_8_of_100() {
        let mut chance = Stream::new(11);
        let mut passes = |rate: f64| (chance.bits() >> 11) as f64 / (1u64 << 53) as f64 - rate < 0.0;
        for samples in [1, 4] {
            let claims = (0..200).filter(|_| {
                let score = |passes: &mut dyn FnMut(f64) -> bool, rate: f64| {
                    (0..samples).filter(|_| passes(rate)).count() as f64 / f64::from(samples)
                };
                let differences = (0..164).map(|task| {
                    let rate = f64::from(task) / 163.0;
                    score(&mut passes, rate) - score(&mut passes, rate)
                });
                let differences: Vec<f64> = differences.collect();
                let count = |sign: f64| {
                    differences
                        .iter()
                        .filter(|difference| **difference * sign > 0.0)
                        .count() as u64
                };
                let probability = match samples {
                    1 => mcnemar(count(1.0), count(-1.0)),
                    _ => signs(&differences),
                };
                probability < SIGNIFICANT
            });
            let claims = claims.count();
            assert!(claims <= 16, "{claims} of 200 with {samples} samples");
        }
    }

    #[test]
    fn the_interval_of_a_mean_is_what_the_normal_distribution_says_where_there_are_many() {
        let differences: Vec<f64> = (0..400)
            .map(|task| f64::from(task % 4 == 0) - f64::from(task % 8 == 1))
            .collect();
        let found = mean(&differences).expect("a mean");
        assert_eq!(found.value, 0.125);
        // The standard deviation is 0.599, so half of the interval is 1.96 × 0.599 / 20 = 0.0587.
        assert!(
            (found.low - 0.0663).abs() < 0.004 && (found.high - 0.1837).abs() < 0.004,
            "{found:?}"
        );
        assert_eq!(mean(&[]), None);
        // scipy.stats.bootstrap, scipy 1.17.1, 10,000 resamples, method percentile, three seeds: 0.065 to 0.1825 or 0.185.
        assert!(
            (found.low - 0.066).abs() < 0.003 && (found.high - 0.183).abs() < 0.003,
            "{found:?}"
        );
    }

    #[test]
    fn tasks_that_all_differ_alike_are_no_certainty() {
        let none = mean(&[0.0; 164]).expect("a mean");
        assert!(
            none.value == 0.0 && (0.02..0.03).contains(&none.high) && none.low == -none.high,
            "{none:?}"
        );
        let worse = mean(&[-1.0; 5]).expect("a mean");
        assert!(worse.low == -1.0 && worse.high > -0.7, "{worse:?}");
    }

    #[test]
    fn of_means_over_samples_smaller_differences_show() {
        // Ten samples a task: far less spread than single ones have.
        let differences: Vec<f64> = (0..164).map(|task| f64::from(task % 5 - 2) / 10.0).collect();
        let found = detectable_mean(&differences).expect("a difference");
        // (1.96 + 0.84) × 0.1417 / √164
        assert!((found - 0.0310).abs() < 0.0005, "{found}");
        assert_eq!(detectable_mean(&[0.1]), None);
        assert_eq!(detectable_mean(&[0.0; 9]), None);
    }

    #[test]
    fn a_smaller_difference_shows_in_more_tasks_and_where_fewer_differ() {
        // The formula solved by scipy.optimize.brentq, scipy 1.17.1.
        for (tasks, differing, expected) in [
            (164, 31, 0.094_431_104_7),
            (164, 8, 0.047_971_049_2),
            (1640, 310, 0.030_055_821_3),
        ] {
            let found = detectable(tasks, differing).expect("a difference");
            assert!((found - expected).abs() < 1e-9, "{tasks} {differing}: {found}");
        }
        assert!(detectable(164, 8) < detectable(164, 31));
        assert!(detectable(1640, 310) < detectable(164, 31));
        assert_eq!(detectable(3, 0), None);
        assert_eq!(detectable(0, 0), None);
    }
}
