//! What can be typed: commands and their options, as typed.

mod answers;
mod asking;
mod extra;
mod installed;
mod manual;
mod records;
mod servers;
mod values;

pub(crate) use answers::{Evaluate, Grade, Import, Samples};
pub(crate) use asking::{Asking, Benchmark, Resume, RunOne, Server, SpeedTest};
pub(crate) use extra::{ExportTo, Extra, Limits, Programs, Trusting};
pub(crate) use installed::{
    ListProblems, PluginAdd, PluginBuild, PluginCheck, PluginList, PluginNew, PluginRemove, PluginShow, Plugins,
    PluginsCommand, Tried,
};
pub(crate) use manual::{Completions, Man};
pub(crate) use records::{
    Compare, Dashboard, Export, Format, Gc, List, Note, Page, Remove, Runs, RunsCommand, Show, State, TagRun,
};
pub(crate) use servers::{Doctor, One, Replay, ServeEmbedded, Status, Wait};

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0    finished; wrong answers are no error
  1    finished, and something was inconclusive or left out; or `run` did not
       pass, `wait` waited in vain, or `doctor` found a problem
  2    bad input, a server that cannot be reached, a model that cannot be asked
       that way, or a record that cannot be written
  3    a gate failed
  130  interrupted; `koderz resume` goes on

LOG_LEVEL sets how much is logged: error, warn (the default), info, debug,
trace. LOG_FORMAT=json makes every line of the log a JSON object.";

/// Benchmarks for models served by Ollama.
#[derive(Debug, Parser)]
#[command(name = "koderz", version = version(), after_help = EXIT_CODES, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Where the record, reports, and plugins and cassettes of the user's own are [default: KODERZ_DATA_DIR, or the usual
    /// folder of this system]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// A profile of koderz.toml, whose settings count more than the rest of the file
    #[arg(long, global = true, value_name = "NAME", env = "KODERZ_PROFILE", hide_env = true)]
    pub(crate) profile: Option<String>,
    /// Show neither progress nor warnings, only what comes out and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Log every attempt with its phases, as LOG_LEVEL=debug does
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Put the tasks of a suite to a model, and report how many it solves
    Benchmark(Benchmark),
    /// Measure how fast models load, read and write, one after the other
    SpeedTest(SpeedTest),
    /// Put one task to a model, and show the answer and the verdict
    Run(RunOne),
    /// Go on with a run: finish what is open, and ask again what was inconclusive
    Resume(Resume),
    /// Grade answers that were collected before: a file of JSON Lines with `task_id`, and `completion` or `solution`
    Evaluate(Evaluate),
    /// Keep such a file as a run in the record, graded; nothing is written beside it, and it is not needed any more
    Import(Import),
    /// Grade the answers of a recorded run again, with the suite and the evaluator as they are now, and show what changed
    Grade(Grade),
    /// Show or check what configuration files say
    Config(Config),
    /// Serve recorded answers the way Ollama would, on a port of this machine
    ServeEmbedded(ServeEmbedded),
    /// Serve the answers of a recorded run the way its model gave them, on a port of this machine
    Replay(Replay),
    /// Wait until a model gives a token; exit code 0 says that it did
    Wait(Wait),
    /// Show what a server has in memory
    Status(Status),
    /// Look a server over, say what is wrong, and suggest settings for it
    Doctor(Doctor),
    /// List, show and remove runs that were recorded
    Runs(Runs),
    /// Compare runs with the first of them: what differs, and whether that is more than chance
    Compare(Compare),
    /// Show the runs in a browser, also while they go on: a page of this machine, which changes nothing
    Dashboard(Dashboard),
    /// Write a run in a format that other programs read
    Export(Export),
    /// List the tasks of a suite, or show what a model is asked about one of them; no server is needed
    ListProblems(ListProblems),
    /// List the plugins that are installed, or show what is known of one
    Plugin(Plugins),
    /// Write what a shell needs to complete commands and options
    Completions(Completions),
    /// Write the manual
    Man(Man),
}

impl Command {
    /// Whether events go to standard output, in the place of words.
    pub(crate) fn streams(&self) -> bool {
        match self {
            Command::Benchmark(arguments) => arguments.asking.events.json,
            Command::SpeedTest(arguments) => arguments.asking.events.json,
            Command::Run(arguments) => arguments.asking.events.json,
            Command::Resume(arguments) => arguments.events.json,
            Command::Evaluate(arguments) => arguments.answers.events.json,
            Command::Import(arguments) => arguments.answers.events.json,
            Command::Grade(arguments) => arguments.events.json,
            _ => false,
        }
    }

    /// Whether it is worth telling how far it has come.
    pub(crate) fn is_long(&self) -> bool {
        matches!(
            self,
            Command::Benchmark(_)
                | Command::SpeedTest(_)
                | Command::Resume(_)
                | Command::Evaluate(_)
                | Command::Import(_)
                | Command::Grade(_)
                | Command::Plugin(Plugins {
                    command: PluginsCommand::Check(_)
                })
        )
    }
}

#[derive(Debug, Args)]
pub(crate) struct Config {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show the settings that hold where nothing is typed
    Show(ConfigShow),
    /// See that what the files say can be used
    Check,
}

#[derive(Debug, Args)]
pub(crate) struct ConfigShow {
    /// Say of each setting where it comes from
    #[arg(long)]
    pub(crate) origin: bool,
}

/// The program's version, with the version of the contract that its plugins follow, and the commit where that is known.
fn version() -> String {
    let commit = option_env!("KODERZ_COMMIT").map_or(String::new(), |commit| format!(", commit {commit}"));
    format!(
        "{} (koderz:plugin {}{commit})",
        env!("CARGO_PKG_VERSION"),
        koderz_api::CONTRACT
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::Configuration;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_help_names_the_defaults_of_the_embedded_configuration() {
        let configuration = Configuration::embedded();
        let mut command = Arguments::command();
        let benchmark = command.find_subcommand_mut("benchmark").expect("there is one");
        let help = benchmark.render_long_help().to_string().replace('\n', " ");
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        for (option, default) in [
            ("--suite", configuration.suite),
            ("--retry", configuration.retry),
            ("--timeout", configuration.timeout.to_string()),
            ("--concurrency", configuration.concurrency.to_string()),
            ("--temperature", configuration.temperature.to_string()),
            ("--seed", configuration.seed.to_string()),
        ] {
            let from = help
                .find(&format!("{option} <"))
                .unwrap_or_else(|| panic!("no {option}"));
            let said = &help[from..];
            let said = &said[..said.find(']').expect("a default is in brackets")];
            assert!(said.ends_with(&format!("[default: {default}")), "{option}: {said}");
        }
    }
}
