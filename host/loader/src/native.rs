//! Plugins that are machine code: shared libraries with one C symbol, [`koderz_api::native`].
//!
//! Nothing confines them, so a library is loaded only where the user allows that and has pinned its digest. It is loaded
//! from a copy of the bytes that the digest was taken of, and never unloaded, because nobody can know what it left behind.
//! It is called as a component is: a suite is opened anew for every call, a policy once, an evaluator for each program.
//! A call that does not come back cannot be ended.

mod code;
mod evaluator;
mod host;
mod policy;
mod suite;

use crate::error::LoadError;
use crate::guest::failed;
use crate::plugin::Opening;
use crate::plugin::identity::{check_identity, first_call, unknown_name};
use crate::probe::Interface;
use crate::settings::Schema;
use code::{Call, Code, Failure};
use host::Caller;
use koderz_api::identity::PluginInfo;
use koderz_api::native::{About, operation};
use koderz_core::ports::PluginError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) use evaluator::NativeEvaluator;
pub(crate) use policy::NativeRetry;
pub(crate) use suite::NativeSuite;

/// How shared libraries begin, of other systems too: one of those is called what it is.
const MAGIC: [&[u8]; 4] = [b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"MZ"];

/// Whether a file looks like machine code of some system.
pub(crate) fn is_machine_code(bytes: &[u8]) -> bool {
    MAGIC.iter().any(|magic| bytes.starts_with(magic))
}

/// A loaded library, and what it says of itself. Cheap to clone.
#[derive(Clone, Copy)]
pub(crate) struct Native {
    code: Code,
}

/// What a library says of itself.
pub(crate) struct Introduced {
    pub(crate) native: Native,
    pub(crate) identity: PluginInfo,
    pub(crate) interfaces: Vec<Interface>,
    pub(crate) schemas: BTreeMap<Interface, Schema>,
}

impl Native {
    /// Loads a library of these bytes, which have this digest, from a copy in a folder of the user's own.
    pub(crate) fn load(
        path: &Path,
        bytes: &[u8],
        digest: &str,
        folder: Option<&Path>,
    ) -> Result<Introduced, LoadError> {
        let broken = |what: String| LoadError::Broken {
            path: path.to_owned(),
            what,
        };
        let copy = Copied::of(bytes, digest, folder).map_err(|error| broken(format!("copy it: {error}")))?;
        let native = Native {
            code: Code::load(&copy.path).map_err(broken)?,
        };
        let unknown = unknown_name(path);
        let caller = Caller::for_plugin(&unknown);
        let about: About = native
            .ask(&caller, operation::DESCRIBE, &())
            .map_err(|what| first_call(path, "describe", what))?;
        check_identity(path, &about.identity)?;
        let named_ones = about.interfaces.iter().filter_map(|name| Interface::of_name(name));
        let mut interfaces = vec![Interface::Identity];
        interfaces.extend(named_ones.filter(|interface| *interface != Interface::Identity));
        if interfaces.len() < 2 {
            return Err(LoadError::NoInterface {
                path: path.to_owned(),
                exports: about.interfaces.join(", "),
            });
        }
        let mut schemas = BTreeMap::new();
        for (interface, operation) in [
            (Interface::Suite, operation::SUITE_SCHEMA),
            (Interface::Retry, operation::RETRY_SCHEMA),
        ] {
            if interfaces.contains(&interface) {
                let schema: serde_json::Value = native
                    .ask(&caller, operation, &())
                    .map_err(|what| first_call(path, "settings-schema", what))?;
                let schema = Schema::parse(&schema.to_string()).map_err(|source| LoadError::Setting {
                    name: about.identity.name.clone(),
                    version: about.identity.version.clone(),
                    source,
                })?;
                schemas.insert(interface, schema);
            }
        }
        Ok(Introduced {
            native,
            identity: about.identity,
            interfaces,
            schemas,
        })
    }

    /// Asks what needs nothing opened.
    fn ask<T: DeserializeOwned>(
        &self,
        caller: &Caller<'_>,
        operation: u32,
        input: &impl Serialize,
    ) -> Result<T, String> {
        self.call(caller, 0, operation, input).map_err(Failure::into_words)
    }

    fn call<T: DeserializeOwned>(
        &self,
        caller: &Caller<'_>,
        handle: u64,
        operation: u32,
        input: &impl Serialize,
    ) -> Result<T, Failure> {
        let input = serde_json::to_vec(input).map_err(|error| Failure::Failed(error.to_string()))?;
        let answer = self.code.call(
            caller,
            &Call {
                handle,
                operation,
                input: &input,
            },
        )?;
        serde_json::from_slice(&answer)
            .map_err(|error| Failure::Failed(format!("what it answers is not what the contract says: {error}")))
    }

    /// Opens a suite or a policy.
    fn open(
        &self,
        caller: &Caller<'_>,
        identity: &PluginInfo,
        operation: u32,
        settings: &serde_json::Value,
    ) -> Result<u64, Opening> {
        self.call(caller, 0, operation, settings)
            .map_err(|failure| match failure {
                Failure::Refused(why) => Opening::Refused(why),
                failure => Opening::Failed(failed(identity, "open", None, failure.into_words())),
            })
    }

    fn close(&self, caller: &Caller<'_>, handle: u64) {
        // What cannot be closed stays open, which costs memory and nothing else.
        let _: Result<(), Failure> = self.call(caller, handle, operation::CLOSE, &());
    }
}

/// Settings that were accepted before and are not any more.
fn changed_its_mind(identity: &PluginInfo, task: Option<&str>, opening: Opening) -> PluginError {
    match opening {
        Opening::Failed(error) => error,
        Opening::Refused(what) => failed(
            identity,
            "open",
            task,
            format!("it refuses settings that it accepted before: {what}"),
        ),
    }
}

/// A copy of a library in a folder of its own, which nobody else can reach. A loaded library needs its file no more, so both
/// go with the value.
struct Copied {
    folder: PathBuf,
    path: PathBuf,
}

/// Copies that this process has begun.
static COPIES: AtomicU64 = AtomicU64::new(0);

impl Copied {
    fn of(bytes: &[u8], digest: &str, parent: Option<&Path>) -> std::io::Result<Self> {
        let parent = parent.map_or_else(std::env::temp_dir, Path::to_owned);
        let begun = COPIES.fetch_add(1, Ordering::Relaxed);
        let folder = parent.join(format!("native-{}-{begun}", std::process::id()));
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        // Whatever is there already is somebody else's: with a link in it, the file that is loaded would not be this copy.
        builder.create(&folder)?;
        let path = folder.join(format!("{digest}{}", std::env::consts::DLL_SUFFIX));
        let copied = Copied { folder, path };
        std::fs::write(&copied.path, bytes)?;
        Ok(copied)
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        // Where a loaded library cannot be removed, it stays.
        let _ = std::fs::remove_file(&self.path);
        let _ = std::fs::remove_dir(&self.folder);
    }
}
