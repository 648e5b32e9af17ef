//! Commands on what is installed, as typed: the tasks of suites, and plugins.

use super::extra::{Extra, SuiteChoice, Trusting};
use clap::{Args, Subcommand};
use koderz_authoring::{Kind, Language};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct ListProblems {
    #[command(flatten)]
    pub(crate) suite: SuiteChoice,
    /// Only tasks with this in their ids, their labels or what is asked, in upper or lower case
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,
    /// Show what a model is asked about one task
    #[arg(long, value_name = "ID", conflicts_with = "filter")]
    pub(crate) problem_id: Option<String>,
    /// A JSON object for each task, one a line, with all that is asked
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) extra: Extra,
}

#[derive(Debug, Args)]
pub(crate) struct Plugins {
    #[command(subcommand)]
    pub(crate) command: PluginsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PluginsCommand {
    /// List the plugins that a run can name, each with what it is
    List(PluginList),
    /// Show one plugin: its file, what it exports and imports, and what can be set
    Show(PluginShow),
    /// Try a plugin as a run would, without a model, and name what its author should mend
    Check(PluginCheck),
    /// Begin a plugin: a small project that builds, with a test and the SDK in it
    New(PluginNew),
    /// Build the plugin of a project with its language's own tools
    Build(PluginBuild),
    /// Install a plugin for this user, after a look at what it is
    Add(PluginAdd),
    /// Take away a plugin that was installed for this user
    Remove(PluginRemove),
}

#[derive(Debug, Args)]
pub(crate) struct PluginNew {
    /// What it is for: suite, retry or evaluator
    #[arg(value_name = "KIND")]
    pub(crate) kind: Kind,
    /// What a user will call it: lower-case letters, digits and dashes
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// What it is written in: rust, python or javascript
    #[arg(long, value_name = "LANGUAGE", default_value_t)]
    pub(crate) lang: Language,
    /// The project's folder, which is new or empty [default: the name]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) path: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct PluginBuild {
    /// The project's folder [default: this one]
    #[arg(value_name = "FOLDER")]
    pub(crate) path: Option<PathBuf>,
    /// A shared library for machines like this one, in the place of a component; no sandbox will confine it
    #[arg(long)]
    pub(crate) native: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PluginAdd {
    /// The plugin's file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// In the place of another one by its name
    #[arg(long)]
    pub(crate) replace: bool,
    #[command(flatten)]
    pub(crate) trusting: Trusting,
}

#[derive(Debug, Args)]
pub(crate) struct PluginRemove {
    /// The plugin's name; native:NAME is the shared library where there is a component too
    #[arg(value_name = "NAME")]
    pub(crate) plugin: String,
}

#[derive(Debug, Args)]
pub(crate) struct PluginList {
    /// Another plugin file, which takes precedence over installed ones; may be given again
    #[arg(long = "plugin", value_name = "FILE")]
    pub(crate) plugins: Vec<PathBuf>,
    /// One JSON array, with an object for each plugin
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) trusting: Trusting,
}

#[derive(Debug, Args)]
pub(crate) struct PluginShow {
    /// The plugin's name or file
    #[arg(value_name = "NAME|FILE")]
    pub(crate) plugin: String,
    /// Another plugin file, which takes precedence over installed ones; may be given again
    #[arg(long = "plugin", value_name = "FILE")]
    pub(crate) plugins: Vec<PathBuf>,
    /// One JSON object, with the JSON Schemas of what can be set
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) trusting: Trusting,
}

#[derive(Debug, Args)]
pub(crate) struct PluginCheck {
    /// The plugin's name or file
    #[arg(value_name = "NAME|FILE")]
    pub(crate) plugin: String,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) tried: Tried,
    #[command(flatten)]
    pub(crate) extra: Extra,
}

/// A program that an evaluator is tried with.
#[derive(Debug, Args)]
pub(crate) struct Tried {
    /// A program for an evaluator to run, or to judge with --judge
    #[arg(long, value_name = "FILE")]
    pub(crate) subject: Option<PathBuf>,
    /// A check to judge the program with
    #[arg(long, value_name = "FILE", requires = "subject")]
    pub(crate) judge: Option<PathBuf>,
    /// Definitions of the program that the check may call, with commas between them
    #[arg(long, value_name = "NAMES", value_delimiter = ',', requires = "judge")]
    pub(crate) entry_points: Vec<String>,
}
