//! Which formats there are.

use super::{completions, csv, go_benchmark, junit, markdown};
use crate::escape::escaped;
use crate::json::json;
use crate::report::Report;
use crate::sample::entries;
use crate::several::{FailedModel, several_json};
use serde_json::Value;

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// An object for each answer, as the tools that came with the first benchmark of code read them.
    Completions,
    /// The same for each sample, with whether it passed, as those tools write them.
    Results,
    /// The object that stands for a sample in [`json`](crate::json), one on each line.
    Lines,
    /// A table with a row for each sample.
    Csv,
    /// A test case for each sample, as build servers read them.
    JUnit,
    /// The one document of [`json`](crate::json()).
    Json,
    /// A table of rates, in the columns of llama-bench.
    Markdown,
    /// A line for each sample, as Go's benchmarks write them and benchstat compares them.
    GoBenchmark,
}

/// A run in a format. Texts that the story has cut are cut here too, so an export is made of
/// [`Story::unabridged`](crate::Story::unabridged).
pub fn export(report: &Report<'_>, form: Form) -> String {
    match form {
        Form::Json => pretty(&json(report)),
        Form::Completions => completions::completions(report),
        Form::Results => completions::results(report),
        Form::Lines => entries(report).map(|entry| escaped(&entry) + "\n").collect(),
        Form::Csv => csv::csv(std::slice::from_ref(report)),
        Form::JUnit => junit::junit(report),
        Form::Markdown => markdown::markdown(std::slice::from_ref(report)),
        Form::GoBenchmark => go_benchmark::go_benchmark(std::slice::from_ref(report)),
    }
}

/// Runs of several models in one text, and those that came to nothing where the format has a place for them. None where
/// [the format has room for one run alone](Form::has_room_for_several).
pub fn export_several(reports: &[Report<'_>], failed: &[FailedModel], form: Form) -> Option<String> {
    match form {
        Form::Json => Some(pretty(&several_json(reports, failed))),
        Form::Csv => Some(csv::csv(reports)),
        Form::Markdown => Some(markdown::markdown(reports)),
        Form::GoBenchmark => Some(go_benchmark::go_benchmark(reports)),
        Form::Completions | Form::Results | Form::Lines | Form::JUnit => None,
    }
}

impl Form {
    /// The format that the end of a file's name stands for.
    pub fn of_extension(extension: &str) -> Option<Self> {
        match extension {
            "json" => Some(Form::Json),
            "jsonl" => Some(Form::Lines),
            "csv" => Some(Form::Csv),
            "md" => Some(Form::Markdown),
            "xml" => Some(Form::JUnit),
            "txt" => Some(Form::GoBenchmark),
            _ => None,
        }
    }

    /// Whether runs of several models fit into one text.
    pub fn has_room_for_several(self) -> bool {
        export_several(&[], &[], self).is_some()
    }
}

fn pretty(document: &Value) -> String {
    let text = serde_json::to_string_pretty(document).expect("a document of JSON is written as JSON");
    text + "\n"
}
