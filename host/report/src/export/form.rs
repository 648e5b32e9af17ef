//! Which formats there are.

use super::{completions, csv, junit};
use crate::escape::escaped;
use crate::report::Report;
use crate::sample::entries;

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
}

/// A run in a format. Texts that the story has cut are cut here too, so an export is made of
/// [`Story::unabridged`](crate::Story::unabridged).
pub fn export(report: &Report<'_>, form: Form) -> String {
    match form {
        Form::Completions => completions::completions(report),
        Form::Results => completions::results(report),
        Form::Lines => entries(report).map(|entry| escaped(&entry) + "\n").collect(),
        Form::Csv => csv::csv(report),
        Form::JUnit => junit::junit(report),
    }
}
