//! Set-up and chores of the project: `cargo xtask setup | plugins | examples | demo | test | bench | install | dist`.
//!
//! Each command does what the ones before it do, where that is still to be done: it looks at what is there, says what it
//! installs or builds and why, and can be cut off and run again. Nothing outside the target folder is changed, except
//! by rustup where it adds the WASM target.

mod bench;
mod binary;
mod cassettes;
mod contract;
mod dataset;
mod demo;
mod digest;
mod dist;
mod examples;
mod links;
mod plugins;
mod process;
mod python;
mod test;
mod wasm_std;
mod workspace;

use anyhow::{Result, bail};
use std::process::ExitCode;
use workspace::Workspace;

const USAGE: &str = "\
usage: cargo xtask <command>

  setup    install what is missing: the WASM target, a Python environment, the data set
  plugins  set up, then build the plugins and the program, and make the recorded answers
  examples all of that, and the plugins that show authors how it is done
  demo     what `plugins` does, then run HumanEval twice against the embedded server
  test     everything that CI checks; what follows `--` goes to cargo test
  bench    set up, install what is measured beside, and measure: all benchmarks, or the named ones
  install  build with optimisations and put koderz below --prefix DIR, which is ~/.local if not given
  uninstall  take that away again, with the same --prefix
  dist     build with optimisations and pack an archive that runs on a machine with neither Rust nor Python
  reference  write docs/reference/wit.md anew, from the comments of the contract
  help     this text";

fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Vec<String>) -> Result<()> {
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", &[][..]),
    };
    if !rest.is_empty() && !matches!(command, "test" | "bench" | "install" | "uninstall") {
        bail!("`{command}` takes no arguments\n{USAGE}");
    }
    match command {
        "setup" => setup(&Workspace::find()?).map(drop),
        "plugins" => {
            let workspace = Workspace::find()?;
            build(&workspace)?;
            plugins::native(&workspace)
        }
        "examples" => {
            let workspace = Workspace::find()?;
            examples::build(&workspace, &build(&workspace)?)
        }
        "reference" => contract::write(&Workspace::find()?),
        "demo" => demo::run(&Workspace::find()?),
        "test" => test::run(&Workspace::find()?, rest),
        "bench" => bench::run(&Workspace::find()?, rest),
        "install" => dist::install(&Workspace::find()?, &dist::prefix(rest)?),
        "uninstall" => dist::uninstall(&dist::prefix(rest)?),
        "dist" => dist::pack(&Workspace::find()?),
        "help" | "--help" | "-h" => {
            eprintln!("{USAGE}");
            Ok(())
        }
        other => bail!("there is no command `{other}`\n{USAGE}"),
    }
}

/// What later steps need of the set-up.
struct Setup {
    wasm: wasm_std::WasmStd,
    python: python::Python,
    dataset: std::path::PathBuf,
}

/// Everything that runs: plugins, the program, and what the embedded server plays.
struct Built {
    setup: Setup,
    binary: binary::Binary,
}

fn build(workspace: &Workspace) -> Result<Built> {
    let setup = setup(workspace)?;
    plugins::build(workspace, &setup)?;
    let binary = binary::build(workspace)?;
    cassettes::make(workspace, &setup)?;
    binary.compile_plugins(workspace)?;
    Ok(Built { setup, binary })
}

fn setup(workspace: &Workspace) -> Result<Setup> {
    process::need(
        "cc",
        "a C compiler",
        "Debian and Ubuntu: gcc; Fedora: gcc; macOS: xcode-select --install",
    )?;
    let wasm = wasm_std::install(workspace)?;
    let python = python::install(workspace)?;
    let dataset = dataset::install(workspace, &python)?;
    Ok(Setup { wasm, python, dataset })
}
