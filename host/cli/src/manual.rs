//! `koderz man`: the manual, made from the definitions of the command line, so that it cannot say anything else.

mod markdown;
mod roff;

use crate::arguments::{Arguments, Man};
use crate::{Outcome, print};
use anyhow::Result;
use clap::{Command, CommandFactory};

pub(crate) fn manual(arguments: &Man) -> Result<Outcome> {
    let command = complete();
    match &arguments.dir {
        Some(folder) => roff::write(folder, command)?,
        None if arguments.markdown => print(&markdown::document(&command))?,
        None => print(&roff::page(command)?)?,
    }
    Ok(Outcome::Done)
}

/// The command line with every command below it named in full, and without those that only say what this says.
fn complete() -> Command {
    let mut command = Arguments::command().disable_help_subcommand(true);
    command.build();
    command
}
