//! Running other programs: what they are run for, and what their failures are called.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Says what is done, on standard error.
pub(crate) fn say(text: &str) {
    eprintln!("xtask: {text}");
}

/// Runs a command that shows its own output.
pub(crate) fn run(command: &mut Command, purpose: &str) -> Result<()> {
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| start(command, purpose))?;
    if !status.success() {
        bail!("{purpose}: `{}` ended with {status}", line(command));
    }
    Ok(())
}

/// Runs a command and answers what it wrote to standard output; shows the rest only if it fails.
pub(crate) fn output(command: &mut Command, purpose: &str) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| start(command, purpose))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!(
            "{purpose}: `{}` ended with {}\n{}",
            line(command),
            output.status,
            said.trim_end()
        );
    }
    String::from_utf8(output.stdout).with_context(|| format!("{purpose}: read what `{}` wrote", line(command)))
}

/// Fails with what to install where a program is missing.
pub(crate) fn need(program: &str, what: &str, packages: &str) -> Result<()> {
    if find(program).is_none() {
        bail!("{what} is missing: no `{program}` in PATH\nhint: install it; {packages}");
    }
    Ok(())
}

/// Where a program is in PATH.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(format!("{program}{}", std::env::consts::EXE_SUFFIX)))
        .find(|file| file.is_file())
}

fn start(command: &Command, purpose: &str) -> String {
    format!("{purpose}: start `{}`", line(command))
}

fn line(command: &Command) -> String {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
