//! Commands on answers that are there already, as typed.

use super::extra::{Events, ExportTo, Extra, Limits, Programs, SuiteChoice};
use super::values::positive;
use clap::Args;
use koderz_record::Tag;
use std::num::NonZeroU32;
use std::path::PathBuf;

/// For every command that grades a file of answers.
#[derive(Debug, Args)]
pub(crate) struct Samples {
    #[command(flatten)]
    pub(crate) events: Events,
    /// The answers, one JSON object a line, compressed by gzip or not
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// What the answers are listed under [default: the name of the file]
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    #[command(flatten)]
    pub(crate) suite: SuiteChoice,
    /// Programs that run at once [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(crate) jobs: Option<NonZeroU32>,
    /// Go on although the suite's own answers to some tasks do not pass
    #[arg(long)]
    pub(crate) allow_failing_tasks: bool,
    /// A word to find the run by, such as baseline; may be given again
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<Tag>,
    #[command(flatten)]
    pub(crate) limits: Limits,
    #[command(flatten)]
    pub(crate) extra: Extra,
    #[command(flatten)]
    pub(crate) programs: Programs,
}

#[derive(Debug, Args)]
pub(crate) struct Evaluate {
    #[command(flatten)]
    pub(crate) answers: Samples,
    /// Where every answer is written again with its result [default: FILE_results.jsonl]
    #[arg(long, value_name = "FILE")]
    pub(crate) results: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) export: ExportTo,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    #[command(flatten)]
    pub(crate) answers: Samples,
}

#[derive(Debug, Args)]
pub(crate) struct Grade {
    #[command(flatten)]
    pub(crate) events: Events,
    /// The run: its id, the beginning of its id, or `last`
    #[arg(value_name = "RUN", default_value = "last")]
    pub(crate) run: String,
    /// The suite: a plugin's name or file [default: the run's]
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) suite: Option<String>,
    /// Programs that run at once [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(crate) jobs: Option<NonZeroU32>,
    #[command(flatten)]
    pub(crate) extra: Extra,
    #[command(flatten)]
    pub(crate) programs: Programs,
}
