//! What a plugin may hold of the host's memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmtime::ResourceLimiter;

/// Tables have entries of a pointer's size; this many is far beyond what compilers emit for a plugin.
const TABLE_ENTRIES: usize = 1 << 20;

/// Sums the memories of a store and remembers what it refused.
///
/// It has to remember: a guest that is refused memory dies of `unreachable`, which looks the same as a panic.
#[derive(Debug)]
pub(crate) struct Memory {
    most: usize,
    held: usize,
    peak: usize,
    denied: bool,
    /// Where the most is noted when the store is gone.
    noted: Option<Arc<AtomicUsize>>,
}

impl Drop for Memory {
    fn drop(&mut self) {
        if let Some(noted) = &self.noted {
            noted.fetch_max(self.peak, Ordering::Relaxed);
        }
    }
}

impl Memory {
    /// The same, whose most is noted at its end if it is more than what is there.
    pub(crate) fn noting(mut self, noted: Arc<AtomicUsize>) -> Self {
        self.noted = Some(noted);
        self
    }

    pub(crate) fn at_most(bytes: usize) -> Self {
        Memory {
            most: bytes,
            held: 0,
            peak: 0,
            denied: false,
            noted: None,
        }
    }

    /// Whether anything was refused.
    pub(crate) fn denied(&self) -> bool {
        self.denied
    }

    /// The most that was held, in bytes.
    pub(crate) fn peak(&self) -> usize {
        self.peak
    }

    /// The bound in bytes.
    pub(crate) fn most(&self) -> usize {
        self.most
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let held = self.held.saturating_sub(current).saturating_add(desired);
        let within_own = maximum.is_none_or(|maximum| desired <= maximum);
        if held > self.most || !within_own {
            self.denied |= held > self.most;
            return Ok(false);
        }
        self.held = held;
        self.peak = self.peak.max(held);
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let allowed = desired <= TABLE_ENTRIES;
        self.denied |= !allowed;
        Ok(allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_are_summed_and_a_refusal_is_remembered() {
        let mut memory = Memory::at_most(100);
        assert!(memory.memory_growing(0, 60, None).expect("never fails"));
        assert!(memory.memory_growing(0, 30, None).expect("never fails"));
        assert!(!memory.denied());
        assert!(!memory.memory_growing(30, 50, None).expect("never fails"));
        assert!(memory.denied());
        assert_eq!(memory.peak(), 90);
    }

    #[test]
    fn a_guest_that_meets_its_own_maximum_was_not_refused_by_the_host() {
        let mut memory = Memory::at_most(100);
        assert!(!memory.memory_growing(0, 60, Some(50)).expect("never fails"));
        assert!(!memory.denied());
    }
}
