//! Whether one set of measured values lies above another, or chance alone would set them apart as far.

use koderz_api::statistics::{Estimate, middle, sorted};

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
    Some(match a.len() + b.len() <= COUNTED {
        true => counted(a, b),
        false => about(a, b),
    })
}

/// By counting all choices of as many of the values: whichever of them are equal, that is exact.
fn counted(a: &[f64], b: &[f64]) -> Test {
    let mut values: Vec<f64> = a.iter().chain(b).copied().collect();
    values.sort_by(f64::total_cmp);
    // Twice the mean of the ranks of equal values, so that it is whole, and less what all have.
    let rank = |value: &f64| {
        let below = values.partition_point(|other| other.total_cmp(value).is_lt());
        below + values.partition_point(|other| other.total_cmp(value).is_le())
    };
    let ranks: Vec<usize> = values.iter().map(rank).collect();
    let seen: usize = a.iter().map(rank).sum();
    let choices = choices(&ranks, a.len());
    let all: f64 = choices.iter().sum();
    let of_all = |count: f64| (2.0 * count / all).min(1.0);
    let (below, above) = (choices[..=seen].iter().sum::<f64>(), choices[seen..].iter().sum());
    let mut possible = choices.iter().filter(|count| **count > 0.0);
    let lowest = *possible.next().expect("one of them was seen");
    let highest = *possible.next_back().unwrap_or(&lowest);
    Test {
        probability: of_all(f64::min(below, above)),
        least: of_all(lowest.min(highest)),
    }
}

/// How many choices of so many ranks have which sum: 0, 1 and so on.
fn choices(ranks: &[usize], chosen: usize) -> Vec<f64> {
    let most: usize = ranks.iter().sum();
    let mut counts = vec![vec![0.0; most + 1]; chosen + 1];
    counts[0][0] = 1.0;
    for rank in ranks {
        // From above, so that no rank is taken twice.
        for taken in (1..=chosen).rev() {
            for sum in *rank..=most {
                counts[taken][sum] += counts[taken - 1][sum - rank];
            }
        }
    }
    counts.swap_remove(chosen)
}

/// By the normal distribution, uncorrected for equal values: where there are any, the probability is rather too high.
fn about(a: &[f64], b: &[f64]) -> Test {
    let (n, m) = (a.len(), b.len());
    let won = wins(a, b);
    let of_both = |wins: f64| (2.0 * normal(wins, n, m)).min(1.0);
    Test {
        probability: of_both(won.min((n * m) as f64 - won)),
        least: of_both(0.0),
    }
}

/// Values of a set that are enough to see how ratios are spread; of more some are taken, at equal distances.
const SPREAD: usize = 500;

/// Values of each set from which on there is an interval.
const FEWEST: usize = 6;

/// How many times as large the values of `b` are as those of `a`: the middle of all ratios of one to one (Hodges and
/// Lehmann, "Estimates of location based on rank tests", 1963), with the interval of 95 % that goes with the rank test.
/// None where one of them is not above 0.
pub(crate) fn ratio(a: &[f64], b: &[f64]) -> Option<Estimate> {
    let (n, m) = (a.len() as f64, b.len() as f64);
    let (some_a, some_b) = (spread(a), spread(b));
    if a.iter().chain(b).any(|value| *value <= 0.0) {
        return None;
    }
    let ratios = sorted(some_a.iter().flat_map(|a| some_b.iter().map(move |b| b / a)));
    let beyond = n * m / 2.0 - 1.96 * (n * m * (n + m + 1.0) / 12.0).sqrt();
    // Of all ratios so many lie outside of it on either side, and of some the same part.
    let place = (beyond / (n * m) * ratios.len() as f64) as usize;
    Some(Estimate {
        value: middle(&ratios)?,
        interval: (a.len().min(b.len()) >= FEWEST).then(|| (ratios[place], ratios[ratios.len() - 1 - place])),
    })
}

fn spread(values: &[f64]) -> Vec<f64> {
    let all = sorted(values.iter().copied());
    if all.len() <= SPREAD {
        return all;
    }
    let place = |number: usize| (number as f64 + 0.5) / SPREAD as f64 * all.len() as f64;
    (0..SPREAD).map(|number| all[place(number) as usize]).collect()
}

/// How often a value of the one set lies above one of the other; of two equal ones each wins a half.
fn wins(a: &[f64], b: &[f64]) -> f64 {
    let score = |(a, b): (&f64, &f64)| match a.total_cmp(b) {
        std::cmp::Ordering::Greater => 1.0,
        std::cmp::Ordering::Equal => 0.5,
        std::cmp::Ordering::Less => 0.0,
    };
    a.iter().flat_map(|a| b.iter().map(move |b| score((a, b)))).sum()
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
    use koderz_api::seed::Stream;

    fn row(from: u32, count: u32) -> Vec<f64> {
        (from..from + count).map(f64::from).collect()
    }

    #[test]
    fn few_values_can_show_nothing_however_far_apart_they_are() {
        let test = rank_test(&row(0, 3), &row(1000, 3)).expect("values");
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
        let (a, b) = (row(0, 20), row(3, 20));
        let exact = rank_test(&a, &b).expect("values").probability;
        let about = about(&a, &b).probability;
        assert!((exact / about - 1.0).abs() < 0.15, "{exact} and {about}");
    }

    #[test]
    fn equal_values_make_a_difference_less_probable_as_counting_all_choices_says() {
        // Each choice of as many of the values, by listing them.
        let listed = |a: &[f64], b: &[f64]| {
            let all: Vec<f64> = a.iter().chain(b).copied().collect();
            let (mut fewer, mut more, mut choices) = (0.0, 0.0, 0.0);
            for choice in (0..1u32 << all.len()).filter(|choice| choice.count_ones() as usize == a.len()) {
                let (one, other): (Vec<_>, Vec<_>) = all.iter().enumerate().partition(|(at, _)| choice >> at & 1 == 1);
                let values = |set: Vec<(usize, &f64)>| set.into_iter().map(|(_, value)| *value).collect::<Vec<f64>>();
                let won = wins(&values(one), &values(other));
                choices += 1.0;
                fewer += f64::from(won <= wins(a, b));
                more += f64::from(won >= wins(a, b));
            }
            (2.0 * f64::min(fewer, more) / choices).min(1.0)
        };
        for (a, b) in [
            (&[0.0, 0.0, 0.0, 1.0][..], &[0.0, 0.0, 1.0, 1.0][..]),
            (&[1.0, 1.0, 2.0, 3.0], &[3.0, 3.0, 4.0, 4.0, 5.0]),
            (&[1.0, 1.0, 1.0], &[2.0, 2.0, 2.0, 2.0, 2.0]),
            (&[5.0, 5.0], &[5.0, 5.0, 5.0]),
        ] {
            let test = rank_test(a, b).expect("values");
            assert!(
                (test.probability - listed(a, b)).abs() < 1e-12,
                "{a:?} and {b:?}: {test:?}"
            );
            assert!(test.least <= test.probability, "{a:?} and {b:?}: {test:?}");
        }
    }

    #[test]
    fn a_ratio_has_the_true_one_in_its_interval_as_often_as_it_says_and_goes_with_the_test() {
        let mut chance = Stream::new(1);
        let mut draw = |times: f64, count: usize| -> Vec<f64> {
            let skewed = |_| times * (2.0 - (1.0 - chance.unit()).ln());
            (0..count).map(skewed).collect()
        };
        for (n, m, times) in [(6, 6, 200), (12, 30, 200), (600, 700, 20)] {
            let (mut covered, mut alike) = (0_usize, 0_usize);
            for _ in 0..times {
                let (a, b) = (draw(1.0, n), draw(1.2, m));
                let found = ratio(&a, &b).expect("all are above 0");
                let (low, high) = found.interval.expect("there are enough");
                assert!(low <= found.value && found.value <= high);
                covered += usize::from(low <= 1.2 && 1.2 <= high);
                let claims = rank_test(&a, &b).expect("values").probability < UNLIKELY;
                alike += usize::from(claims == (low > 1.0 || high < 1.0));
            }
            assert!(
                (times * 91 / 100..=times * 99 / 100).contains(&covered),
                "{covered} of {times} for {n} and {m}"
            );
            assert!(alike >= times * 95 / 100, "{alike} of {times} for {n} and {m}");
        }
        assert_eq!(
            ratio(&[1.0; 5], &[2.0; 9]).map(|few| (few.value, few.interval)),
            Some((2.0, None))
        );
        assert_eq!(ratio(&[0.0, 1.0], &[2.0]), None);
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
