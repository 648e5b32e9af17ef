//! `koderz plugin`: what is installed, and what is known of one plugin.

mod documented;
mod list;
mod show;

use crate::arguments::PluginsCommand;
use crate::places::Places;
use crate::{Outcome, equipment};
use anyhow::Result;
use koderz_loader::{Interface, Plugin};

pub(crate) fn plugins(command: PluginsCommand, places: &Places) -> Result<Outcome> {
    match command {
        PluginsCommand::List(arguments) => list::list(&arguments, &equipment::library(&arguments.plugins, places)?),
        PluginsCommand::Show(arguments) => show::show(&arguments, &equipment::library(&arguments.plugins, places)?),
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
