//! Python environments of the project's own: one with the tool that makes a component of the evaluator, and one with the
//! client that ours is measured beside.

use crate::digest;
use crate::process::{self, say};
use crate::workspace::{Workspace, remove, write};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// An environment with its tools.
pub(crate) struct Python {
    folder: PathBuf,
}

impl Python {
    /// A program of the environment.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        let folder = if cfg!(windows) { "Scripts" } else { "bin" };
        self.folder
            .join(folder)
            .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// pip of the environment, quiet, and installing nothing without a digest.
    pub(crate) fn pip(&self, verb: &str) -> Command {
        let mut command = Command::new(self.program("python"));
        command.args(["-m", "pip", "--quiet", "--disable-pip-version-check", verb]);
        command.args(["--require-hashes", "--only-binary", ":all:"]);
        command
    }
}

/// What an environment is for.
struct Purpose {
    /// Its folder among what is set up.
    folder: &'static str,
    /// The file that says what to install.
    requirements: &'static str,
    what: &'static str,
    why: &'static str,
}

const EVALUATOR: Purpose = Purpose {
    folder: "venv",
    requirements: "host/xtask/requirements.txt",
    what: "componentize-py",
    why: "for building the Python evaluator",
};

const PEER: Purpose = Purpose {
    folder: "httpx",
    requirements: "tests/benches/client/requirements.txt",
    what: "httpx and the client of Ollama",
    why: "which the client is measured beside",
};

/// The environment that the set-up needs.
pub(crate) fn install(workspace: &Workspace) -> Result<Python> {
    environment(workspace, &EVALUATOR)
}

/// The environment that a benchmark needs, where that looks for it.
pub(crate) fn install_peer(workspace: &Workspace) -> Result<()> {
    environment(workspace, &PEER).map(drop)
}

fn environment(workspace: &Workspace, purpose: &Purpose) -> Result<Python> {
    let folder = workspace.setup().join(purpose.folder);
    let requirements = workspace.root.join(purpose.requirements);
    let python = Python { folder: folder.clone() };
    let stamp = folder.join("done");
    let wanted = digest::of_file(&requirements)?;
    if std::fs::read_to_string(&stamp).is_ok_and(|done| done == wanted) {
        return Ok(python);
    }
    let system = system_python()?;
    say(&format!(
        "making a Python environment with {}, {}",
        purpose.what, purpose.why
    ));
    remove(&folder)?;
    let made = process::output(
        Command::new(&system).args(["-m", "venv"]).arg(&folder),
        "make a Python environment",
    );
    if let Err(error) = made {
        bail!("{error:#}\nhint: install Python's venv module; Debian and Ubuntu: python3-venv");
    }
    process::run(
        python.pip("install").arg("-r").arg(&requirements),
        &format!("install {}", purpose.what),
    )?;
    write(&stamp, wanted.as_bytes())?;
    Ok(python)
}

const PACKAGES: &str = "Debian and Ubuntu: python3 python3-venv; Fedora: python3; macOS: brew install python";

fn system_python() -> Result<PathBuf> {
    let Some(python) = process::find("python3").or_else(|| process::find("python")) else {
        bail!("Python is missing: no `python3` in PATH\nhint: install Python 3.10 or later; {PACKAGES}");
    };
    require_modules(&python)?;
    Ok(python)
}

fn require_modules(python: &Path) -> Result<()> {
    let check = "import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (3, 10) else 3)";
    match process::output(Command::new(python).args(["-c", check]), "look at Python") {
        Ok(_) => Ok(()),
        Err(error) => bail!(
            "{} is older than 3.10 or lacks its venv module: {error:#}\nhint: {PACKAGES}",
            python.display()
        ),
    }
}
