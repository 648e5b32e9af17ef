//! A component as the core's suite.
//!
//! Every call gets an instance of its own, which lives as long as the call: that costs tens of microseconds and makes it
//! impossible for a suite to remember anything.

use crate::bindings::exports::koderz::plugin::suite::{GuestIndices, GuestSuite};
use crate::bindings::exports::koderz::plugin::{planner, reference, summary};
use crate::engine::Engines;
use crate::grants::{Blobs, Grants};
use crate::guest::{self, Guest, Held, explain, failed};
use crate::plugin::Opening;
use koderz_api::identity::PluginInfo;
use koderz_api::mirror::Mirror;
use koderz_api::suite::{Round, Step, SuiteInfo, Task, TaskPage, Trial};
use koderz_api::summary::{Figure, Graded, Plan};
use koderz_core::ports::{PluginError, Suite};
use std::sync::Arc;
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre, ResourceAny};

/// A suite in a component, with its settings and what it is granted.
pub struct ComponentSuite {
    _engines: Engines,
    instances: InstancePre<Guest>,
    indices: GuestIndices,
    /// Where the suite knows right answers.
    reference: Option<reference::GuestIndices>,
    /// Where it has figures of its own.
    summary: Option<summary::GuestIndices>,
    /// Where it plans stages by what was measured.
    planner: Option<planner::GuestIndices>,
    identity: PluginInfo,
    name: Arc<str>,
    settings: String,
    granted: Grants,
    held: Held,
}

impl ComponentSuite {
    pub(crate) fn open(
        engines: &Engines,
        instances: &InstancePre<Guest>,
        identity: &PluginInfo,
        settings: &str,
        granted: &Grants,
        held: Held,
    ) -> Result<Self, Opening> {
        let indices = GuestIndices::new(instances)
            .map_err(|error| Opening::Failed(failed(identity, "open", None, format!("{error:#}"))))?;
        let suite = ComponentSuite {
            _engines: engines.clone(),
            instances: instances.clone(),
            indices,
            reference: reference::GuestIndices::new(instances).ok(),
            summary: summary::GuestIndices::new(instances).ok(),
            planner: planner::GuestIndices::new(instances).ok(),
            identity: identity.clone(),
            name: identity.name.as_str().into(),
            settings: settings.to_owned(),
            granted: granted.clone(),
            held,
        };
        suite.with("open", None, |_, _, _| Ok(()))?;
        Ok(suite)
    }

    /// A store for one instance.
    fn store(&self) -> Store<Guest> {
        let mut store = guest::store(self.instances.engine(), &self.name, &self.held);
        store.data_mut().blobs = Blobs::new(&self.granted);
        store
    }

    /// Opens the suite in a fresh instance and calls it there.
    fn with<T>(
        &self,
        call: &'static str,
        task: Option<&str>,
        body: impl FnOnce(GuestSuite<'_>, ResourceAny, &mut Store<Guest>) -> wasmtime::Result<T>,
    ) -> Result<T, Opening> {
        let mut store = self.store();
        let opened = self.instances.instantiate(&mut store).and_then(|instance| {
            let guest = self.indices.load(&mut store, &instance)?;
            let opened = guest.suite().call_open(&mut store, &self.settings)?;
            Ok((guest, opened))
        });
        let lost = |error: wasmtime::Error, store: &Store<Guest>, call| {
            Opening::Failed(failed(&self.identity, call, task, explain(&error, store.data())))
        };
        let (guest, resource) = match opened {
            Ok((guest, Ok(resource))) => (guest, resource),
            Ok((_, Err(refusal))) => return Err(Opening::Refused(refusal)),
            Err(error) => return Err(lost(error, &store, "open")),
        };
        guest::set_deadline(&mut store);
        body(guest.suite(), resource, &mut store).map_err(|error| lost(error, &store, call))
    }

    /// Calls, in a fresh instance, what needs no opened suite.
    fn without_opening<T>(
        &self,
        call: &'static str,
        task: Option<&str>,
        body: impl FnOnce(&Instance, &mut Store<Guest>) -> wasmtime::Result<Result<T, String>>,
    ) -> Result<T, PluginError> {
        let failed = |what| failed(&self.identity, call, task, what);
        let mut store = self.store();
        let answered = self
            .instances
            .instantiate(&mut store)
            .and_then(|instance| body(&instance, &mut store));
        answered
            .map_err(|error| failed(explain(&error, store.data())))?
            .map_err(failed)
    }

    /// The same for calls after the settings were accepted once.
    fn call<T>(
        &self,
        call: &'static str,
        task: Option<&str>,
        body: impl FnOnce(GuestSuite<'_>, ResourceAny, &mut Store<Guest>) -> wasmtime::Result<T>,
    ) -> Result<T, PluginError> {
        self.with(call, task, body).map_err(|error| match error {
            Opening::Failed(error) => error,
            Opening::Refused(what) => failed(
                &self.identity,
                "open",
                task,
                format!("it refuses settings that it accepted before: {what}"),
            ),
        })
    }
}

impl Suite for ComponentSuite {
    fn identity(&self) -> &PluginInfo {
        &self.identity
    }

    fn describe(&self) -> Result<SuiteInfo, PluginError> {
        self.call("describe", None, |guest, suite, store| {
            guest.call_describe(store, suite)
        })
        .map(Mirror::mirror)
    }

    fn tasks(&self, cursor: Option<&str>) -> Result<TaskPage, PluginError> {
        self.call("tasks", None, |guest, suite, store| {
            guest.call_tasks(store, suite, cursor)
        })?
        .map(Mirror::mirror)
        .map_err(|what| failed(&self.identity, "tasks", None, what))
    }

    fn next(&self, trial: &Trial, history: &[Round]) -> Result<Step, PluginError> {
        let task = Some(trial.task.id.as_str());
        let told = trial.clone().mirror();
        let history: Vec<_> = history.to_vec().mirror();
        self.call("next", task, |guest, suite, store| {
            guest.call_next(store, suite, &told, &history)
        })?
        .map(Mirror::mirror)
        .map_err(|what| failed(&self.identity, "next", task, what))
    }

    fn summarizes(&self) -> bool {
        self.summary.is_some()
    }

    fn summarize(&self, results: &[Graded]) -> Result<Vec<Figure>, PluginError> {
        let Some(summary) = &self.summary else {
            return Ok(Vec::new());
        };
        let told: Vec<_> = results.to_vec().mirror();
        self.without_opening("summarize", None, |instance, store| {
            summary
                .load(&mut *store, instance)?
                .call_summarize(store, &self.settings, &told)
        })
        .map(Mirror::mirror)
    }

    fn plans(&self) -> bool {
        self.planner.is_some()
    }

    fn next_stage(&self, results: &[Graded]) -> Result<Option<Plan>, PluginError> {
        let Some(planner) = &self.planner else {
            return Ok(None);
        };
        let told: Vec<_> = results.to_vec().mirror();
        self.without_opening("next-stage", None, |instance, store| {
            planner
                .load(&mut *store, instance)?
                .call_next_stage(store, &self.settings, &told)
        })
        .map(Mirror::mirror)
    }

    fn knows_answers(&self) -> bool {
        self.reference.is_some()
    }

    fn answer(&self, task: &Task) -> Result<Option<String>, PluginError> {
        let Some(reference) = &self.reference else {
            return Ok(None);
        };
        let told = task.clone().mirror();
        self.without_opening("answer", Some(&task.id), |instance, store| {
            reference
                .load(&mut *store, instance)?
                .call_answer(store, &self.settings, &told)
        })
    }
}
