//! When things happened in a run: answers, attempts that failed, and outages, along the time that was worked on it.
//!
//! However long a run is, its time is divided into no more than [`SLOTS`] slots: where they do not reach, two become one.

use koderz_api::suite::Completion;
use koderz_core::event::{Entry, Event};
use std::time::Duration;

/// Into how many slots the time is divided at most.
pub(crate) const SLOTS: usize = 120;

/// What a slot lasts at first.
const FIRST: Duration = Duration::from_millis(10);

/// The latest outages are kept; all are counted in the summary.
const OUTAGES: usize = 50;

/// What happened when.
#[derive(Clone, Debug)]
pub(crate) struct Pulse {
    slot: Duration,
    beats: Vec<Beat>,
    /// From when to when nothing was asked.
    outages: Vec<(Duration, Duration)>,
    took: Duration,
    /// What the stretches of work before this one took.
    before: Duration,
}

/// What happened in a slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Beat {
    /// Questions that were answered.
    pub(crate) answers: u64,
    /// Attempts that failed.
    pub(crate) failed: u64,
}

impl Default for Pulse {
    fn default() -> Self {
        Pulse {
            slot: FIRST,
            beats: Vec::new(),
            outages: Vec::new(),
            took: Duration::ZERO,
            before: Duration::ZERO,
        }
    }
}

impl Pulse {
    /// Takes in an event.
    pub(crate) fn observe(&mut self, entry: &Entry) {
        if let Event::Began { .. } = entry.event {
            self.before = self.took;
        }
        self.took = self.before + entry.at;
        match &entry.event {
            Event::Completed {
                completion: Completion::Asked(Ok(_)),
                ..
            } => self.beat().answers += 1,
            Event::AttemptFailed { .. } => self.beat().failed += 1,
            Event::OutageEnded { after } => {
                if self.outages.len() == OUTAGES {
                    self.outages.remove(0);
                }
                self.outages.push((self.took.saturating_sub(*after), self.took));
            }
            _ => {}
        }
    }

    /// The slots from the beginning on, as far as anything happened.
    pub(crate) fn beats(&self) -> &[Beat] {
        &self.beats
    }

    /// What a slot lasts.
    pub(crate) fn slot(&self) -> Duration {
        self.slot
    }

    /// When nothing was asked.
    pub(crate) fn outages(&self) -> &[(Duration, Duration)] {
        &self.outages
    }

    /// How long was worked, over all stretches.
    pub(crate) fn took(&self) -> Duration {
        self.took
    }

    /// The slot of this moment.
    fn beat(&mut self) -> &mut Beat {
        while self.index() >= SLOTS {
            self.slot *= 2;
            let two = |two: &[Beat]| Beat {
                answers: two.iter().map(|beat| beat.answers).sum(),
                failed: two.iter().map(|beat| beat.failed).sum(),
            };
            self.beats = self.beats.chunks(2).map(two).collect();
        }
        let index = self.index();
        if index >= self.beats.len() {
            self.beats.resize(index + 1, Beat::default());
        }
        &mut self.beats[index]
    }

    fn index(&self) -> usize {
        usize::try_from(self.took.as_nanos() / self.slot.as_nanos()).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Tape, failure};
    use koderz_api::retry::Decision;
    use koderz_api::transport::FailureKind;

    fn of(tape: &Tape) -> Pulse {
        let mut pulse = Pulse::default();
        tape.entries().iter().for_each(|entry| pulse.observe(entry));
        pulse
    }

    #[test]
    fn however_long_a_run_is_its_time_is_in_so_many_slots_and_nothing_is_lost() {
        let tape = (0..1000).fold(Tape::new().began(1000, 0), |tape, task| {
            tape.trial(&format!("t/{task}"), 0, |trial| {
                let busy = failure(FailureKind::Overloaded, Some(503), "busy");
                trial
                    .asked("x")
                    .failed_with(1, busy, Decision::Retry(Duration::from_secs(1)))
            })
        });
        let pulse = of(&tape);
        assert!(pulse.beats().len() <= SLOTS);
        assert_eq!(pulse.beats().iter().map(|beat| beat.answers).sum::<u64>(), 1000);
        assert_eq!(pulse.beats().iter().map(|beat| beat.failed).sum::<u64>(), 1000);
        assert!(pulse.slot() * SLOTS as u32 >= pulse.took());
    }

    #[test]
    fn a_second_stretch_of_work_follows_the_first() {
        let stretch = |tape: Tape, task: &str| tape.began(2, 0).trial(task, 0, |trial| trial.asked("x"));
        let once = of(&stretch(Tape::new(), "t/1")).took();
        let twice = of(&stretch(stretch(Tape::new(), "t/1"), "t/2"));
        assert_eq!(twice.took(), once * 2);
        let moments = twice.beats().iter().filter(|beat| beat.answers > 0);
        assert_eq!(moments.count(), 2, "they do not fall onto each other");
    }

    #[test]
    fn an_outage_lies_before_its_end() {
        let after = Duration::from_secs(2);
        let tape = Tape::new()
            .began(1, 0)
            .stage("main", false)
            .stage("more", false)
            .push(Event::OutageEnded { after });
        let second = Duration::from_secs(1);
        assert_eq!(of(&tape).outages(), [(second, second * 3)]);
    }
}
