//! `koderz plugin`: what is installed, and what is known of one plugin.

mod documented;
mod list;
mod show;

use crate::arguments::{self, PluginsCommand};
use crate::places::Places;
use crate::{Outcome, equipment};
use anyhow::Result;
use koderz_loader::{Interface, Library, Plugin};
use std::path::PathBuf;

pub(crate) fn plugins(command: PluginsCommand, places: &Places) -> Result<Outcome> {
    match command {
        PluginsCommand::List(arguments) => list::list(&arguments, &library(&arguments.plugins, places)?),
        PluginsCommand::Show(arguments) => show::show(&arguments, &library(&arguments.plugins, places)?),
    }
}

fn library(named: &[PathBuf], places: &Places) -> Result<Library> {
    let options = arguments::Server {
        plugins: named.to_vec(),
        ..arguments::Server::default()
    };
    equipment::library(&options, places)
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
