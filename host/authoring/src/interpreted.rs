//! Components that are an interpreter with a program in it.

use crate::tools::not_started;
use crate::{BuildError, Language};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The contract in a project.
const WIT: &str = "vendor/koderz/wit/koderz-plugin-0.1.0";

/// What is made where a project does not say which of the contract's worlds it is for.
const WORLD: &str = "suite-plugin";

/// What a project says of itself.
#[derive(Debug, PartialEq, Eq)]
struct Project {
    name: String,
    world: String,
    /// The file that is the program, in JavaScript.
    main: String,
}

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
    let project = fs::read_to_string(&about)
        .ok()
        .and_then(|text| Project::read(&text, language));
    let Project { name, world, main } = project.ok_or(BuildError::NoName { path: about })?;
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
            .args(["-d", WIT, "-w", &world, "componentize", "app", "-o"])
            // The seed of its hashes becomes part of the component.
            .env("PYTHONHASHSEED", "0"),
        _ => command.args([
            "--sync",
            "--opt-size",
            "--world",
            &world,
            "--wit",
            WIT,
            "--js",
            &main,
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

impl Project {
    /// From a `pyproject.toml` or a `package.json`; none if it has no name that a file can be called by.
    fn read(text: &str, language: Language) -> Option<Self> {
        let about: serde_json::Value = match language {
            Language::Python => toml::from_str(text).ok()?,
            _ => serde_json::from_str(text).ok()?,
        };
        let said = |path: &str| about.pointer(path)?.as_str().map(str::to_owned);
        let (name, world) = match language {
            Language::Python => ("/project/name", "/tool/koderz/world"),
            _ => ("/name", "/koderz/world"),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let fits = |name: &String| !name.is_empty() && name.chars().all(plain) && !name.starts_with('.');
        Some(Project {
            name: said(name).filter(fits)?,
            world: said(world).unwrap_or_else(|| WORLD.to_owned()),
            main: said("/main").unwrap_or_else(|| "suite.js".to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_says_its_name_which_is_no_path_and_may_say_its_world() {
        let python = |text: &str| Project::read(text, Language::Python);
        let read = |project: Option<Project>| project.map(|project| (project.name, project.world));
        let other = "[tool.x]\nname = \"other\"\n";
        let text = format!("{other}[project]\nname = \"my-sums\" # mine\n");
        assert_eq!(read(python(&text)), Some(("my-sums".to_owned(), WORLD.to_owned())));
        let text = format!("{text}[tool.koderz]\nworld = \"retry-plugin\"\n");
        assert_eq!(
            read(python(&text)),
            Some(("my-sums".to_owned(), "retry-plugin".to_owned()))
        );
        let javascript = r#"{"author": {"name": "me"}, "name": "my-sums", "main": "a.js", "koderz": {"world": "w"}}"#;
        let project = Project::read(javascript, Language::JavaScript).expect("a project");
        assert_eq!((project.main.as_str(), project.world.as_str()), ("a.js", "w"));
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
