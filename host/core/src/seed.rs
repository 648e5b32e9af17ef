//! Chance that can be repeated: every seed of a run follows from the run's own.
//!
//! SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).

use crate::event::Place;
use rand_core::TryRng;
use std::convert::Infallible;

/// A stream of pseudo-random numbers.
#[derive(Clone, Debug)]
pub struct Stream(u64);

impl Stream {
    /// The stream that belongs to a seed.
    pub fn new(seed: u64) -> Self {
        Stream(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below `bound`, which must not be 0. Its bias is below `bound` / 2^64.
    pub fn below(&mut self, bound: usize) -> usize {
        let wide = u128::from(self.bits()) * bound as u128;
        (wide >> 64) as usize
    }
}

/// For distributions of a library.
impl TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.bits() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.bits())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(size_of::<u64>()) {
            chunk.copy_from_slice(&self.bits().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// The seed of a trial: the same for the same run seed, task and sample, whatever else the run holds.
///
/// It stays below 2^31, because the model server keeps seeds in a signed 32-bit integer.
pub fn of_trial(run: u64, task: &str, sample: u32) -> u64 {
    let start = Stream::new(run ^ u64::from(sample)).bits();
    let all = task.bytes().fold(start, |state, byte| mix(state ^ u64::from(byte)));
    all >> 33
}

/// The chance that a retry policy is given after a failed attempt: the same whenever the same attempt fails.
pub(crate) fn of_attempt(trial: u64, place: Place, number: u32) -> u64 {
    let question = (u64::from(place.round) << 32) | u64::from(place.command);
    mix(mix(mix(trial) ^ question) ^ u64::from(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_trial_has_the_same_seed_in_every_run_with_the_same_seed() {
        assert_eq!(of_trial(7, "a/1", 0), of_trial(7, "a/1", 0));
        assert_ne!(of_trial(7, "a/1", 0), of_trial(8, "a/1", 0));
    }

    #[test]
    fn samples_and_tasks_differ_in_their_seeds_and_fit_the_server() {
        let seeds: HashSet<u64> = (0..100)
            .flat_map(|task| (0..10).map(move |sample| of_trial(0, &format!("t/{task}"), sample)))
            .collect();
        assert_eq!(seeds.len(), 1000);
        assert!(seeds.iter().all(|seed| *seed < 1 << 31));
    }

    #[test]
    fn the_stream_is_the_published_one() {
        // First outputs of SplitMix64 for seed 1234567, as published with its reference implementation.
        let mut stream = Stream::new(1_234_567);
        assert_eq!(
            [stream.bits(), stream.bits()],
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]
        );
    }

    #[test]
    fn numbers_below_a_bound_stay_below_it() {
        let mut stream = Stream::new(1);
        assert!((0..1000).all(|_| stream.below(7) < 7));
    }
}
