//! What the embedded server plays: recorded answers, put beside the binary.

use crate::Setup;
use crate::process;
use crate::workspace::{Workspace, cargo, place, write};
use anyhow::Result;
use std::path::Path;

/// Answers of a real model, recorded from a real Ollama.
const RECORDED: &str = "gemma3-270m-base.jsonl";

pub(crate) fn make(workspace: &Workspace, setup: &Setup) -> Result<()> {
    let cassettes = workspace.binaries().join("cassettes");
    let recorded = workspace.root.join("tests/cassettes").join(RECORDED);
    let there = cassettes.join(RECORDED);
    if std::fs::read(&there).ok() != std::fs::read(&recorded).ok() {
        place(&recorded, &there)?;
    }
    reference(workspace, setup, &[], &cassettes.join("reference.jsonl"))?;
    // For tests, and therefore in a folder where no user meets it.
    let wrong = workspace.binaries().join("test-cassettes").join("wrong-every-10.jsonl");
    reference(workspace, setup, &["--wrong-every", "10"], &wrong)
}

/// The data set's own solutions as answers. The suite itself is asked for its questions, so that they are the ones it
/// will ask.
fn reference(workspace: &Workspace, setup: &Setup, arguments: &[&str], to: &Path) -> Result<()> {
    let mut command = cargo();
    command
        .current_dir(&workspace.root)
        .args(["run", "--quiet", "--locked", "--package", "koderz-humaneval"])
        .args(["--example", "reference-cassette", "--"])
        .args(arguments)
        .env("KODERZ_HUMANEVAL_DATA", &setup.dataset);
    let text = process::output(&mut command, "make a cassette of the reference solutions")?;
    if std::fs::read_to_string(to).is_ok_and(|there| there == text) {
        return Ok(());
    }
    write(to, text.as_bytes())
}
