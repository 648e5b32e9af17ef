//! The main job, shown: HumanEval against the embedded server, with right answers and with a real model's.

use crate::binary::Binary;
use crate::build;
use crate::process::say;
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Stdio;

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let binary = build(workspace)?.binary;
    let data = workspace.target.join("demo");
    say("HumanEval with the data set's own solutions: all of them have to pass");
    benchmark(&binary, &data, &["--local-model", "reference"])?;
    say("HumanEval with what a small base model, Gemma 3 270M, answered when it was recorded from a real Ollama");
    say("ten of its answers broke off; each is asked for once more, and counted as inconclusive, not as wrong");
    let completion = [
        "--local-model",
        "gemma3:270m-base",
        "--set",
        "suite.prompt-style=completion",
    ];
    benchmark(&binary, &data, &completion)?;
    say(&format!("the record and the reports are in {}", data.display()));
    Ok(())
}

fn benchmark(binary: &Binary, data: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = binary.command();
    command
        .args(["benchmark", "--host", "embedded", "--data-dir"])
        .arg(data)
        .args(arguments)
        .stdin(Stdio::null());
    let status = command.status().context("start koderz")?;
    // 1 says that something was inconclusive, which the recorded answers are meant to be.
    match status.code() {
        Some(0 | 1) => Ok(()),
        _ => bail!("koderz ended with {status}"),
    }
}
