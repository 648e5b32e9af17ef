//! Components that are an interpreter with a program in it.

use crate::tools::not_started;
use crate::{BuildError, Language};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The contract in a project.
const WIT: &str = "vendor/koderz/wit/koderz-plugin-0.1.0";

/// The world that suites are made for.
const WORLD: &str = "suite-plugin";

/// Builds the component of a project, and answers its file.
pub(crate) fn build(folder: &Path, language: Language) -> Result<PathBuf, BuildError> {
    let (about, tool, local, hint) = match language {
        Language::Python => (
            "pyproject.toml",
            "componentize-py",
            ".venv/bin/componentize-py",
            "python3 -m venv .venv && .venv/bin/pip install componentize-py installs it",
        ),
        _ => (
            "package.json",
            "componentize-qjs",
            "node_modules/.bin/componentize-qjs",
            "npm install installs it",
        ),
    };
    let about = folder.join(about);
    let name = fs::read_to_string(&about).ok().and_then(|text| name(&text, language));
    let name = name.ok_or(BuildError::NoName { path: about })?;
    let file = folder.join(format!("{name}.wasm"));
    // The project's own tool, where it is installed there, and else the user's.
    let own = folder.join(local);
    let program = match std::path::absolute(&own) {
        Ok(own) if own.is_file() => own,
        _ => PathBuf::from(tool),
    };
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null());
    match language {
        Language::Python => command
            .args(["-d", WIT, "-w", WORLD, "componentize", "app", "-o"])
            // The seed of its hashes becomes part of the component.
            .env("PYTHONHASHSEED", "0"),
        _ => command.args([
            "--sync",
            "--opt-size",
            "--world",
            WORLD,
            "--wit",
            WIT,
            "--js",
            "suite.js",
            "--output",
        ]),
    };
    command.arg(format!("{name}.wasm"));
    let ended = command.status().map_err(not_started(tool, hint))?;
    match ended.success() {
        true => Ok(file),
        false => Err(BuildError::Failed { tool }),
    }
}

/// The name that a `pyproject.toml` or a `package.json` says, if a file can be called by it.
fn name(text: &str, language: Language) -> Option<String> {
    let name = match language {
        Language::Python => {
            let table: toml::Table = text.parse().ok()?;
            table.get("project")?.get("name")?.as_str()?.to_owned()
        }
        _ => {
            let object: serde_json::Value = serde_json::from_str(text).ok()?;
            object.get("name")?.as_str()?.to_owned()
        }
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let fits = !name.is_empty() && name.chars().all(plain) && !name.starts_with('.');
    fits.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_from_either_file_and_is_no_path() {
        let python = |text: &str| name(text, Language::Python);
        let other = "[tool.x]\nname = \"other\"\n";
        let text = format!("{other}[project]\nname = \"my-sums\" # mine\n");
        assert_eq!(python(&text).as_deref(), Some("my-sums"));
        let javascript = r#"{"author": {"name": "me"}, "name": "my-sums"}"#;
        assert_eq!(name(javascript, Language::JavaScript).as_deref(), Some("my-sums"));
        for wrong in [
            "",
            other,
            "[project]\nname = \"\"",
            "[project]\nname = \"../x\"",
            "[project]\nname = \".x\"",
        ] {
            assert_eq!(python(wrong), None, "{wrong}");
        }
    }
}
