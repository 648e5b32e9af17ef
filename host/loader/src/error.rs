//! Why a plugin cannot be used. Every message names the file, and says what to do where that is known.

use crate::settings::SettingError;
use koderz_core::ports::PluginError;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// An error with its causes.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |words, cause| format!("{words}: {cause}"))
}

/// A plugin cannot be loaded or opened.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("read plugin {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is larger than any plugin is taken to be.
    #[error("plugin {path} has {bytes} bytes; at most {most} are read")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The bound.
        most: u64,
    },
    /// The file is something else.
    #[error("{path} is not a WASM component: {what}\nhint: {hint}")]
    NotAComponent {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// It exports nothing that the host knows.
    #[error(
        "{path} is a component, but exports no interface of koderz:plugin 0.1; it exports {exports}\nhint: build it for \
         a world of wit/koderz-plugin-0.1.0"
    )]
    NoInterface {
        /// The file.
        path: PathBuf,
        /// What it exports.
        exports: String,
    },
    /// It is made for another version of the contract.
    #[error("{path} needs koderz:plugin {version}, and this host speaks 0.1\nhint: {hint}")]
    OtherContract {
        /// The file.
        path: PathBuf,
        /// The version that it is made for.
        version: String,
        /// What to do.
        hint: &'static str,
    },
    /// It lacks the interface that it is wanted for.
    #[error("plugin {name} {version} ({path}) exports no `{wanted}`; it exports {exports}")]
    LacksInterface {
        /// The file.
        path: PathBuf,
        /// The plugin.
        name: String,
        /// Its version.
        version: String,
        /// What is wanted.
        wanted: &'static str,
        /// What it exports.
        exports: String,
    },
    /// It imports something that it is not given.
    #[error("plugin {path} imports {import}, which its kind of plugin is not given")]
    ForbiddenImport {
        /// The file.
        path: PathBuf,
        /// The import.
        import: String,
    },
    /// It imports WASI, which the user has not granted it.
    #[error(
        "plugin {name} ({path}) imports {import}, and WASI is not granted to it\nhint: --wasi {name} grants one without \
         files, network, environment or a real clock"
    )]
    Wasi {
        /// The file.
        path: PathBuf,
        /// What it imports.
        import: String,
        /// The plugin.
        name: String,
    },
    /// It is machine code, which the user has not allowed.
    #[error(
        "{path} is machine code, which no sandbox confines, so it is not loaded\nhint: {hint}; SHA-256 of it is {digest}"
    )]
    Native {
        /// The file.
        path: PathBuf,
        /// SHA-256 of it, in hexadecimal.
        digest: String,
        /// What to do.
        hint: &'static str,
    },
    /// It is not the file that the user wants by that name.
    #[error(
        "plugin {name} ({path}) is pinned to another file: SHA-256 of this one is {digest}\nhint: pin it anew if you know \
         why it changed"
    )]
    Pinned {
        /// The file.
        path: PathBuf,
        /// The plugin.
        name: String,
        /// SHA-256 of the file, in hexadecimal.
        digest: String,
    },
    /// It cannot be compiled, linked or instantiated.
    #[error("load plugin {path}: {what}")]
    Broken {
        /// The file.
        path: PathBuf,
        /// Why.
        what: String,
    },
    /// A first call failed.
    #[error("load plugin {path}")]
    Call {
        /// The file.
        path: PathBuf,
        /// The call.
        #[source]
        source: PluginError,
    },
    /// It says something of itself that cannot be.
    #[error("plugin {path} says of itself: {what}")]
    Identity {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A setting is refused.
    #[error("settings of plugin {name} {version}")]
    Setting {
        /// The plugin.
        name: String,
        /// Its version.
        version: String,
        /// Which, and why.
        #[source]
        source: SettingError,
    },
    /// No plugin goes by that name.
    #[error("no {kind} `{name}` is installed; there {available}\nhint: {hint}")]
    Unknown {
        /// Suite, retry policy or evaluator.
        kind: &'static str,
        /// What was asked for.
        name: String,
        /// What there is.
        available: String,
        /// What to do.
        hint: String,
    },
    /// The engine cannot be set up.
    #[error("set up the WASM engine: {0}")]
    Engine(String),
}
