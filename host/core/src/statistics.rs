//! Rates with their uncertainty.

use koderz_api::seed::Stream;
use serde::{Deserialize, Serialize};

/// A rate and an interval that holds the true one in 95 of 100 cases.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// The estimate.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// The 97.5th percentile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Resamples of a bootstrap: enough that the interval's ends are stable to about a tenth of its width.
const RESAMPLES: usize = 2000;

/// Tasks beyond which a bootstrap only takes time: its interval is then the normal one to within its own scatter.
const MANY: usize = 10_000;

/// The share of successes with Wilson's score interval (Wilson, "Probable inference, the law of succession, and
/// statistical inference", 1927). None of nothing.
pub fn wilson(successes: u64, trials: u64) -> Option<Rate> {
    if trials == 0 {
        return None;
    }
    let n = trials as f64;
    let value = successes as f64 / n;
    let centre = (value + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (value * (1.0 - value) / n + Z * Z / (4.0 * n * n)).sqrt();
    // At the ends the interval touches 0 or 1 exactly; rounding must not say otherwise.
    let low = if successes == 0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if successes == trials {
        1.0
    } else {
        (centre + half).min(1.0)
    };
    Some(Rate { value, low, high })
}

/// The chance that at least one of `k` samples is right, estimated without bias from `n` samples of which `c` are
/// right (Chen et al., "Evaluating large language models trained on code", 2021). None where `n < k` or `k` is 0.
pub fn pass_at_k(n: u64, c: u64, k: u64) -> Option<f64> {
    if k == 0 || n < k || c > n {
        return None;
    }
    if n - c < k {
        return Some(1.0);
    }
    let all_wrong: f64 = (n - c + 1..=n).map(|i| 1.0 - k as f64 / i as f64).product();
    Some(1.0 - all_wrong)
}

/// pass@k over tasks, each given as (samples, right ones), with an interval by Wilson where every task has one sample
/// and by a bootstrap over tasks where there are more, unless all of them came out the same or there are so many that the
/// normal distribution says the same. Tasks with fewer than `k` samples are left out; none where no
/// task is left.
pub fn pass_at_k_over(tasks: &[(u64, u64)], k: u64) -> Option<Rate> {
    let scores: Vec<f64> = tasks.iter().filter_map(|(n, c)| pass_at_k(*n, *c, k)).collect();
    if scores.is_empty() {
        return None;
    }
    if tasks.iter().all(|(n, _)| *n <= 1) {
        return wilson(
            scores.iter().filter(|score| **score > 0.5).count() as u64,
            scores.len() as u64,
        );
    }
    let mean = |sum: f64| sum / scores.len() as f64;
    let value = mean(scores.iter().sum());
    // Where all tasks agree, resampling them only repeats it; that they agree is as sure as so many tasks make it.
    let alike = |score: f64| scores.iter().all(|other| (other - score).abs() < 1e-12);
    if alike(0.0) || alike(1.0) {
        let passed = if alike(1.0) { scores.len() } else { 0 };
        return wilson(passed as u64, scores.len() as u64);
    }
    if scores.len() > MANY {
        let variance = mean(scores.iter().map(|score| (score - value).powi(2)).sum());
        let half = Z * (variance / scores.len() as f64).sqrt();
        return Some(Rate {
            value,
            low: (value - half).max(0.0),
            high: (value + half).min(1.0),
        });
    }
    // A fixed seed: the same results always show the same interval.
    let mut chance = Stream::new(0);
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| mean((0..scores.len()).map(|_| scores[chance.below(scores.len())]).sum()))
        .collect();
    means.sort_by(f64::total_cmp);
    Some(Rate {
        value,
        low: means[RESAMPLES * 25 / 1000],
        high: means[RESAMPLES * 975 / 1000 - 1],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(left: f64, right: f64) -> bool {
        (left - right).abs() < 5e-5
    }

    #[test]
    fn wilson_gives_the_textbook_interval() {
        // Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
        for (successes, trials, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let rate = wilson(successes, trials).expect("there are trials");
            assert!(
                close(rate.low, low) && close(rate.high, high),
                "{successes}/{trials}: {rate:?}"
            );
        }
    }

    #[test]
    fn nothing_has_no_rate() {
        assert_eq!(wilson(0, 0), None);
        assert_eq!(pass_at_k_over(&[], 1), None);
    }

    #[test]
    fn pass_at_k_equals_counting_all_subsets() {
        // Of 5 samples 2 are right: of the 10 pairs 3 hold no right one.
        assert!(close(pass_at_k(5, 2, 2).expect("defined"), 0.7));
        assert!(close(pass_at_k(5, 2, 1).expect("defined"), 0.4));
        assert_eq!(pass_at_k(5, 2, 4), Some(1.0));
        assert_eq!(pass_at_k(5, 0, 5), Some(0.0));
        assert_eq!(pass_at_k(3, 1, 4), None);
    }

    #[test]
    fn all_right_reaches_one_and_all_wrong_reaches_nought() {
        assert_eq!(wilson(164, 164).map(|rate| rate.high), Some(1.0));
        assert_eq!(wilson(0, 164).map(|rate| rate.low), Some(0.0));
    }

    #[test]
    fn tasks_that_all_agree_are_no_certainty() {
        let all = pass_at_k_over(&[(2, 2); 20], 1).expect("defined");
        assert!(close(all.low, 0.8389) && all.high == 1.0, "{all:?}");
        let none = pass_at_k_over(&[(10, 0)], 1).expect("defined");
        assert!(none.low == 0.0 && none.high > 0.7, "{none:?}");
    }

    #[test]
    fn more_samples_of_one_task_do_not_make_the_interval_narrower() {
        let tasks: Vec<(u64, u64)> = (0..40).map(|task| (10, if task % 2 == 0 { 10 } else { 0 })).collect();
        let rate = pass_at_k_over(&tasks, 1).expect("defined");
        assert!(close(rate.value, 0.5));
        // 40 independent tasks, not 400 independent samples: a half width near 1.96 × 0.5 / √40 = 0.155.
        assert!(rate.high - rate.low > 0.25 && rate.high - rate.low < 0.36, "{rate:?}");
    }
}
