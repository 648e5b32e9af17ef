//! `koderz plugin`: what is installed, what is known of one plugin, whether it is fit for use, and a plugin's way from its
//! first line into the user's own folder.

mod author;
mod check;
mod documented;
mod installed;
mod list;
mod show;

use crate::arguments::{PluginsCommand, Trusting};
use crate::benchmark::Desk;
use crate::{Outcome, equipment};
use anyhow::Result;
use koderz_loader::{Counting, Interface, Plugin};
use std::path::PathBuf;

pub(crate) async fn plugins(command: PluginsCommand, desk: &Desk) -> Result<Outcome> {
    let library =
        |named: &[PathBuf], trusting: &Trusting| equipment::library(named, trusting, Counting::default(), desk);
    match command {
        PluginsCommand::List(arguments) => list::list(
            &arguments,
            &library(&arguments.plugins, &arguments.trusting)?,
            &desk.places,
        ),
        PluginsCommand::New(arguments) => author::begin(&arguments),
        PluginsCommand::Build(arguments) => author::build(&arguments),
        PluginsCommand::Add(arguments) => installed::add(&arguments, &library(&[], &arguments.trusting)?, &desk.places),
        PluginsCommand::Remove(arguments) => {
            installed::remove(&arguments, &library(&[], &Trusting::default())?, &desk.places)
        }
        PluginsCommand::Check(arguments) => check::check(&arguments, desk).await,
        PluginsCommand::Show(arguments) => show::show(&arguments, &library(&arguments.plugins, &arguments.trusting)?),
    }
}

/// The interfaces that a plugin exports, in the contract's order.
fn interfaces(plugin: &Plugin) -> Vec<Interface> {
    let mut interfaces = plugin.interfaces().to_vec();
    interfaces.sort();
    interfaces
}

fn names(interfaces: &[Interface]) -> Vec<&'static str> {
    interfaces.iter().map(|interface| interface.name()).collect()
}
