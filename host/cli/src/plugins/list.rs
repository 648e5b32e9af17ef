//! `koderz plugin list`: every plugin file that is found, in the order in which they are preferred.

use super::{interfaces, names};
use crate::arguments::PluginList;
use crate::columns::columns;
use crate::figure::harmless;
use crate::places::Places;
use crate::{Outcome, print};
use anyhow::Result;
use koderz_loader::{Interface, Library, Plugin};
use serde_json::{Value, json};

pub(super) fn list(arguments: &PluginList, library: &Library, places: &Places) -> Result<Outcome> {
    let mut plugins = Vec::new();
    let mut sound = true;
    for file in library.files() {
        match library.load(&file) {
            Ok(plugin) => plugins.push(plugin),
            Err(error) if arguments.plugins.contains(&file) => return Err(error.into()),
            Err(error) => {
                sound = false;
                let error = format!("{:#}", anyhow::Error::from(error));
                tracing::warn!("cannot be used: {}", error.lines().next().unwrap_or_default());
            }
        }
    }
    let text = match (arguments.json, plugins.is_empty()) {
        (true, _) => format!("{:#}\n", Value::Array(plugins.iter().map(object).collect())),
        (false, true) => "no plugin is installed\n".to_owned(),
        (false, false) => columns(&plugins.iter().map(row).collect::<Vec<_>>()),
    };
    print(&text)?;
    if plugins.is_empty() {
        let folders: Vec<String> = places
            .plugins()
            .iter()
            .map(|folder| folder.display().to_string())
            .collect();
        eprintln!(
            "hint: plugins (.wasm) are looked for in {}; KODERZ_PLUGIN_PATH names more folders, --plugin FILE a file",
            folders.join(", ")
        );
    }
    for aside in library.left_aside() {
        eprintln!(
            "hint: {} is machine code, and is left aside without --native and a pin",
            aside.display()
        );
    }
    Ok(if sound { Outcome::Done } else { Outcome::Incomplete })
}

fn row(plugin: &Plugin) -> Vec<String> {
    let identity = plugin.identity();
    // Every plugin says who it is.
    let mut kinds = interfaces(plugin);
    kinds.retain(|interface| *interface != Interface::Identity);
    vec![
        identity.name.clone(),
        harmless(&identity.version),
        names(&kinds).join(", ")
            + if plugin.is_native() {
                " (native: unsandboxed)"
            } else {
                ""
            },
        harmless(&identity.summary),
    ]
}

/// What of a plugin is the same however it is set.
pub(super) fn object(plugin: &Plugin) -> Value {
    let identity = plugin.identity();
    json!({
        "name": identity.name,
        "version": identity.version,
        "summary": identity.summary,
        "file": plugin.path().display().to_string(),
        "digest": plugin.digest(),
        "interfaces": names(&interfaces(plugin)),
        "imports": plugin.imports(),
        "native": plugin.is_native(),
    })
}
