//! The tools of a language, as they are called.

use crate::BuildError;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::Command;

/// The target of components.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// That a tool cannot be started, and what to do.
pub(crate) fn not_started(tool: &'static str, hint: &'static str) -> impl Fn(io::Error) -> BuildError {
    move |source| BuildError::Tool { tool, hint, source }
}

/// Sees that the compiler has a standard library for components. Whoever names a sysroot knows what is in it.
pub(crate) fn has_target() -> Result<(), BuildError> {
    let flags = [
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
    ];
    let names_sysroot = |flag: &&str| {
        let value: Option<OsString> = std::env::var_os(flag);
        value.is_some_and(|value| value.to_string_lossy().contains("--sysroot"))
    };
    if flags.iter().any(names_sysroot) {
        return Ok(());
    }
    let output = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .map_err(not_started(
            "rustc",
            "Rust is needed to build a plugin that is written in it",
        ))?;
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    match output.status.success() && folder.is_dir() {
        true => Ok(()),
        false => Err(BuildError::Target),
    }
}
