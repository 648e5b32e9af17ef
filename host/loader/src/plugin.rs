//! A plugin file, loaded: who it is, what it exports, and what it may be opened as.

use crate::bindings::exports::koderz::plugin::{identity, retry, suite};
use crate::digest;
use crate::engine::Engines;
use crate::error::LoadError;
use crate::evaluator::{ComponentEvaluator, Sandbox};
use crate::grants::Grants;
use crate::guest::{self, Guest, Held};
use crate::native::{self, Native, NativeEvaluator, NativeRetry, NativeSuite};
use crate::probe::{self, Border, Interface};
use crate::retry::ComponentRetry;
use crate::settings::{Schema, SettingError};
use crate::suite::ComponentSuite;
use koderz_api::identity::PluginInfo;
use koderz_api::mirror::Mirror;
use koderz_core::manifest::PluginUse;
use koderz_core::ports::{Evaluator, PluginError, RetryPolicy, Suite};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmtime::component::{Component, InstancePre};

/// The largest file that is read. An interpreter with its library has some 30 MB.
const LARGEST: u64 = 128 << 20;

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
    /// Loads a plugin: checks what it is, compiles it, instantiates it once, and asks who it is and what it can be set
    /// to.
    ///
    /// # Errors
    /// If it is no plugin, or fails in any of that.
    pub fn load(engines: &Engines, path: &Path) -> Result<Self, LoadError> {
        let (bytes, digest) = read(path)?;
        if native::is_machine_code(&bytes) {
            return Plugin::load_native(engines, path, &bytes, digest);
        }
        let border = probe::border(path, &bytes)?;
        if !border.interfaces.contains(&Interface::Identity) || border.interfaces.len() < 2 {
            if let Some(version) = border.other_contract() {
                let is_older = version.starts_with("0.0.");
                return Err(LoadError::OtherContract {
                    path: path.to_owned(),
                    version: version.to_owned(),
                    hint: match is_older {
                        true => "build it anew with this koderz's SDK",
                        false => "a newer koderz can use it",
                    },
                });
            }
            return Err(LoadError::NoInterface {
                path: path.to_owned(),
                exports: border.exports_in_words(),
            });
        }
        let broken = |error: wasmtime::Error| LoadError::Broken {
            path: path.to_owned(),
            what: format!("{error:#}"),
        };
        let is_evaluator = border.interfaces.contains(&Interface::Evaluator);
        let (identity, schemas, instances) = if is_evaluator {
            let sandbox = Sandbox::new(engines, path, bytes, &digest).map_err(broken)?;
            let identity = sandbox.describe().map_err(|what| first_call(path, "describe", what))?;
            (identity, BTreeMap::new(), Instances::Evaluator(sandbox))
        } else {
            let foreign = |import: &&String| !import.starts_with("koderz:plugin/");
            let wasi = |import: &&String| import.starts_with("wasi:");
            let mut others = border.imports.iter().filter(foreign);
            if let Some(import) = others.find(|import| !wasi(import)) {
                return Err(LoadError::ForbiddenImport {
                    path: path.to_owned(),
                    import: import.clone(),
                });
            }
            let first_wasi = border.imports.iter().find(wasi);
            let component = Component::from_binary(&engines.plugins, &bytes).map_err(broken)?;
            let linker = guest::linker(&engines.plugins, first_wasi.is_some()).map_err(broken)?;
            let instances = linker.instantiate_pre(&component).map_err(broken)?;
            let (identity, schemas) = introduce(path, &border, &instances)?;
            // Who it is has to be known, and has been asked with a WASI that has nothing in it.
            if let Some(import) = first_wasi.filter(|_| !engines.trust.wasi.contains(&identity.name)) {
                return Err(LoadError::Wasi {
                    path: path.to_owned(),
                    import: import.clone(),
                    name: identity.name,
                });
            }
            (identity, schemas, Instances::Pure(instances))
        };
        Plugin::of(Loaded {
            engines: engines.clone(),
            path: path.to_owned(),
            digest,
            border,
            identity,
            schemas,
            instances,
            most: Arc::default(),
        })
    }

    /// The same for machine code, which the user has to trust before a byte of it runs.
    fn load_native(engines: &Engines, path: &Path, bytes: &[u8], digest: String) -> Result<Self, LoadError> {
        let hint = match (engines.trust.native, engines.trust.knows(&digest)) {
            (true, true) => None,
            (false, _) => Some("--native allows it, together with --pin NAME=DIGEST; a .wasm component needs neither"),
            (true, false) => Some("--pin NAME=DIGEST allows this very file"),
        };
        if let Some(hint) = hint {
            return Err(LoadError::Native {
                path: path.to_owned(),
                digest,
                hint,
            });
        }
        let introduced = Native::load(path, bytes, &digest, engines.cache.as_deref())?;
        let border = Border {
            exports: introduced
                .interfaces
                .iter()
                .map(|interface| interface.name().to_owned())
                .collect(),
            interfaces: introduced.interfaces,
            ..Border::default()
        };
        Plugin::of(Loaded {
            engines: engines.clone(),
            path: path.to_owned(),
            digest,
            border,
            identity: introduced.identity,
            schemas: introduced.schemas,
            instances: Instances::Native(introduced.native),
            most: Arc::default(),
        })
    }

    fn of(loaded: Loaded) -> Result<Self, LoadError> {
        check_identity(&loaded.path, &loaded.identity)?;
        let name = &loaded.identity.name;
        let pinned = loaded.engines.trust.pinned(name);
        if pinned.is_some_and(|digests| !digests.contains(&loaded.digest)) {
            return Err(LoadError::Pinned {
                path: loaded.path,
                name: loaded.identity.name,
                digest: loaded.digest,
            });
        }
        Ok(Plugin {
            loaded: Arc::new(loaded),
            granted: Grants::default(),
        })
    }

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

    /// Opens it as an evaluator, of either kind. `remembering` is what [`ComponentEvaluator::remembering`] takes; machine
    /// code runs every program, because what it says of one depends on the machine.
    ///
    /// # Errors
    /// As of [`Plugin::open_evaluator`].
    pub fn evaluator(&self, remembering: Option<Option<PathBuf>>) -> Result<Arc<dyn Evaluator>, LoadError> {
        match &self.loaded.instances {
            Instances::Native(native) if self.interfaces().contains(&Interface::Evaluator) => {
                let opened = NativeEvaluator::open(*native, &self.loaded.identity);
                opened
                    .map(|evaluator| Arc::new(evaluator) as _)
                    .map_err(|what| first_call(&self.loaded.path, "languages", what))
            }
            _ => {
                let evaluator = self.open_evaluator()?;
                Ok(match remembering {
                    Some(folder) => Arc::new(evaluator.remembering(folder)),
                    None => Arc::new(evaluator),
                })
            }
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

/// Reads a file, and its digest.
fn read(path: &Path) -> Result<(Vec<u8>, String), LoadError> {
    let failed = |source| LoadError::Read {
        path: path.to_owned(),
        source,
    };
    let mut file = File::open(path).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    if bytes > LARGEST {
        return Err(LoadError::TooLarge {
            path: path.to_owned(),
            bytes,
            most: LARGEST,
        });
    }
    digest::read(&mut file, usize::try_from(bytes).unwrap_or(usize::MAX)).map_err(failed)
}

/// A plugin that failed before it said who it is goes by its file.
fn first_call(path: &Path, call: &'static str, what: String) -> LoadError {
    let name = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default();
    let source = PluginError {
        plugin: name,
        version: "of unknown version".to_owned(),
        call,
        task: None,
        what,
        hint: None,
    };
    LoadError::Call {
        path: path.to_owned(),
        source,
    }
}

/// Instantiates once: only that shows whether the component's shape is right.
fn introduce(
    path: &Path,
    border: &Border,
    instances: &InstancePre<Guest>,
) -> Result<(PluginInfo, BTreeMap<Interface, Schema>), LoadError> {
    let broken = |error: wasmtime::Error| LoadError::Broken {
        path: path.to_owned(),
        what: format!("{error:#}"),
    };
    let name: Arc<str> = path
        .file_stem()
        .map(|stem| stem.to_string_lossy())
        .unwrap_or_default()
        .into();
    let mut store = guest::store(instances.engine(), &name, &Held::default());
    let instance = instances.instantiate(&mut store).map_err(broken)?;
    let described = {
        let guest = identity::GuestIndices::new(instances).and_then(|found| found.load(&mut store, &instance));
        guest.map_err(broken)?.call_describe(&mut store)
    };
    let described = described.map_err(|error| first_call(path, "describe", guest::explain(&error, store.data())))?;
    let described: PluginInfo = described.mirror();
    // Before its name stands in any other message.
    check_identity(path, &described)?;
    let mut schemas = BTreeMap::new();
    for interface in [Interface::Suite, Interface::Retry] {
        if !border.interfaces.contains(&interface) {
            continue;
        }
        guest::set_deadline(&mut store);
        let schema = if interface == Interface::Suite {
            let guest = suite::GuestIndices::new(instances).and_then(|found| found.load(&mut store, &instance));
            guest.map_err(broken)?.call_settings_schema(&mut store)
        } else {
            let guest = retry::GuestIndices::new(instances).and_then(|found| found.load(&mut store, &instance));
            guest.map_err(broken)?.call_settings_schema(&mut store)
        };
        let schema =
            schema.map_err(|error| first_call(path, "settings-schema", guest::explain(&error, store.data())))?;
        let schema = Schema::parse(&schema).map_err(|source| LoadError::Setting {
            name: described.name.clone(),
            version: described.version.clone(),
            source,
        })?;
        schemas.insert(interface, schema);
    }
    Ok((described, schemas))
}

/// A name is typed by users and written into records, so it has to be one.
fn check_identity(path: &Path, identity: &PluginInfo) -> Result<(), LoadError> {
    let name = &identity.name;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let refuse = |what: String| {
        Err(LoadError::Identity {
            path: path.to_owned(),
            what,
        })
    };
    if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
        let shown: String = name.chars().take(64).flat_map(char::escape_default).collect();
        return refuse(format!(
            "its name is `{shown}`, which is not lower-case letters, digits and dashes, 64 at most"
        ));
    }
    if identity.version.is_empty() || identity.version.len() > 64 {
        let shown: String = identity
            .version
            .chars()
            .take(64)
            .flat_map(char::escape_default)
            .collect();
        return refuse(format!("its version is `{shown}`"));
    }
    Ok(())
}
