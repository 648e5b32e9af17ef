//! The benchmarks, with what they need. What they measure is in `docs/reference/benchmarks.md`.

use crate::process;
use crate::python;
use crate::setup;
use crate::workspace::{Workspace, cargo};
use anyhow::Result;

/// The benchmarks that measure other programs too.
const WITH_PEERS: [&str; 2] = ["client", "truth"];

pub(crate) fn run(workspace: &Workspace, names: &[String]) -> Result<()> {
    let setup = setup(workspace)?;
    if names.is_empty() || names.iter().any(|name| WITH_PEERS.contains(&name.as_str())) {
        python::install_peer(workspace)?;
    }
    let mut command = cargo();
    command
        .current_dir(&workspace.root)
        .env("KODERZ_HUMANEVAL_DATA", &setup.dataset)
        .args(["bench", "--locked", "--package", "koderz-tests"]);
    for name in names {
        command.args(["--bench", name]);
    }
    process::run(&mut command, "measure")
}
