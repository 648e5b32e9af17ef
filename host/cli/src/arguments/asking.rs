//! Commands that ask models, as typed.

use super::extra::{Events, ExportTo, Extra, Limits, Programs, SuiteChoice, suite_help};
use super::servers::{HEADER, HEADER_VARIABLE};
use super::values::{
    calibration, concurrency, loads, patience, positive, rate, seconds, share, slot, some, temperature,
};
use crate::configuration::Configuration;
use crate::grant::Grant;
use crate::request::{self, RunnerOption, Think};
use crate::server::Patience;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use koderz_core::plan::Concurrency;
use koderz_record::Tag;
use serde_json::Value;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

const HOSTS: &str = "Ollama's address: host, host:port or http://…; `embedded` for recorded answers. May be given again: a \
                     question goes to whichever server has room [default: OLLAMA_HOST, or 127.0.0.1:11434]";

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
    /// How long this machine times answers whose times it knows before it measures a server's, in seconds; 0 for not at all
    #[arg(long, value_name = "SECONDS", value_parser = calibration, default_value = "2", allow_negative_numbers = true)]
    pub(crate) calibration: Duration,
    /// Retry policy: a plugin's name or file [default: exponential]
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) retry: Option<String>,
    #[command(flatten)]
    pub(crate) extra: Extra,
}

/// How a question is put to a model.
#[derive(Debug, Args)]
#[command(next_help_heading = "Question")]
pub(crate) struct Asking {
    #[command(flatten)]
    pub(crate) events: Events,
    /// The model for another slot of the suite, such as judge=MODEL; may be given again
    #[arg(long = "slot", value_name = "SLOT=MODEL", value_parser = slot)]
    pub(crate) slots: Vec<(String, String)>,
    /// What all chance follows from, the model's included; a speed test has another one each time [default: 0]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) seed: Option<u64>,
    /// Sampling temperature; 0 is greedy [default: 0]
    #[arg(long, value_name = "T", value_parser = temperature, allow_negative_numbers = true)]
    pub(crate) temperature: Option<f64>,
    /// Nucleus sampling: only the likeliest tokens that come to this share [default: the model's]
    #[arg(long, value_name = "P", value_parser = share, allow_negative_numbers = true)]
    pub(crate) top_p: Option<f64>,
    /// Longest answer in tokens [default: the suite's]
    #[arg(long, value_name = "TOKENS", value_parser = some::<u32>)]
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
    /// Context window in tokens, the same for all questions [default: what the suite needs]
    #[arg(long, value_name = "TOKENS", value_parser = some::<u32>)]
    pub(crate) num_ctx: Option<u32>,
    #[command(flatten)]
    pub(crate) export: ExportTo,
    /// A word to find the run by, such as baseline; may be given again
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<Tag>,
    #[command(flatten)]
    pub(crate) programs: Programs,
    /// Processor time that a program and its test may take each, in seconds [default: the suite's]
    #[arg(
        long,
        value_name = "SECONDS",
        value_parser = seconds,
        allow_negative_numbers = true,
        help_heading = "Programs"
    )]
    pub(crate) test_timeout: Option<Duration>,
    /// Go on although the suite's own answers to some tasks do not pass
    #[arg(long, help_heading = "Programs")]
    pub(crate) allow_failing_tasks: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Benchmark {
    /// The model under test, by the server's name for it; given again, one after the other is tested
    #[arg(
        long = "local-model",
        alias = "model",
        value_name = "MODEL",
        required = true,
        help_heading = "Question"
    )]
    pub(crate) local_models: Vec<String>,
    #[command(flatten, next_help_heading = "Question")]
    pub(crate) suite: SuiteChoice,
    #[command(flatten)]
    pub(crate) limits: Limits,
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
    #[arg(long, value_name = "N", help_heading = "Tasks", value_parser = some::<u64>)]
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

/// How a server is loaded: settings of the suite that have flags of their own.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Load")]
pub(crate) struct Loads {
    /// What is asked: a length of prompt and answer that the suite has, such as chat or prefill
    #[arg(long, value_name = "SHAPE")]
    pub(crate) shape: Option<String>,
    /// A file of prompts to ask in the place of the suite's own: one a line, or an object of JSON a line with `prompt`, and
    /// with `id` and `num_predict` where wanted
    #[arg(long, value_name = "FILE")]
    pub(crate) prompts: Option<PathBuf>,
    /// Ask prompts as they are, without the number before them that keeps a server from answering out of its cache
    #[arg(long)]
    pub(crate) verbatim: bool,
    /// How often each question is asked
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(crate) repeat: Option<NonZeroU32>,
    /// Clients that ask at once: a list such as 1,2,4,8, or `sweep` for twice as many until no more gets done
    #[arg(long, value_name = "N,N|sweep", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) concurrency: Option<String>,
    /// Questions a second, at planned times, whether or not earlier ones are answered
    #[arg(long, value_name = "PER SECOND", allow_negative_numbers = true, value_parser = rate)]
    pub(crate) rate: Option<f64>,
    /// How regularly they come: constant, poisson or bursty
    #[arg(long, value_name = "HOW")]
    pub(crate) arrivals: Option<String>,
    /// An objective, such as ttft=500ms,tpot=50ms,e2e=20s: the highest rate that meets it is searched for
    #[arg(long, value_name = "OBJECTIVE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) slo: Option<String>,
    /// Ask on until the median of each length is known to this, such as 2%; needs a shape of lengths
    #[arg(long, value_name = "PERCENT", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) precision: Option<String>,
    /// Before all else take the model out of memory and load it again so often
    #[arg(long, value_name = "N", value_parser = loads)]
    pub(crate) loads: Option<u32>,
    /// Questions at each number of clients, or at the rate
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(crate) requests: Option<NonZeroU32>,
}

/// What a suite's setting `prompts` is set to where prompts are granted by that name.
const GRANTED: &str = "granted";

impl Loads {
    /// The data for the suite that was typed as a flag.
    pub(crate) fn grants(&self) -> Option<Grant> {
        let file = self.prompts.clone()?;
        Some(Grant {
            name: "prompts".to_owned(),
            file,
        })
    }

    /// Those of them that change nothing beside the others, in words.
    pub(crate) fn idle(&self) -> Vec<String> {
        let (clients, rate, search) = (self.concurrency.is_some(), self.rate.is_some(), self.slo.is_some());
        let idle = [
            (
                self.arrivals.is_some() && !rate && !search,
                "--arrivals changes nothing without --rate or --slo",
            ),
            (
                self.requests.is_some() && !clients && !rate,
                "--requests changes nothing without --concurrency or --rate",
            ),
            (
                self.repeat.is_some() && (clients || rate || search),
                "--repeat changes nothing with --concurrency, --rate or --slo; --requests says how much is asked",
            ),
        ];
        let idle = idle.into_iter().filter(|(is_idle, _)| *is_idle);
        idle.map(|(_, words)| words.to_owned()).collect()
    }

    /// Those that were typed, as settings of the suite.
    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        let number = |number: Option<NonZeroU32>| number.map(|number| number.to_string());
        let typed = [
            ("shape", self.shape.clone()),
            ("prompts", self.prompts.as_ref().map(|_| GRANTED.to_owned())),
            ("verbatim", self.verbatim.then(|| true.to_string())),
            ("repeat", number(self.repeat)),
            ("concurrency", self.concurrency.clone()),
            ("rate", self.rate.map(|rate| rate.to_string())),
            ("arrivals", self.arrivals.clone()),
            ("slo", self.slo.clone()),
            ("precision", self.precision.clone()),
            ("loads", self.loads.map(|loads| loads.to_string())),
            ("requests", number(self.requests)),
        ];
        let typed = typed.into_iter().filter_map(|(name, value)| Some((name, value?)));
        typed.collect()
    }
}

#[derive(Debug, Args)]
pub(crate) struct SpeedTest {
    /// The models, by the server's names for them
    #[arg(value_name = "MODEL", required = true)]
    pub(crate) models: Vec<String>,
    /// How often each prompt is asked [default: once]
    #[arg(long, value_name = "N", value_parser = positive, conflicts_with = "repeat")]
    pub(crate) samples: Option<NonZeroU32>,
    /// Take the models in turns, each twice: A B B A, so that what drifts meets all alike
    #[arg(long)]
    pub(crate) interleave: bool,
    #[command(flatten)]
    pub(crate) loads: Loads,
    #[arg(long, value_name = "NAME|FILE", help_heading = "Question", help = suite_help(Configuration::embedded().speed_suite))]
    pub(crate) suite: Option<String>,
    #[command(flatten)]
    pub(crate) limits: Limits,
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
    #[arg(long, alias = "model", value_name = "MODEL", help_heading = "Question")]
    pub(crate) local_model: String,
    #[command(flatten, next_help_heading = "Question")]
    pub(crate) suite: SuiteChoice,
    #[command(flatten)]
    pub(crate) asking: Asking,
    #[command(flatten)]
    pub(crate) server: Server,
}

#[derive(Debug, Args)]
pub(crate) struct Resume {
    #[command(flatten)]
    pub(crate) events: Events,
    /// The run: its id, the beginning of its id, or `last` [default: the last in which something is left to do]
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// Leave what was inconclusive as it is
    #[arg(long)]
    pub(crate) no_retry_errors: bool,
    /// Ask again only what was inconclusive, and leave open what is open
    #[arg(long, conflicts_with = "no_retry_errors")]
    pub(crate) retry_errors: bool,
    /// Go on although the suite, an evaluator or the model is not the one that the run was begun with
    #[arg(long)]
    pub(crate) allow_changes: bool,
    #[command(flatten)]
    pub(crate) programs: Programs,
    /// Questions that may be under way at once, at each server [default: as before]
    #[arg(long, value_name = "N|auto", value_parser = concurrency)]
    pub(crate) concurrency: Option<Concurrency>,
    #[command(flatten)]
    pub(crate) export: ExportTo,
    #[command(flatten)]
    pub(crate) limits: Limits,
    #[command(flatten)]
    pub(crate) server: Server,
}
