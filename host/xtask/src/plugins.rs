//! Plugins, built beside the binary.

use crate::Setup;
use crate::digest;
use crate::process::{self, say};
use crate::wasm_std::TARGET;
use crate::workspace::{Workspace, cargo, place, write};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A plugin that is a Rust crate.
pub(crate) struct Crate {
    package: &'static str,
    component: &'static str,
    /// The folder beside the binary. Plugins for tests are in another, so that no user meets them.
    folder: &'static str,
}

const fn plugin(package: &'static str, component: &'static str) -> Crate {
    Crate {
        package,
        component,
        folder: "plugins",
    }
}

/// One that shows authors how it is done.
pub(crate) const fn example(package: &'static str, component: &'static str) -> Crate {
    Crate {
        package,
        component,
        folder: "example-plugins",
    }
}

const fn for_tests(package: &'static str, component: &'static str) -> Crate {
    Crate {
        package,
        component,
        folder: "test-plugins",
    }
}

const CRATES: [Crate; 11] = [
    plugin("koderz-exponential", "exponential"),
    plugin("koderz-humaneval", "humaneval"),
    plugin("koderz-speed", "speed"),
    for_tests("koderz-test-arithmetic", "arithmetic"),
    for_tests("koderz-test-faulty", "faulty"),
    for_tests("koderz-test-flawed", "flawed"),
    for_tests("koderz-test-many", "many"),
    for_tests("koderz-test-mute", "mute"),
    for_tests("koderz-test-steady", "steady"),
    for_tests("koderz-test-sums", "sums"),
    for_tests("koderz-test-tally", "tally"),
];

/// Those that tests want as shared libraries too: one of each kind.
const NATIVE: [&str; 5] = [
    "koderz-exponential",
    "koderz-speed",
    "koderz-test-faulty",
    "koderz-test-sums",
    "koderz-test-tally",
];

/// Those that are written in C.
const IN_C: [(&str, &str); 2] = [
    ("patient", "plugins/examples/policy-in-c/patient.c"),
    ("noise", "tests/plugins/noise/noise.c"),
];

/// The contract, in the checkout.
pub(crate) const WIT: &str = "wit/koderz-plugin-0.1.0";

/// The folder of shared libraries beside the binary.
const LIBRARIES: &str = "test-plugins/native";

/// Builds whatever is not there yet.
pub(crate) fn build(workspace: &Workspace, setup: &Setup) -> Result<()> {
    rust(workspace, setup, &CRATES)?;
    python(workspace, setup, &EVALUATOR)
}

/// What is said to the compiler of every plugin, for cargo's `CARGO_ENCODED_RUSTFLAGS`.
pub(crate) fn flags(workspace: &Workspace, setup: &Setup, more: &[&str]) -> OsString {
    let mut flags = setup.wasm.flags();
    // A component holds the paths of its sources in its panic messages; nobody else should read them.
    let cargo_home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
    for (folder, name) in [(Some(workspace.root.clone()), "koderz"), (cargo_home, "cargo")] {
        if let Some(folder) = folder {
            flags.push(OsString::from(format!(
                "--remap-path-prefix={}=/{name}",
                folder.display()
            )));
        }
    }
    flags.extend(more.iter().map(OsString::from));
    flags.join(&OsString::from("\u{1f}"))
}

pub(crate) fn rust(workspace: &Workspace, setup: &Setup, crates: &[Crate]) -> Result<()> {
    let mut command = cargo();
    command
        .current_dir(&workspace.root)
        .args([
            "build",
            "--quiet",
            "--locked",
            "--profile",
            "plugin",
            "--target",
            TARGET,
        ])
        .env("KODERZ_HUMANEVAL_DATA", &setup.dataset)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(workspace, setup, &[]));
    for plugin in crates {
        command.args(["--package", plugin.package]);
    }
    if !workspace.target.join(TARGET).join("plugin").is_dir() {
        say("building the plugins that are written in Rust: about a minute, the first time");
    }
    process::run(&mut command, "build the plugins")?;
    let built = workspace.target.join(TARGET).join("plugin");
    for plugin in crates {
        let component = built.join(format!("{}.wasm", plugin.package.replace('-', "_")));
        let there = workspace
            .binaries()
            .join(plugin.folder)
            .join(format!("{}.wasm", plugin.component));
        update(&component, &there)?;
    }
    Ok(())
}

/// Puts a component in place, unless it is there already.
pub(crate) fn update(component: &Path, there: &Path) -> Result<()> {
    if !there.is_file() || digest::of_file(there)? != digest::of_file(component)? {
        place(component, there)?;
    }
    Ok(())
}

/// A plugin that is written in Python.
pub(crate) struct App {
    /// Where its `app.py` is, in the checkout.
    pub(crate) source: &'static str,
    pub(crate) world: &'static str,
    /// Where its component is, beside the binary.
    pub(crate) component: &'static str,
    /// What is remembered of it when it is made, among what is set up.
    pub(crate) stamp: &'static str,
    pub(crate) what: &'static str,
}

const EVALUATOR: App = App {
    source: "plugins/python",
    world: "evaluator-plugin",
    component: "plugins/python.wasm",
    stamp: "python-evaluator",
    what: "the Python evaluator, a component with CPython inside",
};

pub(crate) fn python(workspace: &Workspace, setup: &Setup, app: &App) -> Result<()> {
    let source = workspace.root.join(app.source);
    let wit = workspace.root.join(WIT);
    let mut inputs = files(&source, "py")?;
    inputs.extend(files(&wit, "wit")?);
    inputs.push(workspace.root.join("host/xtask/requirements.txt"));
    let wanted = digest::over(&[app.world], &inputs)?;
    let stamp = workspace.setup().join(app.stamp);
    let component = workspace.binaries().join(app.component);
    if component.is_file() && std::fs::read_to_string(&stamp).is_ok_and(|done| done == wanted) {
        return Ok(());
    }
    say(&format!("making {}: about 20 seconds", app.what));
    let unfinished = workspace.setup().join(format!("{}.wasm", app.stamp));
    process::output(
        Command::new(setup.python.program("componentize-py"))
            .arg("-d")
            .arg(&wit)
            .args(["-w", app.world, "componentize", "app", "-o"])
            .arg(&unfinished)
            .arg("-p")
            .arg(&source)
            // The seed of its hashes becomes part of the component, and the order of its sets with it.
            .env("PYTHONHASHSEED", "0")
            .current_dir(workspace.setup()),
        &format!("make {}", app.what),
    )?;
    place(&unfinished, &component)?;
    write(&stamp, wanted.as_bytes())
}

/// Plugins as shared libraries, for tests: of the same crates, and some that are written in C.
pub(crate) fn native(workspace: &Workspace) -> Result<()> {
    let mut command = cargo();
    command.current_dir(&workspace.root).args([
        "build",
        "--quiet",
        "--locked",
        "--lib",
        "--features",
        "koderz-plugin/native",
    ]);
    for package in NATIVE {
        command.args(["--package", package]);
    }
    process::run(&mut command, "build the plugins as shared libraries")?;
    let folder = workspace.binaries().join(LIBRARIES);
    for package in NATIVE {
        let name = library(&package.replace('-', "_"));
        let short = package.trim_start_matches("koderz-").trim_start_matches("test-");
        place(&workspace.binaries().join(name), &folder.join(library(short)))?;
    }
    for (name, source) in IN_C {
        let unfinished = workspace.setup().join(library(name));
        process::run(
            Command::new("cc")
                .args([
                    "-std=c99", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-I",
                ])
                .arg(workspace.root.join("plugins/sdk/native"))
                .arg("-o")
                .arg(&unfinished)
                .arg(workspace.root.join(source)),
            "compile the plugins that are written in C",
        )?;
        place(&unfinished, &folder.join(library(name)))?;
    }
    Ok(())
}

fn library(name: &str) -> String {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    format!("{DLL_PREFIX}{name}{DLL_SUFFIX}")
}

/// Files below a folder with an extension, in a fixed order.
pub(crate) fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| format!("read {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
