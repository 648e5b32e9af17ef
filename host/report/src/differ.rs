//! Whether one set of measured values lies above another, or chance alone would set them apart as far.

/// Values in both sets together up to which every order of them is counted.
const COUNTED: usize = 40;

/// A probability below this is taken for a difference.
pub(crate) const UNLIKELY: f64 = 0.05;

/// What a rank test says (Mann and Whitney, 1947), on both sides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Test {
    /// How probable such ranks or stranger ones are where there is no difference.
    pub(crate) probability: f64,
    /// The least that it could be with so many values: above a bound nothing can be shown.
    pub(crate) least: f64,
}

/// None where one of the sets is empty.
pub(crate) fn rank_test(a: &[f64], b: &[f64]) -> Option<Test> {
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let wins = |value: &f64| {
        let scores = b.iter().map(|other| match value.total_cmp(other) {
            std::cmp::Ordering::Greater => 1.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Less => 0.0,
        });
        scores.sum::<f64>()
    };
    let won: f64 = a.iter().map(wins).sum();
    let (n, m) = (a.len(), b.len());
    let fewer = won.min((n * m) as f64 - won);
    let (below, lowest) = match n + m <= COUNTED {
        true => {
            let orders = orders(n, m);
            let all: f64 = orders.iter().sum();
            let up_to: f64 = orders.iter().take(fewer.floor() as usize + 1).sum();
            (up_to / all, 1.0 / all)
        }
        false => (normal(fewer, n, m), normal(0.0, n, m)),
    };
    Some(Test {
        probability: (2.0 * below).min(1.0),
        least: (2.0 * lowest).min(1.0),
    })
}

/// In how many orders of n and m values the former win so often: at 0, at 1 and so on.
fn orders(n: usize, m: usize) -> Vec<f64> {
    // The last value is one of the n and wins over all m, or one of the m.
    let mut rows = vec![vec![1.0]; m + 1];
    for _ in 0..n {
        let mut next: Vec<Vec<f64>> = vec![vec![1.0]];
        for m in 1..=m {
            let mut counts = vec![0.0; rows[m].len().max(next[m - 1].len()) + m];
            for (wins, count) in rows[m].iter().enumerate() {
                counts[wins + m] += count;
            }
            for (wins, count) in next[m - 1].iter().enumerate() {
                counts[wins] += count;
            }
            next.push(counts);
        }
        rows = next;
    }
    rows.pop().unwrap_or_default()
}

/// The probability of so few wins or fewer by the normal approximation, with its correction for steps.
fn normal(wins: f64, n: usize, m: usize) -> f64 {
    let (n, m) = (n as f64, m as f64);
    let deviation = (n * m * (n + m + 1.0) / 12.0).sqrt();
    let z = (n * m / 2.0 - wins - 0.5).max(0.0) / deviation;
    // Abramowitz and Stegun, 26.2.17: off by less than 7.5e-8.
    let t = 1.0 / (1.0 + 0.231_641_9 * z);
    let sum = [
        1.330_274_429,
        -1.821_255_978,
        1.781_477_937,
        -0.356_563_782,
        0.319_381_530,
    ]
    .into_iter()
    .fold(0.0, |sum, factor| sum * t + factor);
    (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt() * sum * t
}

/// Probabilities of several tests made together (Holm, 1979), in the same order.
pub(crate) fn together(probabilities: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]));
    let mut all = vec![0.0; probabilities.len()];
    let mut before = 0.0_f64;
    for (place, test) in order.into_iter().enumerate() {
        before = before.max((probabilities[test] * (probabilities.len() - place) as f64).min(1.0));
        all[test] = before;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(from: u32, count: u32) -> Vec<f64> {
        (from..from + count).map(f64::from).collect()
    }

    #[test]
    fn few_values_can_show_nothing_however_far_apart_they_are() {
        let test = rank_test(&counted(0, 3), &counted(1000, 3)).expect("values");
        assert!((test.probability - 0.1).abs() < 1e-12, "2 of 20 orders: {test:?}");
        assert_eq!(test.probability, test.least);
        assert_eq!(rank_test(&[], &[1.0]), None);
    }

    #[test]
    fn probabilities_are_those_of_counting_all_orders_and_near_them_beyond() {
        // The former win six times, and 29 of the 462 orders have no more, as listing them shows.
        let test = rank_test(&[1.0, 2.0, 4.0, 5.0, 9.0], &[3.0, 6.0, 7.0, 8.0, 10.0, 11.0]).expect("values");
        assert!((test.probability - 0.125_541_1).abs() < 1e-6, "{test:?}");
        // Both ways of reckoning agree where the one goes over into the other.
        let (a, b) = (counted(0, 20), counted(3, 20));
        let exact = rank_test(&a, &b).expect("values").probability;
        let won = a
            .iter()
            .map(|a| b.iter().filter(|b| a > b).count() as f64 + 0.5 * b.iter().filter(|b| a == *b).count() as f64);
        let about = 2.0 * normal(won.sum(), 20, 20);
        assert!((exact / about - 1.0).abs() < 0.15, "{exact} and {about}");
    }

    #[test]
    fn several_tests_at_once_need_more_of_each() {
        let all = together(&[0.01, 0.04, 0.03]);
        let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(
            near(all[0], 0.03) && near(all[1], 0.06) && near(all[2], 0.06),
            "{all:?}"
        );
    }
}
