//! When the trials of a stage are planned to begin, whether or not earlier ones have ended.

use koderz_api::seed::Stream;
use koderz_api::suite::Arrivals;
use rand_core::TryRng;
use rand_distr::{Distribution, Gamma};
use std::convert::Infallible;
use std::time::Duration;

/// Gaps between planned beginnings, one after the other.
pub(crate) struct Gaps {
    mean: Duration,
    /// None where every gap is the mean.
    spread: Option<Gamma<f64>>,
    chance: Chance,
}

impl Gaps {
    /// None for a rate that is none.
    pub(crate) fn new(arrivals: Arrivals, seed: u64) -> Option<Self> {
        let Arrivals { per_second, burstiness } = arrivals;
        let mean = Duration::try_from_secs_f64(1.0 / per_second).ok()?;
        let spread = match burstiness {
            0.0 => None,
            // Of a gamma distribution the coefficient of variation is one over the root of its shape.
            burstiness => Some(Gamma::new(burstiness.powi(-2), burstiness.powi(2)).ok()?),
        };
        Some(Gaps {
            mean,
            spread,
            chance: Chance(Stream::new(seed)),
        })
    }

    pub(crate) fn next(&mut self) -> Duration {
        match &self.spread {
            None => self.mean,
            Some(spread) => self.mean.mul_f64(spread.sample(&mut self.chance)),
        }
    }
}

/// A stream as the distributions of a library want it.
struct Chance(Stream);

impl TryRng for Chance {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.0.bits() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.bits())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(size_of::<u64>()) {
            chunk.copy_from_slice(&self.0.bits().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps(per_second: f64, burstiness: f64) -> Vec<f64> {
        let arrivals = Arrivals { per_second, burstiness };
        let mut gaps = Gaps::new(arrivals, 1).expect("a rate");
        (0..20_000).map(|_| gaps.next().as_secs_f64()).collect()
    }

    fn moments(gaps: &[f64]) -> (f64, f64) {
        let n = gaps.len() as f64;
        let mean = gaps.iter().sum::<f64>() / n;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / n;
        (mean, variance.sqrt() / mean)
    }

    #[test]
    fn gaps_have_the_mean_and_the_coefficient_of_variation_that_were_asked_for() {
        for burstiness in [0.0, 0.5, 1.0, 2.0] {
            let (mean, variation) = moments(&gaps(4.0, burstiness));
            assert!((mean - 0.25).abs() < 0.01, "{burstiness}: {mean}");
            assert!((variation - burstiness).abs() < 0.06, "{burstiness}: {variation}");
        }
    }

    #[test]
    fn without_burstiness_in_the_way_of_poisson_two_thirds_of_gaps_are_below_the_mean() {
        let below = gaps(1.0, 1.0).iter().filter(|gap| **gap < 1.0).count();
        assert!(
            (12_400..12_900).contains(&below),
            "1 - 1/e of 20,000 is 12,642: {below}"
        );
    }

    #[test]
    fn what_is_no_rate_gives_no_gaps() {
        for per_second in [0.0, -1.0, f64::NAN, 1e-30] {
            let arrivals = Arrivals {
                per_second,
                burstiness: 1.0,
            };
            assert!(Gaps::new(arrivals, 1).is_none(), "{per_second}");
        }
    }
}
