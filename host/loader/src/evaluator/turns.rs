//! How many programs run at once: as many as the machine has processors for. The others wait for their turn.
//!
//! More would not end sooner, and each holds memory while it runs.

use std::sync::{Condvar, Mutex, PoisonError};

/// Turns that can be had.
pub(crate) struct Turns {
    free: Mutex<usize>,
    freed: Condvar,
}

/// A turn, given back with its value.
pub(crate) struct Turn<'a>(&'a Turns);

impl Turns {
    /// One for each processor.
    pub(crate) fn one_per_processor() -> Self {
        Turns::new(std::thread::available_parallelism().map_or(1, usize::from))
    }

    fn new(free: usize) -> Self {
        Turns {
            free: Mutex::new(free),
            freed: Condvar::new(),
        }
    }

    /// Waits for a turn.
    pub(crate) fn take(&self) -> Turn<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let free = self.freed.wait_while(free, |free| *free == 0);
        *free.unwrap_or_else(PoisonError::into_inner) -= 1;
        Turn(self)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn no_more_run_at_once_than_there_are_turns_and_all_get_theirs() {
        let turns = Turns::new(2);
        let (running, ended) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    let _turn = turns.take();
                    assert!(running.fetch_add(1, Ordering::SeqCst) < 2);
                    std::thread::yield_now();
                    running.fetch_sub(1, Ordering::SeqCst);
                    ended.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(ended.into_inner(), 16);
    }
}
