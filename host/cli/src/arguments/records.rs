//! Commands on runs that were recorded, as typed.

use super::values::positive;
use crate::configuration::Configuration;
use clap::{Args, Subcommand, ValueEnum};
use koderz_record::Day;
use koderz_report::Form;
use std::num::NonZeroU32;
use std::path::PathBuf;

const RUN: &str = "The run: its id, the beginning of its id, or `last`";

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Runs {
    #[command(subcommand)]
    pub(crate) command: Option<RunsCommand>,
    #[command(flatten)]
    pub(crate) list: List,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// List the runs, the one begun last first; so does `koderz runs` alone
    List(List),
    /// Show what a run came to, or all that is known of one of its tasks
    Show(Show),
    /// Write the report of a run once more
    Report(Page),
    /// Remove runs, with all that was recorded of them and their reports
    Rm(Remove),
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only runs of models with this in their names
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// Only runs of suites with this in their names
    #[arg(long, value_name = "SUITE")]
    pub(crate) suite: Option<String>,
    /// Only runs that stand so
    #[arg(long, value_name = "STATE")]
    pub(crate) state: Option<State>,
    /// Only runs begun on that day or later, such as 2026-11-24 (UTC)
    #[arg(long, value_name = "DATE")]
    pub(crate) since: Option<Day>,
    /// Runs that are listed at most
    #[arg(long, value_name = "N", default_value = "20", value_parser = positive, allow_negative_numbers = true)]
    pub(crate) limit: NonZeroU32,
    /// One JSON array, with an object for each run
    #[arg(long)]
    pub(crate) json: bool,
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum State {
    Running,
    Interrupted,
    Finished,
    Drained,
    Stopped,
    Failed,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    #[arg(value_name = "RUN", default_value = "last", help = RUN)]
    pub(crate) run: String,
    /// Show one task: what was asked, answered, run and decided
    #[arg(long, value_name = "ID")]
    pub(crate) problem: Option<String>,
    /// Only this sample of the task, counted from 0
    #[arg(long, value_name = "N", requires = "problem", allow_negative_numbers = true)]
    pub(crate) sample: Option<u32>,
    /// JSON: the document that --export writes, or an array of the task's samples
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Page {
    #[arg(value_name = "RUN", default_value = "last", help = RUN)]
    pub(crate) run: String,
    /// Where to [default: where it is after a run]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Remove {
    #[arg(value_name = "RUN", required = true, help = RUN)]
    pub(crate) runs: Vec<String>,
    /// Do not ask first
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Dashboard {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value = "0")]
    pub(crate) port: u16,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    #[arg(value_name = "RUN", default_value = "last", help = RUN)]
    pub(crate) run: String,
    #[arg(long, value_name = "FORMAT", value_parser = form, help = form_help())]
    pub(crate) format: Form,
    /// Where to, whole or not at all [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// The formats by name. One is called after a benchmark, which is said in the configuration alone.
fn forms() -> [(String, Form); 5] {
    let completions = Configuration::embedded().completions_format;
    [
        (completions, Form::Completions),
        ("results".to_owned(), Form::Results),
        ("jsonl".to_owned(), Form::Lines),
        ("csv".to_owned(), Form::Csv),
        ("junit".to_owned(), Form::JUnit),
    ]
}

fn names() -> String {
    forms().map(|(name, _)| name).join(", ")
}

fn form_help() -> String {
    let [(completions, _), ..] = forms();
    format!(
        "The format: {}; the first two are those of {completions}'s own tools, for answers and for what came of them",
        names()
    )
}

fn form(text: &str) -> Result<Form, String> {
    let found = forms().into_iter().find(|(name, _)| name == text);
    found
        .map(|(_, form)| form)
        .ok_or_else(|| format!("one of these is needed: {}", names()))
}
