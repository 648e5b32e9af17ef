//! What a plugin may call itself, and what it is called before it has said so.

use crate::error::LoadError;
use crate::guest::without_clock;
use koderz_api::identity::{PluginInfo, is_name};
use koderz_core::ports::PluginError;
use std::path::Path;

/// A name is typed by users and written into records, so it has to be one.
pub(crate) fn check_identity(path: &Path, identity: &PluginInfo) -> Result<(), LoadError> {
    let name = &identity.name;
    let refuse = |what: String| {
        Err(LoadError::Identity {
            path: path.to_owned(),
            what,
        })
    };
    if !is_name(name) {
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

/// What a plugin is called until it has said who it is.
pub(crate) fn unknown_name(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    stem.unwrap_or_default()
}

/// A call that failed before that.
pub(crate) fn first_call(path: &Path, call: &'static str, what: String) -> LoadError {
    let source = PluginError {
        plugin: unknown_name(path),
        version: "of unknown version".to_owned(),
        call,
        task: None,
        hint: without_clock(&what).map(str::to_owned),
        what,
    };
    LoadError::Call {
        path: path.to_owned(),
        source,
    }
}
