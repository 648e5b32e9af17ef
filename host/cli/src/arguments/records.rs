//! Commands on runs that were recorded, as typed.

use super::extra::Limits;
use super::values::{age, positive};
use crate::configuration::Configuration;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};
use koderz_record::{Day, Tag};
use koderz_report::{Form, Gate};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

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
    /// Give a run tags, or take some away
    Tag(TagRun),
    /// Put a note to a run, or show the one that it has
    Note(Note),
    /// Say what could be removed: old runs, and what others have left; with --yes, remove it
    Gc(Gc),
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
    /// Only runs with this tag; of several they have all
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<Tag>,
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
pub(crate) struct TagRun {
    #[arg(value_name = "RUN", help = RUN)]
    pub(crate) run: String,
    /// Words to find it by, such as baseline
    #[arg(value_name = "TAG", required_unless_present = "remove")]
    pub(crate) tags: Vec<Tag>,
    /// Take this tag away; may be given again
    #[arg(long, value_name = "TAG")]
    pub(crate) remove: Vec<Tag>,
}

#[derive(Debug, Args)]
pub(crate) struct Note {
    #[arg(value_name = "RUN", help = RUN)]
    pub(crate) run: String,
    /// The note, in the place of the one that it has; '' takes it away
    #[arg(value_name = "TEXT")]
    pub(crate) text: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Gc {
    /// Runs that were begun so long ago and have no tag, such as 30d or 12h [default: no runs]
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub(crate) older_than: Option<Duration>,
    /// Remove it
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// The runs, the one that the others are compared with first: ids, beginnings of ids, or `last`
    #[arg(value_name = "RUN", required = true, num_args = 2..=26)]
    pub(crate) runs: Vec<String>,
    /// End with exit code 3 if a run differs from the first so far, such as 'pass@1 < -2%', in points of a hundred; may be
    /// given again
    #[arg(long, value_name = "GATE")]
    pub(crate) fail_if: Vec<Gate>,
    #[command(flatten)]
    pub(crate) limits: Limits,
    /// One JSON object, with every task that differs
    #[arg(long)]
    pub(crate) json: bool,
    /// Also write the comparison to this file, as a page
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
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
    #[arg(long, value_name = "FORMAT", value_parser = form(), help = form_help())]
    pub(crate) format: Format,
    /// Where to, whole or not at all [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// What a run is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// What came of it.
    Report(Form),
    /// What the embedded server plays.
    Cassette,
}

/// The formats by name. One is called after a benchmark, which is said in the configuration alone.
fn forms() -> [(String, Format); 9] {
    let completions = Configuration::embedded().completions_format;
    [
        (completions, Format::Report(Form::Completions)),
        ("results".to_owned(), Format::Report(Form::Results)),
        ("jsonl".to_owned(), Format::Report(Form::Lines)),
        ("csv".to_owned(), Format::Report(Form::Csv)),
        ("junit".to_owned(), Format::Report(Form::JUnit)),
        ("json".to_owned(), Format::Report(Form::Json)),
        ("markdown".to_owned(), Format::Report(Form::Markdown)),
        ("benchstat".to_owned(), Format::Report(Form::GoBenchmark)),
        ("cassette".to_owned(), Format::Cassette),
    ]
}

fn form_help() -> String {
    let [(completions, _), ..] = forms();
    format!(
        "The format: the first two are those of {completions}'s own tools, for answers and for what came of them, markdown \
         has the columns of llama-bench, benchstat the lines of Go's benchmarks, and the last is what the embedded server plays"
    )
}

/// Reads a format by its name, and lists the names for shells.
fn form() -> impl TypedValueParser<Value = Format> {
    let forms = forms();
    PossibleValuesParser::new(forms.clone().map(|(name, _)| name)).try_map(move |wanted| {
        let found = forms.iter().find(|(name, _)| *name == wanted);
        found.map(|(_, form)| *form).ok_or("no format")
    })
}

/// The same for the formats of what came of a run.
pub(super) fn report_form() -> impl TypedValueParser<Value = Form> {
    form().try_map(|format| match format {
        Format::Report(form) => Ok(form),
        Format::Cassette => Err("koderz export writes cassettes"),
    })
}
