//! What many commands have in common, as typed.

use super::records::report_form;
use crate::configuration::Configuration;
use crate::grant::Grant;
use crate::setting::Setting;
use crate::trust::{CallTime, Memory, Pin};
use clap::Args;
use koderz_report::{Form, Limit};
use std::path::PathBuf;

/// Plugins besides those that are installed, and what plugins are given: for every command that opens any.
#[derive(Debug, Default, Args)]
pub(crate) struct Extra {
    /// Another plugin file, which takes precedence over installed ones; may be given again
    #[arg(long = "plugin", value_name = "FILE")]
    pub(crate) plugins: Vec<PathBuf>,
    /// A setting of the suite or of the retry policy: suite.KEY=VALUE or retry.KEY=VALUE; may be given again
    #[arg(long = "set", value_name = "SETTING")]
    pub(crate) settings: Vec<Setting>,
    /// Data for the suite: the name that it knows it by, and a file; may be given again
    #[arg(long = "grant", value_name = "NAME=FILE")]
    pub(crate) grants: Vec<Grant>,
    #[command(flatten)]
    pub(crate) trusting: Trusting,
}

/// What plugins may do beyond the least, for every command that loads any.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Rights of plugins")]
pub(crate) struct Trusting {
    /// Load plugins that are machine code, which no sandbox confines; each has to be pinned as well
    #[arg(long)]
    pub(crate) native: bool,
    /// The digest that a plugin has to have, as native:NAME one that is machine code; may be given again
    #[arg(long = "pin", value_name = "NAME=SHA256")]
    pub(crate) pins: Vec<Pin>,
    /// Give a suite or a policy a WASI without files, network, environment or a real clock; may be given again
    #[arg(long, value_name = "NAME")]
    pub(crate) wasi: Vec<String>,
    /// Memory that a suite or a policy may have, 256 MiB unless this is given; may be given again
    #[arg(long = "plugin-memory", value_name = "NAME=MIB")]
    pub(crate) memory: Vec<Memory>,
    /// How long a call into a suite or a policy may take, 10 s unless this is given; may be given again
    #[arg(long = "plugin-time", value_name = "NAME=SECONDS")]
    pub(crate) time: Vec<CallTime>,
}

/// How programs are run, for every command that has any run.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Programs")]
pub(crate) struct Programs {
    /// Run every program anew, although what the same one came to before is known
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Limit programs by instructions instead of processor time: the same count on every machine, and slower
    #[arg(long)]
    pub(crate) deterministic: bool,
}

/// Where the results are written too, for every command that ends with a run.
#[derive(Debug, Default, Args)]
pub(crate) struct ExportTo {
    /// Also write the results to this file, as what its name ends in: json, jsonl, csv, md (the columns of llama-bench), txt
    /// (for benchstat) or xml (JUnit); whatever else it ends in, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) export: Option<PathBuf>,
    /// Write them in this format of `koderz export`, whatever the file is called
    #[arg(long, value_name = "FORMAT", value_parser = report_form(), requires = "export")]
    pub(crate) export_format: Option<Form>,
}

/// What a run has to come to, for every command that ends with one.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Limits {
    /// End with exit code 3 if the run comes to less, such as 'pass@1=0.6'; may be given again
    #[arg(long, value_name = "METRIC=LEAST")]
    pub(crate) fail_under: Vec<Limit>,
}

/// Which suite, for every command that does not take it from a run.
#[derive(Debug, Args)]
pub(crate) struct SuiteChoice {
    #[arg(long, value_name = "NAME|FILE", help = suite_help(Configuration::embedded().suite))]
    pub(crate) suite: Option<String>,
}

/// For every command that works on a run.
#[derive(Debug, Args)]
pub(crate) struct Events {
    /// Write every event to standard output as a line of JSON, in the place of the summary
    #[arg(long)]
    pub(crate) json: bool,
}

/// No benchmark is named here: which one is usual is said in the configuration alone.
pub(super) fn suite_help(usual: impl AsRef<str>) -> String {
    format!("The benchmark: a plugin's name or file [default: {}]", usual.as_ref())
}
