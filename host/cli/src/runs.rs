//! `koderz runs`: what was recorded is listed, shown, tagged and removed.

mod gc;
pub(crate) mod list;
mod page;
mod remove;
mod say;
mod show;

use crate::Outcome;
use crate::arguments::{Runs, RunsCommand};
use crate::places::Places;
use anyhow::Result;

pub(crate) fn runs(arguments: Runs, places: &Places) -> Result<Outcome> {
    match arguments.command.unwrap_or(RunsCommand::List(arguments.list)) {
        RunsCommand::List(arguments) => list::list(&arguments, places),
        RunsCommand::Show(arguments) => show::show(&arguments, places),
        RunsCommand::Report(arguments) => page::page(&arguments, places),
        RunsCommand::Rm(arguments) => remove::remove(&arguments, places),
        RunsCommand::Tag(arguments) => say::tag(&arguments, places),
        RunsCommand::Note(arguments) => say::note(&arguments, places),
        RunsCommand::Gc(arguments) => gc::collect(&arguments, places),
    }
}
