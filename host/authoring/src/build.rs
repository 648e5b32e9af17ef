//! Building a plugin with its language's own tools.

use crate::Language;
use crate::interpreted;
use crate::tools::{TARGET, cargo, has_target, not_started};
use serde_json::Value;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use thiserror::Error;

/// A plugin cannot be built.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The folder has no project.
    #[error(
        "{folder} has no Cargo.toml, pyproject.toml or package.json, so there is no plugin to build\nhint: koderz plugin new \
         KIND NAME begins one"
    )]
    NoProject {
        /// The folder.
        folder: PathBuf,
    },
    /// A tool cannot be started.
    #[error("start {tool}\nhint: {hint}")]
    Tool {
        /// The tool.
        tool: &'static str,
        /// What to do.
        hint: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The compiler has no standard library for components.
    #[error(
        "this Rust has no standard library for the target {TARGET}, which components are built for\nhint: rustup target add \
         {TARGET}; --native builds a shared library without it"
    )]
    Target,
    /// The tool has said why.
    #[error("{tool} did not build the plugin; what it said is above")]
    Failed {
        /// The tool.
        tool: &'static str,
    },
    /// It built something else.
    #[error(
        "cargo built no library that could be a plugin\nhint: Cargo.toml needs [lib] with crate-type = [\"cdylib\", \"rlib\"]"
    )]
    NoLibrary,
    /// The project does not say what it is called.
    #[error("{path} does not say what the plugin is called\nhint: it wants a `name`")]
    NoName {
        /// The file.
        path: PathBuf,
    },
    /// There are no shared libraries in the language.
    #[error("a plugin in {language} cannot be a shared library\nhint: leave --native out")]
    NotNative {
        /// The language.
        language: Language,
    },
    /// The plugin cannot be put in its place.
    #[error("write {path}")]
    Write {
        /// Where to.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// What was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// The plugin, in the project's folder.
    pub file: PathBuf,
}

/// Builds the plugin of a project: a component or, if it should be `native`, a shared library. What the tools say goes to
/// standard error.
///
/// # Errors
/// If there is no project, a tool is missing or fails, or the result cannot be written.
pub fn build(folder: &Path, native: bool) -> Result<Built, BuildError> {
    let has = |name: &str| folder.join(name).is_file();
    let language = match () {
        () if has("Cargo.toml") => Language::Rust,
        () if has("pyproject.toml") => Language::Python,
        () if has("package.json") => Language::JavaScript,
        () => {
            return Err(BuildError::NoProject {
                folder: folder.to_owned(),
            });
        }
    };
    if native && language != Language::Rust {
        return Err(BuildError::NotNative { language });
    }
    if language != Language::Rust {
        return Ok(Built {
            file: interpreted::build(folder, language)?,
        });
    }
    let library = rust(folder, native)?;
    // Cargo writes a crate's name with underscores; a plugin's has dashes.
    let name = library.file_name().unwrap_or_default().to_string_lossy();
    let file = folder.join(name.replace('_', "-"));
    let failed = |source| BuildError::Write {
        path: file.clone(),
        source,
    };
    // A plugin that is loaded keeps its file: another one takes its place, and nothing is written into it.
    let unfinished = file.with_added_extension("unfinished");
    std::fs::copy(&library, &unfinished).map_err(failed)?;
    std::fs::rename(&unfinished, &file).map_err(failed)?;
    Ok(Built { file })
}

/// Builds a crate, and answers its library.
fn rust(folder: &Path, native: bool) -> Result<PathBuf, BuildError> {
    let hint = "Rust is needed to build a plugin that is written in it";
    let mut command = cargo();
    command
        .current_dir(folder)
        .args([
            "build",
            "--release",
            "--lib",
            "--message-format",
            "json-render-diagnostics",
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    match native {
        true => command.args(["--features", "koderz-plugin/native"]),
        false => {
            has_target()?;
            command.args(["--target", TARGET])
        }
    };
    let mut child = command.spawn().map_err(not_started("cargo", hint))?;
    let said = child.stdout.take().map(BufReader::new);
    let lines = said.into_iter().flat_map(BufRead::lines).map_while(Result::ok);
    let library = lines.filter_map(|line| library_of(&line)).last();
    let ended = child.wait().map_err(not_started("cargo", hint))?;
    match ended.success() {
        true => library.ok_or(BuildError::NoLibrary),
        false => Err(BuildError::Failed { tool: "cargo" }),
    }
}

/// The library that a line of cargo's says was built.
fn library_of(line: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(line).ok()?;
    let is = |pointer: &str, wanted: &str| message.pointer(pointer).and_then(Value::as_str) == Some(wanted);
    let kinds = message.pointer("/target/kind").and_then(Value::as_array);
    let dynamic = kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == "cdylib"));
    if !is("/reason", "compiler-artifact") || !dynamic {
        return None;
    }
    let files = message.get("filenames").and_then(Value::as_array)?;
    let paths = files.iter().filter_map(Value::as_str).map(PathBuf::from);
    paths.into_iter().find(|path| {
        let extension = path.extension().unwrap_or_default();
        extension == "wasm" || extension == std::env::consts::DLL_EXTENSION
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_read_from_what_cargo_says() {
        let line = r#"{"reason":"compiler-artifact","target":{"kind":["cdylib","rlib"],"name":"sums"},
            "filenames":["/t/libsums.rlib","/t/sums.wasm"]}"#;
        assert_eq!(library_of(line), Some(PathBuf::from("/t/sums.wasm")));
        for other in [
            "not JSON",
            r#"{"reason":"build-finished","success":true}"#,
            r#"{"reason":"compiler-artifact","target":{"kind":["lib"]},"filenames":["/t/libserde.rlib"]}"#,
        ] {
            assert_eq!(library_of(other), None, "{other}");
        }
    }

    #[test]
    fn a_folder_without_a_project_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert!(matches!(build(folder.path(), false), Err(BuildError::NoProject { .. })));
    }
}
