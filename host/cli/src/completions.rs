//! `koderz completions`: what a shell needs to complete commands and options.

use crate::arguments::Arguments;
use crate::{Outcome, print};
use anyhow::{Context, Result};
use clap::CommandFactory;
use clap_complete::{Shell, generate};

pub(crate) fn completions(shell: Shell) -> Result<Outcome> {
    let mut command = Arguments::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    generate(shell, &mut command, name, &mut script);
    print(&String::from_utf8(script).context("the script is no text")?)?;
    Ok(Outcome::Done)
}
