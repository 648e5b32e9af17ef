//! A component as the core's retry policy.
//!
//! One instance serves a run, because decisions come in bursts when a server is in trouble; it is replaced after any
//! failure.

use crate::bindings::exports::koderz::plugin::retry::{Guest as Exports, GuestIndices};
use crate::engine::Engines;
use crate::guest::{self, Guest, Held, explain, failed};
use crate::plugin::Opening;
use koderz_api::identity::PluginInfo;
use koderz_api::mirror::Mirror;
use koderz_api::retry::{Attempt, Decision};
use koderz_core::ports::{PluginError, RetryPolicy};
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::Store;
use wasmtime::component::{InstancePre, ResourceAny};

/// A retry policy in a component, with its settings.
pub struct ComponentRetry {
    _engines: Engines,
    instances: InstancePre<Guest>,
    indices: GuestIndices,
    identity: PluginInfo,
    name: Arc<str>,
    settings: String,
    held: Held,
    live: Mutex<Option<Live>>,
}

/// An opened instance.
struct Live {
    store: Store<Guest>,
    exports: Exports,
    policy: ResourceAny,
}

impl ComponentRetry {
    pub(crate) fn open(
        engines: &Engines,
        instances: &InstancePre<Guest>,
        identity: &PluginInfo,
        settings: &str,
        held: Held,
    ) -> Result<Self, Opening> {
        let indices = GuestIndices::new(instances)
            .map_err(|error| Opening::Failed(failed(identity, "open", None, format!("{error:#}"))))?;
        let policy = ComponentRetry {
            _engines: engines.clone(),
            instances: instances.clone(),
            indices,
            identity: identity.clone(),
            name: identity.name.as_str().into(),
            settings: settings.to_owned(),
            held,
            live: Mutex::new(None),
        };
        let live = policy.live()?;
        *policy.live.lock().unwrap_or_else(PoisonError::into_inner) = Some(live);
        Ok(policy)
    }

    fn live(&self) -> Result<Live, Opening> {
        let mut store = guest::store(self.instances.engine(), &self.name, &self.held);
        let opened = self.instances.instantiate(&mut store).and_then(|instance| {
            let exports = self.indices.load(&mut store, &instance)?;
            let opened = exports.policy().call_open(&mut store, &self.settings)?;
            Ok((exports, opened))
        });
        match opened {
            Ok((exports, Ok(policy))) => Ok(Live { store, exports, policy }),
            Ok((_, Err(refusal))) => Err(Opening::Refused(refusal)),
            Err(error) => Err(Opening::Failed(failed(
                &self.identity,
                "open",
                None,
                explain(&error, store.data()),
            ))),
        }
    }
}

impl RetryPolicy for ComponentRetry {
    fn decide(&self, attempt: &Attempt) -> Result<Decision, PluginError> {
        // A panic while it is held leaves an instance that the next failure replaces.
        let mut held = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        let mut live = match held.take() {
            Some(live) => live,
            None => self.live().map_err(|error| match error {
                Opening::Failed(error) => error,
                Opening::Refused(what) => failed(&self.identity, "open", None, what),
            })?,
        };
        guest::set_deadline(&mut live.store);
        let told = attempt.clone().mirror();
        match live.exports.policy().call_decide(&mut live.store, live.policy, &told) {
            Ok(decision) => {
                *held = Some(live);
                Ok(decision.mirror())
            }
            Err(error) => Err(failed(
                &self.identity,
                "decide",
                None,
                explain(&error, live.store.data()),
            )),
        }
    }
}
