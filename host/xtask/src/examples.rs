//! The plugins that show authors how it is done, built as authors build theirs.

use crate::digest;
use crate::plugins::{self, App, Crate, WIT, example};
use crate::process::{self, say};
use crate::wasm_std::TARGET;
use crate::workspace::{Workspace, cargo, place, write};
use crate::{Built, Setup};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

const CRATES: [Crate; 6] = [
    example("koderz-example-judge", "judge"),
    example("koderz-example-latency", "latency"),
    example("koderz-example-mbpp", "mbpp"),
    example("koderz-example-needle", "needle"),
    example("koderz-example-repair", "repair"),
    example("koderz-example-schema", "schema"),
];

/// The evaluator of JavaScript, which is a workspace of its own.
pub(crate) const OF_JAVASCRIPT: &str = "plugins/examples/javascript";

/// The folder beside the binary.
const FOLDER: &str = "example-plugins";

const IN_PYTHON: App = App {
    source: "plugins/examples/suite-in-python",
    world: "suite-plugin",
    component: "example-plugins/weekdays.wasm",
    stamp: "suite-in-python",
    what: "the suite that is written in Python",
};

/// Builds whatever is not there yet.
pub(crate) fn build(workspace: &Workspace, built: &Built) -> Result<()> {
    let setup = &built.setup;
    plugins::rust(workspace, setup, &CRATES)?;
    plugins::python(workspace, setup, &IN_PYTHON)?;
    in_javascript(workspace)?;
    of_javascript(workspace, setup)?;
    // Those with an interpreter take seconds to become machine code, which is kept for whoever uses them next.
    for name in ["javascript", "weekdays"] {
        process::output(
            built
                .binary
                .command()
                .args(["plugin", "check", "--wasi", "weekdays"])
                .arg(folder(workspace).join(format!("{name}.wasm"))),
            &format!("try the example `{name}`"),
        )?;
    }
    Ok(())
}

/// The evaluator of JavaScript, with dependencies of its own.
fn of_javascript(workspace: &Workspace, setup: &Setup) -> Result<()> {
    let target = workspace.setup().join("javascript");
    if !target.is_dir() {
        say("building the evaluator of JavaScript with its interpreter: some minutes, the first time");
    }
    // The interpreter's chance is replaced by the evaluator's. Without this, its library for chance does not compile.
    let flags = plugins::flags(workspace, setup, &["--cfg", "getrandom_backend=\"unsupported\""]);
    process::run(
        cargo()
            .current_dir(workspace.root.join(OF_JAVASCRIPT))
            .args(["build", "--quiet", "--locked", "--release", "--target", TARGET])
            .env("CARGO_TARGET_DIR", &target)
            .env("CARGO_ENCODED_RUSTFLAGS", flags),
        "build the evaluator of JavaScript",
    )?;
    let built = target.join(TARGET).join("release/koderz_example_javascript.wasm");
    plugins::update(&built, &folder(workspace).join("javascript.wasm"))
}

/// The suite that is written in JavaScript. Where there is no npm, it is left out, and so are its tests.
fn in_javascript(workspace: &Workspace) -> Result<()> {
    let component = folder(workspace).join("letters.wasm");
    let Some(npm) = process::find("npm") else {
        say("left out: the suite that is written in JavaScript, since there is no `npm` in PATH");
        return Ok(());
    };
    let source = workspace.root.join("plugins/examples/suite-in-javascript");
    let wit = workspace.root.join(WIT);
    let pins = ["package.json", "package-lock.json"].map(|name| source.join(name));
    let mut inputs: Vec<PathBuf> = pins.to_vec();
    inputs.push(source.join("suite.js"));
    inputs.extend(plugins::files(&wit, "wit")?);
    let wanted = digest::over(&["suite-plugin"], &inputs)?;
    let stamp = workspace.setup().join("suite-in-javascript.done");
    if component.is_file() && std::fs::read_to_string(&stamp).is_ok_and(|done| done == wanted) {
        return Ok(());
    }
    let tools = workspace.setup().join("suite-in-javascript");
    say("making the suite that is written in JavaScript: a few seconds");
    if let Err(error) = install(&npm, &tools, &pins) {
        say(&format!("left out: the suite that is written in JavaScript: {error:#}"));
        return Ok(());
    }
    let unfinished = tools.join("letters.wasm");
    process::output(
        Command::new(tools.join("node_modules/.bin/componentize-qjs"))
            .args(["--sync", "--opt-size", "--world", "suite-plugin", "--wit"])
            .arg(&wit)
            .args(["--js", "suite.js", "--output"])
            .arg(&unfinished)
            .current_dir(&source),
        "make the suite that is written in JavaScript",
    )?;
    place(&unfinished, &component)?;
    write(&stamp, wanted.as_bytes())
}

/// Installs what the lock file names, by its digests, and runs nothing of it.
fn install(npm: &Path, tools: &Path, pins: &[PathBuf]) -> Result<()> {
    std::fs::create_dir_all(tools).with_context(|| format!("make folder {}", tools.display()))?;
    for pin in pins {
        place(pin, &tools.join(pin.file_name().unwrap_or_default()))?;
    }
    process::output(
        Command::new(npm)
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(tools),
        "install componentize-qjs",
    )
    .map(drop)
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.binaries().join(FOLDER)
}
