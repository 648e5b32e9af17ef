//! Everything that CI checks, in the order in which a failure is cheapest to find.

use crate::build;
use crate::examples;
use crate::plugins;
use crate::process::{self, say};
use crate::workspace::{Workspace, cargo};
use anyhow::Result;
use std::process::Command;
use std::time::Instant;

pub(crate) fn run(workspace: &Workspace, rest: &[String]) -> Result<()> {
    let rest = rest.strip_prefix(&["--".to_owned()]).unwrap_or(rest);
    stage("formatting", || {
        for folder in [workspace.root.clone(), workspace.root.join(examples::OF_JAVASCRIPT)] {
            process::run(
                cargo().current_dir(folder).args(["fmt", "--all", "--check"]),
                "check the formatting",
            )?;
        }
        Ok(())
    })?;
    let built = stage("build", || build(workspace))?;
    stage("examples", || examples::build(workspace, &built))?;
    let setup = built.setup;
    stage("shared libraries", || plugins::native(workspace))?;
    let with_data = |command: &mut Command| {
        command
            .current_dir(&workspace.root)
            .env("KODERZ_HUMANEVAL_DATA", &setup.dataset);
    };
    stage("warnings", || {
        let mut command = cargo();
        with_data(&mut command);
        command.args([
            "clippy",
            "--quiet",
            "--locked",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]);
        process::run(&mut command, "look for warnings")?;
        // The border of shared libraries is code that nothing else compiles.
        let mut command = cargo();
        command.current_dir(&workspace.root).args([
            "clippy",
            "--quiet",
            "--locked",
            "--package",
            "koderz-plugin",
            "--package",
            "koderz-exponential",
            "--all-targets",
            "--features",
            "koderz-plugin/native",
            "--",
            "-D",
            "warnings",
        ]);
        process::run(&mut command, "look for warnings in shared libraries")
    })?;
    stage("documentation", || {
        let mut command = cargo();
        with_data(&mut command);
        command
            .args(["doc", "--quiet", "--locked", "--workspace", "--no-deps"])
            .env("RUSTDOCFLAGS", "-D warnings");
        process::run(&mut command, "check the documentation")
    })?;
    stage("tests", || {
        let mut command = cargo();
        with_data(&mut command);
        command.args(["test", "--locked", "--workspace"]).args(rest);
        process::run(&mut command, "run the tests")
    })
}

fn stage<T>(name: &str, body: impl FnOnce() -> Result<T>) -> Result<T> {
    say(name);
    let began = Instant::now();
    let result = body()?;
    say(&format!("{name}: {:.1} s", began.elapsed().as_secs_f64()));
    Ok(result)
}
