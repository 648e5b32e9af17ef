//! Leave to ask the server: as many at once as the limit says, and the limit may change while they are out.

use std::sync::{Mutex, PoisonError};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Slots for questions under way.
pub(crate) struct Slots {
    free: Semaphore,
    size: Mutex<Size>,
}

struct Size {
    limit: u32,
    /// Slots that are to go, and are out.
    owed: usize,
}

impl Slots {
    /// None at first.
    pub(crate) fn new() -> Self {
        Slots {
            free: Semaphore::new(0),
            size: Mutex::new(Size { limit: 0, owed: 0 }),
        }
    }

    /// Changes the limit. Whoever has a slot keeps it.
    pub(crate) fn set(&self, limit: u32) {
        let mut size = self.size.lock().unwrap_or_else(PoisonError::into_inner);
        let (before, now) = (size.limit as usize, limit as usize);
        size.limit = limit;
        if now >= before {
            let kept = size.owed.min(now - before);
            size.owed -= kept;
            self.free.add_permits(now - before - kept);
        } else {
            let gone = self.free.forget_permits(before - now);
            size.owed += before - now - gone;
        }
    }

    /// A slot, once one is free.
    pub(crate) async fn acquire(&self) -> Slot<'_> {
        Slot {
            slots: self,
            // The semaphore is never closed.
            permit: self.free.acquire().await.ok(),
        }
    }
}

/// Leave to ask, until it is dropped.
pub(crate) struct Slot<'a> {
    slots: &'a Slots,
    permit: Option<SemaphorePermit<'a>>,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut size = self.slots.size.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(permit) = self.permit.take()
            && size.owed > 0
        {
            size.owed -= 1;
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_lower_limit_holds_once_enough_have_come_back() {
        let slots = Slots::new();
        slots.set(3);
        let mut out = vec![slots.acquire().await, slots.acquire().await, slots.acquire().await];
        slots.set(1);
        out.pop();
        assert_eq!(slots.free.available_permits(), 0);
        out.pop();
        assert_eq!(slots.free.available_permits(), 0);
        out.pop();
        assert_eq!(slots.free.available_permits(), 1);
    }

    #[tokio::test]
    async fn a_limit_that_falls_and_rises_again_while_all_are_out_is_as_it_was() {
        let slots = Slots::new();
        slots.set(4);
        let mut out = Vec::new();
        for _ in 0..4 {
            out.push(slots.acquire().await);
        }
        slots.set(2);
        slots.set(5);
        assert_eq!(slots.free.available_permits(), 1);
        drop(out);
        assert_eq!(slots.free.available_permits(), 5);
    }
}
