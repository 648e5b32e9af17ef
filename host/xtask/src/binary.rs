//! The program itself.

use crate::digest;
use crate::process::{self, say};
use crate::workspace::{Workspace, cargo, write};
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

/// The program, built.
pub(crate) struct Binary {
    path: PathBuf,
    cache: PathBuf,
}

pub(crate) fn build(workspace: &Workspace) -> Result<Binary> {
    let path = workspace
        .binaries()
        .join(format!("koderz{}", std::env::consts::EXE_SUFFIX));
    if !path.is_file() {
        say("building koderz: some five minutes on two cores, the first time");
    }
    process::run(
        cargo()
            .current_dir(&workspace.root)
            .args(["build", "--quiet", "--locked", "--package", "koderz"]),
        "build koderz",
    )?;
    Ok(Binary {
        path,
        cache: workspace.cache(),
    })
}

impl Binary {
    /// A call of the program that shares the compiled plugins with all others that start here.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.env("KODERZ_CACHE_DIR", &self.cache);
        command
    }

    /// Has every plugin compiled to machine code once, by a run of one task.
    pub(crate) fn compile_plugins(&self, workspace: &Workspace) -> Result<()> {
        let evaluator = workspace.binaries().join("plugins").join("python.wasm");
        let wanted = digest::over(&["compiled"], &[evaluator, workspace.root.join("Cargo.lock")])?;
        let stamp = workspace.setup().join("compiled");
        if self.cache.is_dir() && std::fs::read_to_string(&stamp).is_ok_and(|done| done == wanted) {
            return Ok(());
        }
        say("compiling the Python evaluator to machine code: about 10 seconds, once");
        process::output(
            self.command()
                .args(["run", "--host", "embedded", "--local-model", "reference"])
                .args(["--problem-id", "HumanEval/0", "--data-dir"])
                .arg(workspace.setup().join("first-run")),
            "run one task",
        )?;
        write(&stamp, wanted.as_bytes())
    }
}
