//! Where memories are not mapped from an image, the engine makes them.

use std::sync::Arc;

/// There is none.
pub(crate) enum Stock {}

impl Stock {
    pub(crate) fn while_making<T>(self: &Arc<Self>, _make: impl FnOnce() -> T) -> T {
        match **self {}
    }
}
