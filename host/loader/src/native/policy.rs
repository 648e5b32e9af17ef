//! A library as the core's retry policy: opened once, and anew after a failure.

use super::host::Caller;
use super::{Native, changed_its_mind};
use crate::guest::failed;
use crate::plugin::Opening;
use koderz_api::identity::PluginInfo;
use koderz_api::native::operation;
use koderz_api::retry::{Attempt, Decision};
use koderz_core::ports::{PluginError, RetryPolicy};
use serde_json::Value;
use std::sync::{Mutex, PoisonError};

/// A policy in a library, with its settings.
pub(crate) struct NativeRetry {
    native: Native,
    identity: PluginInfo,
    settings: Value,
    opened: Mutex<Option<u64>>,
}

impl NativeRetry {
    pub(crate) fn open(native: Native, identity: &PluginInfo, settings: Value) -> Result<Self, Opening> {
        let policy = NativeRetry {
            native,
            identity: identity.clone(),
            settings,
            opened: Mutex::new(None),
        };
        let handle = policy.handle()?;
        *policy.opened.lock().unwrap_or_else(PoisonError::into_inner) = Some(handle);
        Ok(policy)
    }

    fn caller(&self) -> Caller<'_> {
        Caller::for_plugin(&self.identity.name)
    }

    fn handle(&self) -> Result<u64, Opening> {
        self.native
            .open(&self.caller(), &self.identity, operation::RETRY_OPEN, &self.settings)
    }
}

impl RetryPolicy for NativeRetry {
    fn decide(&self, attempt: &Attempt) -> Result<Decision, PluginError> {
        let mut held = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let handle = match held.take() {
            Some(handle) => handle,
            None => self
                .handle()
                .map_err(|opening| changed_its_mind(&self.identity, None, opening))?,
        };
        let decided = self
            .native
            .call(&self.caller(), handle, operation::RETRY_DECIDE, attempt);
        match decided {
            Ok(decision) => {
                *held = Some(handle);
                Ok(decision)
            }
            Err(failure) => {
                self.native.close(&self.caller(), handle);
                Err(failed(&self.identity, "decide", None, failure.into_words()))
            }
        }
    }
}

impl Drop for NativeRetry {
    fn drop(&mut self) {
        let held = self.opened.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(handle) = held {
            self.native.close(&self.caller(), handle);
        }
    }
}
