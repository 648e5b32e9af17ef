//! From a file to a loaded plugin: what it is, whether it may be what it is, and what it says of itself.

use super::identity::{check_identity, first_call, unknown_name};
use super::{Instances, Loaded, Plugin};
use crate::bindings::exports::koderz::plugin::{identity, retry, suite};
use crate::digest;
use crate::engine::Engines;
use crate::error::LoadError;
use crate::evaluator::Sandbox;
use crate::grants::Grants;
use crate::guest::{self, Guest, Held};
use crate::native::{self, Native};
use crate::probe::{self, Border, Interface};
use crate::settings::Schema;
use crate::trust::Trust;
use koderz_api::identity::PluginInfo;
use koderz_api::mirror::Mirror;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use wasmtime::component::{Component, InstancePre};

/// The largest file that is read. An interpreter with its library has some 30 MB.
const LARGEST: u64 = 128 << 20;

impl Plugin {
    /// Loads a plugin: checks what it is, compiles it, instantiates it once, and asks who it is and what it can be set
    /// to.
    ///
    /// # Errors
    /// If it is no plugin, or fails in any of that.
    pub fn load(engines: &Engines, path: &Path) -> Result<Self, LoadError> {
        Plugin::load_read(engines, path, read(path)?)
    }

    /// The same for a file that is read.
    pub(crate) fn load_read(engines: &Engines, path: &Path, (bytes, digest): Read) -> Result<Self, LoadError> {
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
            let (identity, schemas) = introduce(path, &border, &instances, &engines.trust)?;
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
            (false, _) => {
                Some("--native allows it, together with --pin native:NAME=DIGEST; a .wasm component needs neither")
            }
            (true, false) => Some("--pin native:NAME=DIGEST allows this very file"),
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
        let is_native = matches!(loaded.instances, Instances::Native(_));
        if !loaded.engines.trust.permits(name, &loaded.digest, is_native) {
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
}

/// A file's bytes and their digest.
pub(crate) type Read = (Vec<u8>, String);

/// Reads a file, and its digest.
pub(crate) fn read(path: &Path) -> Result<Read, LoadError> {
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

/// Instantiates once: only that shows whether the component's shape is right.
fn introduce(
    path: &Path,
    border: &Border,
    instances: &InstancePre<Guest>,
    trust: &Trust,
) -> Result<(PluginInfo, BTreeMap<Interface, Schema>), LoadError> {
    let broken = |error: wasmtime::Error| LoadError::Broken {
        path: path.to_owned(),
        what: format!("{error:#}"),
    };
    let name: Arc<str> = unknown_name(path).into();
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
    // Now that its name is known, its own bounds count: an interpreter may need more than the usual ones for its schema.
    let held = Held {
        bounds: trust.bounds(&described.name),
        ..Held::default()
    };
    let mut schemas = BTreeMap::new();
    for interface in [Interface::Suite, Interface::Retry] {
        if !border.interfaces.contains(&interface) {
            continue;
        }
        let mut store = guest::store(instances.engine(), &name, &held);
        let instance = instances.instantiate(&mut store).map_err(broken)?;
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
