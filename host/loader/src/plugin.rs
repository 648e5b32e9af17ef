//! A plugin file, loaded: who it is, what it exports, and what it may be opened as.

pub(crate) mod identity;
pub(crate) mod load;

use crate::engine::Engines;
use crate::error::LoadError;
use crate::evaluator::known::{self, Known};
use crate::evaluator::rehearsal::Rehearse;
use crate::evaluator::{ComponentEvaluator, Sandbox};
use crate::grants::Grants;
use crate::guest::{Guest, Held};
use crate::native::{Native, NativeEvaluator, NativeRetry, NativeSuite};
use crate::probe::{Border, Interface};
use crate::retry::ComponentRetry;
use crate::settings::{Schema, SettingError};
use crate::suite::ComponentSuite;
use koderz_api::identity::PluginInfo;
use koderz_core::manifest::PluginUse;
use koderz_core::ports::{Evaluator, PluginError, RetryPolicy, Suite};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmtime::component::InstancePre;

use identity::first_call;

/// A loaded plugin, and what it is granted. Cheap to clone.
#[derive(Clone)]
pub struct Plugin {
    loaded: Arc<Loaded>,
    granted: Grants,
}

struct Loaded {
    engines: Engines,
    path: PathBuf,
    digest: String,
    border: Border,
    identity: PluginInfo,
    schemas: BTreeMap<Interface, Schema>,
    instances: Instances,
    /// The most memory that an instance held, in bytes.
    most: Arc<AtomicUsize>,
}

/// What instances are made from.
enum Instances {
    /// A suite or a policy: nothing of the world but the log.
    Pure(InstancePre<Guest>),
    /// An evaluator.
    Evaluator(Sandbox),
    /// Machine code.
    Native(Native),
}

impl Plugin {
    /// The same plugin, granted this data in the place of what it was granted before. Only suites read any.
    #[must_use]
    pub fn granted(&self, granted: Grants) -> Self {
        Plugin {
            loaded: self.loaded.clone(),
            granted,
        }
    }

    /// Who it is.
    pub fn identity(&self) -> &PluginInfo {
        &self.loaded.identity
    }

    /// Where its file is.
    pub fn path(&self) -> &Path {
        &self.loaded.path
    }

    /// SHA-256 of its file, in hexadecimal.
    pub fn digest(&self) -> &str {
        &self.loaded.digest
    }

    /// The most memory that an instance of a suite or a policy has held so far, in bytes; none where nobody counts it.
    pub fn most_memory(&self) -> Option<usize> {
        let most = self.loaded.most.load(Ordering::Relaxed);
        Some(most).filter(|most| *most > 0)
    }

    fn held(&self) -> Held {
        Held {
            bounds: self.loaded.engines.trust.bounds(&self.loaded.identity.name),
            most: self.loaded.most.clone(),
        }
    }

    /// Whether it is machine code, which nothing confines.
    pub fn is_native(&self) -> bool {
        matches!(self.loaded.instances, Instances::Native(_))
    }

    /// The interfaces of the contract that it exports.
    pub fn interfaces(&self) -> &[Interface] {
        &self.loaded.border.interfaces
    }

    /// What it imports.
    pub fn imports(&self) -> &[String] {
        &self.loaded.border.imports
    }

    /// The JSON Schema of the settings that it takes as a suite or as a policy.
    pub fn schema(&self, interface: Interface) -> Option<&Value> {
        self.loaded.schemas.get(&interface).map(Schema::text)
    }

    /// Names of the settings that it takes as a suite or as a policy.
    pub fn setting_names(&self, interface: Interface) -> Vec<&str> {
        self.loaded
            .schemas
            .get(&interface)
            .map(Schema::names)
            .unwrap_or_default()
    }

    /// The name of the setting that has this among the values it can take, where it lists them.
    pub fn setting_listing(&self, interface: Interface, value: &str) -> Option<&str> {
        self.loaded.schemas.get(&interface)?.listing(value)
    }

    /// Settings from pairs of name and text, as a user types them.
    ///
    /// # Errors
    /// If the plugin's schema refuses one.
    pub fn settings(&self, interface: Interface, pairs: &[(String, String)]) -> Result<Map<String, Value>, LoadError> {
        let schema = self
            .loaded
            .schemas
            .get(&interface)
            .ok_or_else(|| self.lacks(interface))?;
        schema.settings(pairs).map_err(|source| self.setting(source))
    }

    /// How it is named in a run's manifest: with its file's full path, because the run may be gone on with elsewhere.
    pub fn usage(&self, settings: &Map<String, Value>) -> PluginUse {
        let path = std::path::absolute(&self.loaded.path).unwrap_or_else(|_| self.loaded.path.clone());
        PluginUse {
            identity: self.loaded.identity.clone(),
            digest: self.loaded.digest.clone(),
            file: path.display().to_string(),
            settings: settings.clone(),
            grants: self.granted.usage(),
            native: self.is_native(),
        }
    }

    /// Opens it as a suite.
    ///
    /// # Errors
    /// If it is none, or refuses the settings.
    pub fn open_suite(&self, settings: &Map<String, Value>) -> Result<Arc<dyn Suite>, LoadError> {
        let Loaded { engines, identity, .. } = &*self.loaded;
        let opened: Result<Arc<dyn Suite>, Opening> = match self.instances(Interface::Suite, settings)? {
            Instances::Pure(instances) => ComponentSuite::open(
                engines,
                instances,
                identity,
                &text(settings),
                &self.granted,
                self.held(),
            )
            .map(|suite| Arc::new(suite) as _),
            Instances::Native(native) => {
                let settings = Value::Object(settings.clone());
                NativeSuite::open(*native, identity, self.interfaces(), settings, &self.granted)
                    .map(|suite| Arc::new(suite) as _)
            }
            Instances::Evaluator(_) => return Err(self.lacks(Interface::Suite)),
        };
        opened.map_err(|error| self.opening(error))
    }

    /// Opens it as a retry policy.
    ///
    /// # Errors
    /// If it is none, or refuses the settings.
    pub fn open_retry(&self, settings: &Map<String, Value>) -> Result<Arc<dyn RetryPolicy>, LoadError> {
        let Loaded { engines, identity, .. } = &*self.loaded;
        let opened: Result<Arc<dyn RetryPolicy>, Opening> = match self.instances(Interface::Retry, settings)? {
            Instances::Pure(instances) => {
                ComponentRetry::open(engines, instances, identity, &text(settings), self.held())
                    .map(|policy| Arc::new(policy) as _)
            }
            Instances::Native(native) => NativeRetry::open(*native, identity, Value::Object(settings.clone()))
                .map(|policy| Arc::new(policy) as _),
            Instances::Evaluator(_) => return Err(self.lacks(Interface::Retry)),
        };
        opened.map_err(|error| self.opening(error))
    }

    /// The languages that it claims as an evaluator, which are remembered.
    ///
    /// # Errors
    /// If it is none, or does not say.
    pub fn languages(&self) -> Result<Vec<String>, LoadError> {
        let Instances::Evaluator(sandbox) = &self.loaded.instances else {
            return Ok(self.evaluator(None)?.languages().to_vec());
        };
        let Loaded { engines, digest, .. } = &*self.loaded;
        if let Some(known) = engines.cache.as_deref().and_then(|cache| known::find(cache, digest)) {
            return Ok(known.languages);
        }
        let languages = sandbox
            .languages()
            .map_err(|what| first_call(&self.loaded.path, "languages", what))?;
        let known = Known {
            name: self.loaded.identity.name.clone(),
            languages,
        };
        let kept = engines.cache.as_deref().map(|cache| known::keep(cache, digest, &known));
        if let Some(Err(error)) = kept {
            tracing::debug!("remember the languages of an evaluator: {error}");
        }
        Ok(known.languages)
    }

    /// Opens it as an evaluator, of either kind, with a folder for what a component's programs came to, as
    /// [`ComponentEvaluator::remembering`] has it; machine code runs every program, because what it says of one depends on
    /// the machine.
    ///
    /// # Errors
    /// As of [`Plugin::open_evaluator`].
    pub fn evaluator(&self, verdicts: Option<PathBuf>) -> Result<Arc<dyn Evaluator>, LoadError> {
        match &self.loaded.instances {
            Instances::Native(native) => Ok(Arc::new(self.native_evaluator(*native)?)),
            _ => {
                let evaluator = self.open_evaluator()?;
                Ok(match verdicts {
                    Some(folder) => Arc::new(evaluator.remembering(folder)),
                    None => Arc::new(evaluator),
                })
            }
        }
    }

    fn native_evaluator(&self, native: Native) -> Result<NativeEvaluator, LoadError> {
        if !self.interfaces().contains(&Interface::Evaluator) {
            return Err(self.lacks(Interface::Evaluator));
        }
        NativeEvaluator::open(native, &self.loaded.identity)
            .map_err(|what| first_call(&self.loaded.path, "languages", what))
    }

    /// Opens it as an evaluator that can be found out about.
    ///
    /// # Errors
    /// As of [`Plugin::open_evaluator`].
    pub fn rehearsing(&self) -> Result<Box<dyn Rehearse>, LoadError> {
        match &self.loaded.instances {
            Instances::Native(native) => Ok(Box::new(self.native_evaluator(*native)?)),
            _ => Ok(Box::new(self.open_evaluator()?)),
        }
    }

    /// Opens a component as an evaluator.
    ///
    /// # Errors
    /// If it is none, or does not say which languages it runs.
    pub fn open_evaluator(&self) -> Result<ComponentEvaluator, LoadError> {
        match &self.loaded.instances {
            Instances::Evaluator(sandbox) => {
                ComponentEvaluator::open(sandbox.clone(), &self.loaded.identity, &self.loaded.digest)
                    .map_err(|what| first_call(&self.loaded.path, "languages", what))
            }
            _ => Err(self.lacks(Interface::Evaluator)),
        }
    }

    /// What it is opened from, if it is what is wanted and takes the settings.
    fn instances(&self, wanted: Interface, settings: &Map<String, Value>) -> Result<&Instances, LoadError> {
        let schema = self.loaded.schemas.get(&wanted).ok_or_else(|| self.lacks(wanted))?;
        schema.check(settings).map_err(|source| self.setting(source))?;
        Ok(&self.loaded.instances)
    }

    fn setting(&self, source: SettingError) -> LoadError {
        let PluginInfo { name, version, .. } = self.loaded.identity.clone();
        LoadError::Setting { name, version, source }
    }

    fn opening(&self, error: Opening) -> LoadError {
        match error {
            Opening::Refused(what) => self.setting(SettingError::Plugin(what)),
            Opening::Failed(source) => LoadError::Call {
                path: self.loaded.path.clone(),
                source,
            },
        }
    }

    fn lacks(&self, wanted: Interface) -> LoadError {
        LoadError::LacksInterface {
            path: self.loaded.path.clone(),
            name: self.loaded.identity.name.clone(),
            version: self.loaded.identity.version.clone(),
            wanted: wanted.name(),
            exports: self.loaded.border.exports_in_words(),
        }
    }
}

/// Why a plugin did not open.
pub(crate) enum Opening {
    /// It does not accept its settings.
    Refused(String),
    /// The call failed.
    Failed(PluginError),
}

fn text(settings: &Map<String, Value>) -> String {
    Value::Object(settings.clone()).to_string()
}
