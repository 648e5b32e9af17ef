//! Figures with their uncertainty, of few values: what suites and reports reckon alike.

/// A value, and where the true one lies in 95 of 100 cases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// The interval, where there are enough values for one.
    pub interval: Option<(f64, f64)>,
}

/// Values that have to lie beyond a percentile before it is told.
const BEYOND: f64 = 10.0;

/// From where on a value is an outlier, in modified z-scores: what hyperfine takes.
const FAR: f64 = 14.826;

const CONFIDENCE: f64 = 0.95;

/// Values in ascending order, without those that are no numbers.
pub fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The middle of values in ascending order.
pub fn middle(sorted: &[f64]) -> Option<f64> {
    let half = sorted.len() / 2;
    match (sorted.len() % 2, sorted.get(half)) {
        (_, None) => None,
        (1, Some(middle)) => Some(*middle),
        (_, Some(above)) => Some((sorted[half - 1] + above) / 2.0),
    }
}

/// The median with an interval from order statistics, interpolated (Hettmansperger and Sheather, "Confidence intervals
/// based on interpolated order statistics", 1986). Of fewer than six values no such interval is wide enough, so there is
/// none.
pub fn median(values: impl IntoIterator<Item = f64>) -> Option<Estimate> {
    let values = sorted(values);
    Some(Estimate {
        value: middle(&values)?,
        interval: interval(&values),
    })
}

fn interval(sorted: &[f64]) -> Option<(f64, f64)> {
    let n = sorted.len();
    // The interval from the k-th value to the k-th from above covers the median unless fewer than k lie on one side.
    let covers = |k: usize| 1.0 - 2.0 * at_most(k - 1, n);
    let k = (1..=n / 2).take_while(|k| covers(*k) >= CONFIDENCE).last()?;
    if k == n / 2 {
        return Some((sorted[k - 1], sorted[n - k]));
    }
    let share = (covers(k) - CONFIDENCE) / (covers(k) - covers(k + 1));
    let weight = (n - k) as f64 * share / (k as f64 + (n - 2 * k) as f64 * share);
    let between = |outer: f64, inner: f64| outer + weight * (inner - outer);
    Some((
        between(sorted[k - 1], sorted[k]),
        between(sorted[n - k], sorted[n - k - 1]),
    ))
}

/// The chance that of n values at most k lie below the median.
fn at_most(k: usize, n: usize) -> f64 {
    // By logarithms, since a half to the power of a thousand is no number any more.
    let mut log = -(n as f64) * 2f64.ln();
    let mut sum = log.exp();
    for i in 1..=k {
        log += ((n - i + 1) as f64 / i as f64).ln();
        sum += log.exp();
    }
    sum
}

/// Whether of so many values enough lie beyond a percentile for it to be told: fewer say little about it.
pub fn tells_percentile(values: usize, share: f64) -> bool {
    values as f64 * (1.0 - share) >= BEYOND - 1e-9
}

/// The value that a share of the values does not exceed (nearest rank), where enough lie beyond it.
pub fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    let n = sorted.len();
    if !tells_percentile(n, share) {
        return None;
    }
    let rank = (share * n as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

/// How many values lie far from the others (Iglewicz and Hoaglin, 1993). Fewer than six say nothing of that.
pub fn outliers(sorted: &[f64]) -> usize {
    let Some(middle) = middle(sorted).filter(|_| sorted.len() >= 6) else {
        return 0;
    };
    let deviations = self::sorted(sorted.iter().map(|value| (value - middle).abs()));
    let spread = self::middle(&deviations).unwrap_or_default();
    let far = |value: &&f64| 0.6745 * (**value - middle).abs() > FAR * spread && spread > 0.0;
    sorted.iter().filter(far).count()
}

/// A line through points whose slope is the median of all slopes between two of them (Theil, 1950; Sen, 1968), with an
/// interval for the slope from the order of these, and the median of what it leaves as its beginning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// How much it rises with each step.
    pub slope: Estimate,
    /// Where it is at 0.
    pub start: f64,
}

/// The line of points. None where all have one place.
pub fn line(points: &[(f64, f64)]) -> Option<Line> {
    let mut slopes = Vec::new();
    for (index, (x, y)) in points.iter().enumerate() {
        for (other_x, other_y) in &points[index + 1..] {
            if x != other_x {
                slopes.push((other_y - y) / (other_x - x));
            }
        }
    }
    let slopes = sorted(slopes);
    let value = middle(&slopes)?;
    Some(Line {
        start: middle(&sorted(points.iter().map(|(x, y)| y - value * x)))?,
        slope: Estimate {
            value,
            interval: slope_interval(points, &slopes),
        },
    })
}

/// By the normal approximation of Kendall's statistic, with places that several points share taken out (Sen, 1968).
fn slope_interval(points: &[(f64, f64)], slopes: &[f64]) -> Option<(f64, f64)> {
    let size = |n: usize| (n * n.saturating_sub(1) * (2 * n + 5)) as f64;
    let places = sorted(points.iter().map(|(x, _)| *x));
    let shared: f64 = places.chunk_by(|a, b| a == b).map(|same| size(same.len())).sum();
    let deviation = ((size(points.len()) - shared) / 18.0).sqrt();
    let half = 1.959_963_984_540_054 * deviation / 2.0;
    let centre = slopes.len() as f64 / 2.0;
    let low = (centre - half).round();
    let high = (centre + half).round();
    let at = |place: f64| slopes.get(place as usize).copied();
    (points.len() >= 6 && low >= 0.0).then_some(())?;
    Some((at(low)?, at(high.min(slopes.len() as f64 - 1.0))?))
}

/// The share of successes with Wilson's interval (Wilson, 1927).
pub fn share(successes: usize, all: usize) -> Option<Estimate> {
    if all == 0 {
        return None;
    }
    let (n, z) = (all as f64, 1.959_963_984_540_054_f64);
    let value = successes as f64 / n;
    let centre = (value + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (value * (1.0 - value) / n + z * z / (4.0 * n * n)).sqrt();
    Some(Estimate {
        value,
        interval: Some(((centre - half).max(0.0), (centre + half).min(1.0))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Stream;

    #[test]
    fn the_interval_of_a_median_covers_it_in_95_of_100_runs() {
        let mut chance = Stream::new(1);
        for n in [8, 15, 40, 200] {
            let covered = (0..2000).filter(|_| {
                // Exponential, since times are skewed; the median is ln 2.
                let values = (0..n).map(|_| -(1.0 - chance.unit()).ln());
                let (low, high) = median(values)
                    .and_then(|estimate| estimate.interval)
                    .expect("enough values");
                (low..=high).contains(&2f64.ln())
            });
            let covered = covered.count();
            assert!((1860..=1940).contains(&covered), "{covered} of 2000 with {n} values");
        }
    }

    #[test]
    fn few_values_have_a_median_and_no_interval() {
        assert_eq!(
            median([3.0, 1.0, 2.0]),
            Some(Estimate {
                value: 2.0,
                interval: None
            })
        );
        assert_eq!(median([1.0, 2.0]).map(|estimate| estimate.value), Some(1.5));
        assert!(median([]).is_none());
        let six = median((1..=6).map(f64::from)).expect("a median");
        let (low, high) = six.interval.expect("six are enough");
        // From the 1st to the 6th value is 96.9 %, from the 2nd to the 5th 78.1 %: 5/14 of the way between them.
        assert!(
            (low - 19.0 / 14.0).abs() < 1e-12 && (high - 79.0 / 14.0).abs() < 1e-12,
            "{low} {high}"
        );
    }

    #[test]
    fn a_percentile_needs_ten_values_beyond_it() {
        let values: Vec<f64> = (1..=1000).map(f64::from).collect();
        assert_eq!(percentile(&values, 0.99), Some(990.0));
        assert_eq!(percentile(&values[..999], 0.99), None);
        assert_eq!(percentile(&values[..100], 0.9), Some(90.0));
    }

    #[test]
    fn what_is_far_off_is_counted() {
        assert_eq!(outliers(&sorted([10.0, 10.1, 9.9, 10.2, 9.8, 90.0])), 1);
        assert_eq!(outliers(&[1.0, 1.0, 1.0, 1.0, 1.0, 9.0]), 0, "where most are equal");
        assert_eq!(outliers(&[1.0, 1.1, 90.0]), 0, "nothing is said of few");
    }

    #[test]
    fn a_line_is_found_though_a_point_is_off_and_its_interval_covers_the_slope() {
        let exact: Vec<(f64, f64)> = (0..15)
            .map(|i| (f64::from(i % 3), 5.0 + 2.0 * f64::from(i % 3)))
            .collect();
        let mut points = exact.clone();
        points[4].1 += 1000.0;
        let found = line(&points).expect("a line");
        assert_eq!((found.slope.value, found.start), (2.0, 5.0));
        let mut chance = Stream::new(7);
        let covered = (0..2000).filter(|_| {
            let points: Vec<(f64, f64)> = exact.iter().map(|(x, y)| (*x, y + chance.unit() - 0.5)).collect();
            let (low, high) = line(&points)
                .and_then(|line| line.slope.interval)
                .expect("enough points");
            (low..=high).contains(&2.0)
        });
        let covered = covered.count();
        assert!((1860..=1960).contains(&covered), "{covered} of 2000");
        assert!(line(&[(1.0, 1.0), (1.0, 2.0)]).is_none());
    }

    #[test]
    fn a_share_has_wilsons_interval() {
        let half = share(5, 10).expect("a share");
        // R: prop.test(5, 10, correct = FALSE)$conf.int is 0.2365931 to 0.7634069.
        let (low, high) = half.interval.expect("an interval");
        assert!(
            (low - 0.236_593_1).abs() < 1e-7 && (high - 0.763_406_9).abs() < 1e-7,
            "{low} {high}"
        );
        assert!(share(0, 0).is_none());
    }
}
