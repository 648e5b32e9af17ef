//! Seeds: every one of a run follows from the run's own.

use crate::event::Place;
use koderz_api::seed::{Stream, mix};

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
}
