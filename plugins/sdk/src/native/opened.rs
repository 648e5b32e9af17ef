//! What the host has opened, under the numbers that it knows it by.

use super::Failure;
use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Default)]
struct Opened {
    values: BTreeMap<u64, Box<dyn Any + Send>>,
    last: u64,
}

static OPENED: Mutex<Opened> = Mutex::new(Opened {
    values: BTreeMap::new(),
    last: 0,
});

fn opened() -> MutexGuard<'static, Opened> {
    OPENED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a value, and answers its number.
pub(super) fn keep<T: Any + Send>(value: T) -> u64 {
    let mut opened = opened();
    opened.last += 1;
    let handle = opened.last;
    opened.values.insert(handle, Box::new(value));
    handle
}

/// Forgets a value.
pub(super) fn close(handle: u64) {
    // It is dropped when the others can be reached again.
    let value = opened().values.remove(&handle);
    drop(value);
}

/// Calls with a value. One whose call panics is gone, since that may have left it half done.
pub(super) fn with<T: Any + Send, R>(handle: u64, body: impl FnOnce(&mut T) -> R) -> Result<R, Failure> {
    let missing = || Failure::Failed(format!("nothing is open under the number {handle}"));
    let mut value = opened().values.remove(&handle).ok_or_else(missing)?;
    let result = value.downcast_mut::<T>().map(body);
    opened().values.insert(handle, value);
    result.ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_its_number_and_type_until_it_is_closed() {
        let (first, second) = (keep(1_u32), keep("two"));
        assert_ne!(first, second);
        assert!(matches!(with::<u32, _>(first, |value| *value), Ok(1)));
        assert!(with::<u32, _>(second, |value| *value).is_err(), "another type");
        assert!(matches!(with::<&str, _>(second, |value| *value), Ok("two")));
        close(first);
        assert!(with::<u32, _>(first, |value| *value).is_err());
    }
}
