//! A library as the core's suite. It is opened anew for every call, as a component is, so that nothing is gained by
//! remembering anything.

use super::code::Failure;
use super::host::Caller;
use super::{Native, changed_its_mind};
use crate::grants::Grants;
use crate::guest::failed;
use crate::plugin::Opening;
use crate::probe::Interface;
use koderz_api::identity::PluginInfo;
use koderz_api::native::operation;
use koderz_api::suite::{Round, Step, SuiteInfo, Task, TaskPage, Trial};
use koderz_api::summary::{Figure, Graded, Plan};
use koderz_core::ports::{PluginError, Suite};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A suite in a library, with its settings and what it is granted.
pub(crate) struct NativeSuite {
    native: Native,
    identity: PluginInfo,
    interfaces: Vec<Interface>,
    settings: Value,
    granted: Grants,
}

impl NativeSuite {
    pub(crate) fn open(
        native: Native,
        identity: &PluginInfo,
        interfaces: &[Interface],
        settings: Value,
        granted: &Grants,
    ) -> Result<Self, Opening> {
        let suite = NativeSuite {
            native,
            identity: identity.clone(),
            interfaces: interfaces.to_vec(),
            settings,
            granted: granted.clone(),
        };
        suite.opened(|_, _| ())?;
        Ok(suite)
    }

    fn opened<T>(&self, body: impl FnOnce(&Caller<'_>, u64) -> T) -> Result<T, Opening> {
        let caller = Caller::granted(&self.identity.name, &self.granted);
        let handle = self
            .native
            .open(&caller, &self.identity, operation::SUITE_OPEN, &self.settings)?;
        let done = body(&caller, handle);
        self.native.close(&caller, handle);
        Ok(done)
    }

    fn call<T: DeserializeOwned>(
        &self,
        call: &'static str,
        task: Option<&str>,
        operation: u32,
        input: &impl Serialize,
    ) -> Result<T, PluginError> {
        self.opened(|caller, handle| self.native.call(caller, handle, operation, input))
            .map_err(|opening| changed_its_mind(&self.identity, task, opening))?
            .map_err(|failure: Failure| failed(&self.identity, call, task, failure.into_words()))
    }

    fn has(&self, interface: Interface) -> bool {
        self.interfaces.contains(&interface)
    }
}

impl Suite for NativeSuite {
    fn identity(&self) -> &PluginInfo {
        &self.identity
    }

    fn describe(&self) -> Result<SuiteInfo, PluginError> {
        self.call("describe", None, operation::SUITE_DESCRIBE, &())
    }

    fn tasks(&self, cursor: Option<&str>) -> Result<TaskPage, PluginError> {
        self.call("tasks", None, operation::SUITE_TASKS, &cursor)
    }

    fn next(&self, trial: &Trial, history: &[Round]) -> Result<Step, PluginError> {
        let task = Some(trial.task.id.as_str());
        self.call("next", task, operation::SUITE_NEXT, &(trial, history))
    }

    fn summarizes(&self) -> bool {
        self.has(Interface::Summary)
    }

    fn summarize(&self, results: &[Graded]) -> Result<Vec<Figure>, PluginError> {
        match self.summarizes() {
            true => self.call("summarize", None, operation::SUITE_SUMMARIZE, &results),
            false => Ok(Vec::new()),
        }
    }

    fn plans(&self) -> bool {
        self.has(Interface::Planner)
    }

    fn next_stage(&self, results: &[Graded]) -> Result<Option<Plan>, PluginError> {
        match self.plans() {
            true => self.call("next-stage", None, operation::SUITE_NEXT_STAGE, &results),
            false => Ok(None),
        }
    }

    fn knows_answers(&self) -> bool {
        self.has(Interface::Reference)
    }

    fn answer(&self, task: &Task) -> Result<Option<String>, PluginError> {
        match self.knows_answers() {
            true => self.call("answer", Some(&task.id), operation::SUITE_ANSWER, task),
            false => Ok(None),
        }
    }
}
