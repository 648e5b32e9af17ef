//! What can be typed: commands and their options, as typed.

mod installed;
mod manual;
mod records;

pub(crate) use installed::{ListProblems, PluginList, PluginShow, Plugins, PluginsCommand};
pub(crate) use manual::{Completions, Man};
pub(crate) use records::{Export, List, Page, Remove, Runs, RunsCommand, Show, State};

use crate::configuration::Configuration;
use crate::grant::Grant;
use crate::request::{self, RunnerOption, Think};
use crate::server::Patience;
use crate::setting::Setting;
use clap::{Args, Parser, Subcommand};
use koderz_core::plan::Concurrency;
use koderz_simulator::{Fault, Pace};
use serde_json::Value;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

const EXIT_CODES: &str = "\
Exit codes:
  0    finished; wrong answers are no error
  1    finished, and something was inconclusive or left out; or `run` did not pass, `wait` waited in vain, or `doctor`
       found a problem
  2    bad input, a server that cannot be reached, or a record that cannot be written
  3    a gate failed
  130  interrupted; `koderz resume` goes on

LOG_LEVEL sets how much is logged: error, warn (the default), info, debug, trace. LOG_FORMAT=json makes every line of
the log a JSON object.";

const HOST: &str = "Ollama's address: host, host:port or http://…; `embedded` for recorded answers [default: OLLAMA_HOST, \
                    or 127.0.0.1:11434]";

const HOSTS: &str = "Ollama's address: host, host:port or http://…; `embedded` for recorded answers. May be given again: a \
                     question goes to whichever server has room [default: OLLAMA_HOST, or 127.0.0.1:11434]";

const HEADER: &str = "Sent with every request, for a gateway before the server, such as 'Authorization: Bearer …'; never shown. \
                      May be given again";
const HEADER_VARIABLE: &str = "KODERZ_HEADER";

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
    /// Grade the answers of a recorded run again, with the suite and the evaluator as they are now, and show what changed
    Grade(Grade),
    /// Show or check what configuration files say
    Config(Config),
    /// Serve recorded answers the way Ollama would, on a port of this machine
    ServeEmbedded(ServeEmbedded),
    /// Wait until a model gives a token; exit code 0 says that it did
    Wait(Wait),
    /// Show what a server has in memory
    Status(Status),
    /// Look a server over, say what is wrong, and suggest settings for it
    Doctor(Doctor),
    /// List, show and remove runs that were recorded
    Runs(Runs),
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
            Command::Benchmark(arguments) => arguments.asking.json,
            Command::SpeedTest(arguments) => arguments.asking.json,
            Command::Run(arguments) => arguments.asking.json,
            Command::Resume(arguments) => arguments.json,
            Command::Evaluate(arguments) => arguments.json,
            Command::Grade(arguments) => arguments.json,
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
                | Command::Grade(_)
        )
    }
}

/// For every command that is about one server.
#[derive(Debug, Args)]
pub(crate) struct One {
    #[arg(long, value_name = "ADDRESS", help = HOST)]
    pub(crate) host: Option<String>,
    #[arg(long = "header", value_name = "NAME: VALUE", env = HEADER_VARIABLE, hide_env_values = true, help = HEADER)]
    pub(crate) headers: Vec<String>,
}

/// For every command that asks a server.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Server and plugins")]
pub(crate) struct Server {
    #[arg(long = "host", value_name = "ADDRESS", help = HOSTS)]
    pub(crate) hosts: Vec<String>,
    #[arg(long = "header", value_name = "NAME: VALUE", env = HEADER_VARIABLE, hide_env_values = true, help = HEADER)]
    pub(crate) headers: Vec<String>,
    /// Ask several servers although they may have different models by one name
    #[arg(long)]
    pub(crate) allow_different_models: bool,
    /// Longest silence of the server that is waited for, in seconds, in its queue and between tokens; `auto` goes by the
    /// model's size: 180 up to 7B, 300 up to 34B, 600 above [default: 300]
    #[arg(long, value_name = "SECONDS|auto", value_parser = patience, allow_negative_numbers = true)]
    pub(crate) timeout: Option<Patience>,
    /// Longest time for a question with all its attempts and pauses, in seconds [default: none]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    pub(crate) deadline: Option<Duration>,
    /// Retries of a question after its first attempt [default: the policy's, which is 3]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) max_retries: Option<u32>,
    /// Retry policy: a plugin's name or file [default: exponential]
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) retry: Option<String>,
    /// Another plugin file, which takes precedence over installed ones; may be given again
    #[arg(long = "plugin", value_name = "FILE")]
    pub(crate) plugins: Vec<PathBuf>,
    /// A setting of the suite or of the retry policy: suite.KEY=VALUE or retry.KEY=VALUE; may be given again
    #[arg(long = "set", value_name = "SETTING")]
    pub(crate) settings: Vec<Setting>,
    /// Data for the suite: the name that it knows it by, and a file; may be given again
    #[arg(long = "grant", value_name = "NAME=FILE")]
    pub(crate) grants: Vec<Grant>,
}

/// How a question is put to a model.
#[derive(Debug, Args)]
#[command(next_help_heading = "Question")]
pub(crate) struct Asking {
    /// Write every event to standard output as a line of JSON, in the place of the summary
    #[arg(long)]
    pub(crate) json: bool,
    /// The model for another slot of the suite, such as judge=MODEL; may be given again
    #[arg(long = "slot", value_name = "SLOT=MODEL", value_parser = slot)]
    pub(crate) slots: Vec<(String, String)>,
    #[arg(long, value_name = "NAME|FILE", help = suite_help())]
    pub(crate) suite: Option<String>,
    /// What all chance follows from, the model's included [default: 0]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) seed: Option<u64>,
    /// Sampling temperature; 0 is greedy [default: 0]
    #[arg(long, value_name = "T", value_parser = temperature, allow_negative_numbers = true)]
    pub(crate) temperature: Option<f64>,
    /// Nucleus sampling: only the likeliest tokens that come to this share [default: the model's]
    #[arg(long, value_name = "P", value_parser = share, allow_negative_numbers = true)]
    pub(crate) top_p: Option<f64>,
    /// Longest answer in tokens [default: the suite's]
    #[arg(long, value_name = "TOKENS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) num_predict: Option<u32>,
    /// Have the model think before it answers, or not [default: as the model does by itself]
    #[arg(long, value_name = "HOW", value_enum, num_args = 0..=1, default_missing_value = "on")]
    pub(crate) think: Option<Think>,
    /// How long the model stays in memory after an answer: seconds, or 30m or the like; -1 is for ever [default: the
    /// server's]
    #[arg(long, value_name = "TIME", value_parser = request::keep_alive, allow_hyphen_values = true)]
    pub(crate) keep_alive: Option<Value>,
    /// A file whose text begins every conversation, as the system's
    #[arg(long, value_name = "FILE")]
    pub(crate) system: Option<PathBuf>,
    /// Another option of Ollama's, such as num_gpu=20, the same in every request; may be given again
    #[arg(long = "option", value_name = "KEY=VALUE")]
    pub(crate) options: Vec<RunnerOption>,
    /// Processor time that a program and its test may take each, in seconds [default: the suite's]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    pub(crate) test_timeout: Option<Duration>,
    /// Go on although the suite's own answers to some tasks do not pass
    #[arg(long)]
    pub(crate) allow_failing_tasks: bool,
    /// Context window in tokens, the same for all questions [default: what the suite needs]
    #[arg(long, value_name = "TOKENS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) num_ctx: Option<u32>,
    /// Also write the results to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) export: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Benchmark {
    /// The model under test, by the server's name for it; given again, one after the other is tested
    #[arg(
        long = "local-model",
        value_name = "MODEL",
        required = true,
        help_heading = "Question"
    )]
    pub(crate) local_models: Vec<String>,
    #[command(flatten)]
    pub(crate) asking: Asking,
    /// First task, counted from 0 [default: 0]
    #[arg(long, value_name = "N", help_heading = "Tasks", allow_negative_numbers = true)]
    pub(crate) start: Option<u64>,
    /// First task that is left out again [default: all from --start on]
    #[arg(long, value_name = "N", help_heading = "Tasks", allow_negative_numbers = true)]
    pub(crate) end: Option<u64>,
    /// Only these tasks: their ids, with commas between them
    #[arg(long, value_name = "ID,ID", help_heading = "Tasks", value_delimiter = ',')]
    pub(crate) problem_ids: Vec<String>,
    /// No more tasks than this
    #[arg(long, value_name = "N", help_heading = "Tasks", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    /// Take the tasks in an order that follows from the seed
    #[arg(long, help_heading = "Tasks")]
    pub(crate) shuffle: bool,
    /// Answers to each task [default: what the suite says, which is usually 1]
    #[arg(long, value_name = "N", help_heading = "Tasks", value_parser = positive)]
    pub(crate) samples: Option<NonZeroU32>,
    /// Questions that may be under way at once, at each server; `auto` finds how many it works on [default: 4]
    #[arg(long, value_name = "N|auto", help_heading = "Tasks", value_parser = concurrency)]
    pub(crate) concurrency: Option<Concurrency>,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct SpeedTest {
    /// The models, by the server's names for them
    #[arg(value_name = "MODEL", required = true)]
    pub(crate) models: Vec<String>,
    /// How often each prompt is asked [default: once]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(crate) samples: Option<NonZeroU32>,
    #[command(flatten)]
    pub(crate) asking: Asking,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct RunOne {
    /// The task
    #[arg(long, value_name = "ID")]
    pub(crate) problem_id: String,
    /// The model under test, by the server's name for it
    #[arg(long, value_name = "MODEL", help_heading = "Question")]
    pub(crate) local_model: String,
    #[command(flatten)]
    pub(crate) asking: Asking,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct Resume {
    /// Write every event to standard output as a line of JSON, in the place of the summary
    #[arg(long)]
    pub(crate) json: bool,
    /// The run: its id, the beginning of its id, or `last`
    #[arg(value_name = "RUN", default_value = "last")]
    pub(crate) run: String,
    /// Leave what was inconclusive as it is
    #[arg(long)]
    pub(crate) no_retry_errors: bool,
    /// Go on although the suite, an evaluator or the model is not the one that the run was begun with
    #[arg(long)]
    pub(crate) allow_changes: bool,
    /// Questions that may be under way at once, at each server [default: as before]
    #[arg(long, value_name = "N|auto", value_parser = concurrency)]
    pub(crate) concurrency: Option<Concurrency>,
    /// Also write the results to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) export: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct Evaluate {
    /// Write every event to standard output as a line of JSON, in the place of the summary
    #[arg(long)]
    pub(crate) json: bool,
    /// The answers, one JSON object a line, compressed by gzip or not
    #[arg(value_name = "FILE")]
    pub(crate) samples: PathBuf,
    /// What the answers are listed under [default: the name of the file]
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    #[arg(long, value_name = "NAME|FILE", help = suite_help())]
    pub(crate) suite: Option<String>,
    /// Programs that run at once [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(crate) jobs: Option<NonZeroU32>,
    /// Go on although the suite's own answers to some tasks do not pass
    #[arg(long)]
    pub(crate) allow_failing_tasks: bool,
    /// Where every answer is written again with its result [default: FILE_results.jsonl]
    #[arg(long, value_name = "FILE")]
    pub(crate) results: Option<PathBuf>,
    /// Also write the whole report to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) export: Option<PathBuf>,
    /// Another plugin file, which takes precedence over installed ones; may be given again
    #[arg(long = "plugin", value_name = "FILE")]
    pub(crate) plugins: Vec<PathBuf>,
    /// A setting of the suite: suite.KEY=VALUE; may be given again
    #[arg(long = "set", value_name = "SETTING")]
    pub(crate) settings: Vec<Setting>,
    /// Data for the suite: the name that it knows it by, and a file; may be given again
    #[arg(long = "grant", value_name = "NAME=FILE")]
    pub(crate) grants: Vec<Grant>,
}

#[derive(Debug, Args)]
pub(crate) struct Grade {
    /// Write every event to standard output as a line of JSON, in the place of the summary
    #[arg(long)]
    pub(crate) json: bool,
    /// The run: its id, the beginning of its id, or `last`
    #[arg(value_name = "RUN", default_value = "last")]
    pub(crate) run: String,
    /// The suite: a plugin's name or file [default: the run's]
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) suite: Option<String>,
    /// Programs that run at once [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(crate) jobs: Option<NonZeroU32>,
    /// Another plugin file, which takes precedence over installed ones; may be given again
    #[arg(long = "plugin", value_name = "FILE")]
    pub(crate) plugins: Vec<PathBuf>,
    /// A setting of the suite, other than in the run: suite.KEY=VALUE; may be given again
    #[arg(long = "set", value_name = "SETTING")]
    pub(crate) settings: Vec<Setting>,
    /// Data for the suite: the name that it knows it by, and a file; may be given again
    #[arg(long = "grant", value_name = "NAME=FILE")]
    pub(crate) grants: Vec<Grant>,
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

#[derive(Debug, Args)]
pub(crate) struct ServeEmbedded {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 11435)]
    pub(crate) port: u16,
    /// Another file of recorded answers; may be given again
    #[arg(long = "cassette", value_name = "FILE")]
    pub(crate) cassettes: Vec<PathBuf>,
    /// How fast tokens come: instant, recorded, or tokens per second
    #[arg(long, value_name = "PACE", default_value_t = Pace::Instant)]
    pub(crate) pace: Pace,
    /// Questions that are answered at once; the others wait
    #[arg(long, value_name = "N", default_value = "4", value_parser = positive)]
    pub(crate) parallel: NonZeroU32,
    /// How long it takes to bring a model into memory, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = load)]
    pub(crate) load: Duration,
    /// Questions that may wait for a load; what comes beyond is answered with 503
    #[arg(long, value_name = "N", default_value_t = 512)]
    pub(crate) max_queue: usize,
    /// Models that fit into memory; 0 for any number
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) max_loaded: usize,
    /// What goes wrong: busy, rate-limit, reset, error, die, no-done or silence, then :TOKENS, *ATTEMPTS and /EVERY; may be
    /// given again
    #[arg(long = "fault", value_name = "KIND[:TOKENS][*ATTEMPTS][/EVERY]")]
    pub(crate) faults: Vec<Fault>,
}

#[derive(Debug, Args)]
pub(crate) struct Wait {
    #[command(flatten)]
    pub(crate) one: One,
    /// The model; it is loaded if it is not in memory [default: the first that is in memory]
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// Longest wait in all, in seconds, a load included
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "60", allow_negative_numbers = true)]
    pub(crate) timeout: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) one: One,
    /// Ask each model for a token, which shows how long its queue is; wait for it for 30 seconds unless said otherwise
    #[arg(
        long,
        value_name = "SECONDS",
        value_parser = seconds,
        num_args = 0..=1,
        default_missing_value = "30",
        allow_negative_numbers = true
    )]
    pub(crate) probe: Option<Duration>,
    /// Look again and again, until ^C; every 2 seconds unless said otherwise
    #[arg(
        long,
        value_name = "SECONDS",
        value_parser = seconds,
        num_args = 0..=1,
        default_missing_value = "2",
        allow_negative_numbers = true
    )]
    pub(crate) watch: Option<Duration>,
    /// One JSON object for each look
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) one: One,
    /// A model to look at closely: it is loaded, and asked nine short questions
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// Longest wait for a load, and for the server to say anything, in seconds [default: 300]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    pub(crate) timeout: Option<Duration>,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// The program's version, with the version of the contract that its plugins follow.
fn version() -> String {
    format!("{} (koderz:plugin {})", env!("CARGO_PKG_VERSION"), koderz_api::CONTRACT)
}

/// No benchmark is named here: which one is usual is said in the configuration alone.
fn suite_help() -> String {
    let usual = Configuration::embedded().suite;
    format!("The benchmark: a plugin's name or file [default: {usual}]")
}

/// A week: beyond it a number of seconds is a slip of the finger.
const LONGEST: f64 = 7.0 * 86_400.0;

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= LONGEST => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(format!("a number of seconds above 0 and up to {LONGEST} is needed")),
    }
}

/// The word for what is found out.
const AUTO: &str = "auto";

fn patience(text: &str) -> Result<Patience, String> {
    if text == AUTO {
        return Ok(Patience::BySize);
    }
    seconds(text)
        .map(Patience::For)
        .map_err(|error| format!("{error}, or `{AUTO}`"))
}

fn load(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(0.0) => Ok(Duration::ZERO),
        _ => seconds(text).map_err(|_| "a number of seconds of 0 or more is needed".to_owned()),
    }
}

fn temperature(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=100.0).contains(&value) => Ok(value),
        _ => Err("a number from 0 to 100 is needed".to_owned()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value <= 1.0 => Ok(value),
        _ => Err("a number above 0 and up to 1 is needed".to_owned()),
    }
}

fn positive(text: &str) -> Result<NonZeroU32, String> {
    text.parse()
        .map_err(|_| format!("a whole number from 1 to {} is needed", u32::MAX))
}

/// More under way at once than any server of models serves is a slip of the finger, and would take memory.
const WIDEST: u32 = 1024;

fn concurrency(text: &str) -> Result<Concurrency, String> {
    match text.parse::<NonZeroU32>() {
        _ if text == AUTO => Ok(Concurrency::AUTO),
        Ok(number) if number.get() <= WIDEST => Ok(Concurrency::Fixed(number)),
        _ => Err(format!("a whole number from 1 to {WIDEST} is needed, or `{AUTO}`")),
    }
}

fn slot(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((slot, model)) if !slot.is_empty() && !model.is_empty() => Ok((slot.to_owned(), model.to_owned())),
        _ => Err("SLOT=MODEL is needed, such as judge=llama3.2".to_owned()),
    }
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

    #[test]
    fn numbers_out_of_bounds_are_refused_with_the_bounds() {
        assert!(seconds("0").is_err() && seconds("-1").is_err() && seconds("1e9").is_err() && seconds("NaN").is_err());
        assert_eq!(seconds("1.5"), Ok(Duration::from_millis(1500)));
        assert!(temperature("-0.1").is_err() && temperature("warm").is_err());
        assert!(concurrency("0").is_err() && concurrency("5000").is_err());
        assert!(positive("0").is_err() && positive("-1").is_err() && positive("4294967296").is_err());
        assert!(slot("judge").is_err() && slot("=m").is_err());
    }
}
