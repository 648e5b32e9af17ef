//! What the server has seen, counted so that every question ends in exactly one way.

use crate::wire::Wire;
use serde::Serialize;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::watch;

/// What the server has seen since it started. A question that has ended is in exactly one of `answered`, `unfinished`,
/// `faults`, `refused`, `refused_busy`, `died` and `cancelled`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counts {
    /// Requests to generate or chat that asked something.
    pub questions: u64,
    /// Those answered to the end: the object with `done: true` was handed to the connection, all before it written.
    pub answered: u64,
    /// Those whose recorded answer has no end, and that were played to where it breaks off.
    pub unfinished: u64,
    /// Those that met a fault.
    pub faults: u64,
    /// Those that were no good: an unknown model, a bad option, a question that no cassette answers.
    pub refused: u64,
    /// Those that the full queue of the server turned away. What a fault turns away is a fault.
    pub refused_busy: u64,
    /// Those whose runner died without a fault of their own.
    pub died: u64,
    /// Those whose client went away before, or was cut off by a restart.
    pub cancelled: u64,
    /// Those that wait for a model or a slot right now.
    pub waiting: u64,
    /// The most that ever had a slot at the same time.
    pub most_at_once: u64,
    /// Requests that only loaded a model.
    pub loads: u64,
    /// Requests that only unloaded a model.
    pub unloads: u64,
    /// Loads that were begun, for whatever request.
    pub load_starts: u64,
    /// Those of them that ended with their client.
    pub aborted_loads: u64,
    /// Models that left memory for another one, or for other options.
    pub evictions: u64,
}

#[derive(Debug, Default)]
struct Inner {
    counts: Counts,
    /// Slots that are taken.
    taken: u64,
}

/// Where it is counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    inner: Arc<Mutex<Inner>>,
    /// How many questions have come, for whoever waits for that.
    came: watch::Sender<u64>,
}

/// How a question ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Answered,
    Unfinished,
    Fault,
    Refused,
    RefusedBusy,
    Died,
}

/// A question under way. Dropping it before it is settled means that its client went away.
#[derive(Debug)]
pub(crate) struct Turn {
    ledger: Ledger,
    wire: Wire,
    place: Place,
    settled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Arrived,
    Waiting,
    Slot,
}

impl Ledger {
    pub(crate) fn counts(&self) -> Counts {
        self.lock().counts
    }

    /// A question has arrived on a connection.
    pub(crate) fn question(&self, wire: Wire) -> Turn {
        let came = {
            let counts = &mut self.lock().counts;
            counts.questions += 1;
            counts.questions
        };
        self.came.send_if_modified(|known| {
            let more = came > *known;
            *known = came.max(*known);
            more
        });
        Turn {
            ledger: self.clone(),
            wire,
            place: Place::Arrived,
            settled: false,
        }
    }

    /// Waits until so many questions have come.
    pub(crate) async fn have_come(&self, number: u64) {
        let mut came = self.came.subscribe();
        // It can only fail with the ledger, which is borrowed.
        let _ = came.wait_for(|came| *came >= number).await;
    }

    pub(crate) fn loaded(&self) {
        self.lock().counts.loads += 1;
    }

    pub(crate) fn unloaded(&self) {
        self.lock().counts.unloads += 1;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("nobody panics while counting")
    }
}

impl Turn {
    /// It waits for a model or a slot.
    pub(crate) fn waits(&mut self) {
        self.ledger.lock().counts.waiting += 1;
        self.place = Place::Waiting;
    }

    /// It has a slot.
    pub(crate) fn starts(&mut self) {
        self.leave();
        let mut inner = self.ledger.lock();
        inner.taken += 1;
        inner.counts.most_at_once = inner.counts.most_at_once.max(inner.taken);
        self.place = Place::Slot;
    }

    /// It is about to give its slot back.
    pub(crate) fn leave(&mut self) {
        let mut inner = self.ledger.lock();
        match self.place {
            Place::Arrived => {}
            Place::Waiting => inner.counts.waiting -= 1,
            Place::Slot => inner.taken -= 1,
        }
        self.place = Place::Arrived;
    }

    /// It has ended. Only the first end counts.
    pub(crate) fn settle(&mut self, outcome: Outcome) {
        if std::mem::replace(&mut self.settled, true) {
            return;
        }
        self.wire.note(|account| account.ends(outcome));
        let counts = &mut self.ledger.lock().counts;
        match outcome {
            Outcome::Answered => counts.answered += 1,
            Outcome::Unfinished => counts.unfinished += 1,
            Outcome::Fault => counts.faults += 1,
            Outcome::Refused => counts.refused += 1,
            Outcome::RefusedBusy => counts.refused_busy += 1,
            Outcome::Died => counts.died += 1,
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.leave();
        if !self.settled {
            self.ledger.lock().counts.cancelled += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_ends_in_one_way_only() {
        let ledger = Ledger::default();
        let mut turn = ledger.question(Wire::default());
        turn.settle(Outcome::Fault);
        turn.settle(Outcome::Answered);
        drop(turn);
        drop(ledger.question(Wire::default()));
        let counts = ledger.counts();
        assert_eq!(
            (counts.questions, counts.faults, counts.cancelled, counts.answered),
            (2, 1, 1, 0)
        );
    }

    #[test]
    fn a_client_that_goes_away_leaves_the_queue_and_its_slot() {
        let ledger = Ledger::default();
        let (mut first, mut second) = (ledger.question(Wire::default()), ledger.question(Wire::default()));
        first.waits();
        first.starts();
        second.waits();
        assert_eq!((ledger.counts().waiting, ledger.counts().most_at_once), (1, 1));
        drop(second);
        drop(first);
        let mut third = ledger.question(Wire::default());
        third.starts();
        assert_eq!((ledger.counts().waiting, ledger.counts().most_at_once), (0, 1));
    }
}
