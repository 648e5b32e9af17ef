//! The other ports of a run: a record in memory, and a policy for a server on which nothing fails.

use koderz_api::retry::{Attempt, Decision};
use koderz_core::event::Entry;
use koderz_core::ports::{Boxed, Journal, JournalError, PluginError, RetryPolicy};
use std::sync::{Mutex, PoisonError};

/// Gives up at once.
pub(crate) struct Never;

impl RetryPolicy for Never {
    fn decide(&self, _attempt: &Attempt) -> Result<Decision, PluginError> {
        Ok(Decision::GiveUp("nothing is to fail here".to_owned()))
    }
}

/// A record in memory.
#[derive(Default)]
pub(crate) struct Memo(Mutex<Vec<Entry>>);

impl Memo {
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Journal for Memo {
    fn note(&self, entry: Entry) -> Boxed<'_, Result<(), JournalError>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
        Box::pin(async { Ok(()) })
    }

    fn commit(&self, entry: Entry) -> Boxed<'_, Result<(), JournalError>> {
        self.note(entry)
    }
}
