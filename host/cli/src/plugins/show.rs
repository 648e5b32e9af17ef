//! `koderz plugin show`: all that is known of one plugin.

use super::documented::documented;
use super::list::object;
use super::{interfaces, names};
use crate::arguments::PluginShow;
use crate::figure::harmless;
use crate::{Outcome, print};
use anyhow::{Result, bail};
use koderz_loader::{Interface, Library, LoadError, Plugin, nearest};
use serde_json::{Map, Value};
use std::env::consts::DLL_EXTENSION;
use std::path::{Path, PathBuf};

/// The kinds of plugins that can be set, and what their settings are typed after.
const SET: [(Interface, &str); 2] = [(Interface::Suite, "suite"), (Interface::Retry, "retry")];

pub(super) fn show(arguments: &PluginShow, library: &Library) -> Result<Outcome> {
    let plugin = find(library, &arguments.plugin, &arguments.plugins)?;
    let languages = languages(&plugin)?;
    let text = match arguments.json {
        true => format!("{:#}\n", whole(&plugin, &languages)),
        false => told(&plugin, &languages)?,
    };
    print(&text)?;
    Ok(Outcome::Done)
}

/// The plugin of that name that a run would take, or that of a file.
pub(super) fn find(library: &Library, wanted: &str, named: &[PathBuf]) -> Result<Plugin> {
    let path = Path::new(wanted);
    let is_file = |extension: &str| wanted.ends_with(&format!(".{extension}"));
    if is_file("wasm") || is_file(DLL_EXTENSION) || path.components().count() > 1 {
        return Ok(library.load(path)?);
    }
    let (wanted, native) = match wanted.strip_prefix("native:") {
        Some(name) => (name, true),
        None => (wanted, false),
    };
    let mut files = library.files();
    files.retain(|file| !native || file.extension().is_some_and(|extension| extension == DLL_EXTENSION));
    // Files that the user named come first, then those that are called like the plugin; the others may take a while.
    files.sort_by_key(|file| match named.contains(file) {
        true => 0,
        false if file.file_stem().is_some_and(|stem| stem == wanted) => 1,
        false => 2,
    });
    let mut others = Vec::new();
    for file in files {
        match library.load(&file) {
            Ok(plugin) if plugin.identity().name == wanted => return Ok(plugin),
            Ok(plugin) => others.push(plugin.identity().name.clone()),
            Err(error) if named.contains(&file) => return Err(error.into()),
            Err(LoadError::Pinned { name, .. }) if name != wanted => others.push(name),
            Err(error @ LoadError::Pinned { .. }) => return Err(error.into()),
            Err(error) => tracing::debug!("{error}"),
        }
    }
    others.sort();
    others.dedup();
    let there = match others.as_slice() {
        [] => "there is none at all".to_owned(),
        others => format!("there is {}", others.join(", ")),
    };
    let meant = nearest(wanted, others.iter().map(String::as_str));
    let meant = meant.map_or(String::new(), |meant| format!("\nhint: did you mean `{meant}`?"));
    bail!(
        "no plugin `{wanted}` is installed; {there}{meant}{}\nhint: a file can be named too, such as ./{wanted}.wasm",
        library.hint_at_native(wanted)
    )
}

/// What an evaluator runs; nothing for other plugins.
fn languages(plugin: &Plugin) -> Result<Vec<String>> {
    if !plugin.interfaces().contains(&Interface::Evaluator) {
        return Ok(Vec::new());
    }
    Ok(plugin.evaluator(None)?.languages().to_vec())
}

fn whole(plugin: &Plugin, languages: &[String]) -> Value {
    let mut object = object(plugin);
    let schemas: Map<String, Value> = SET
        .iter()
        .filter_map(|(interface, owner)| Some(((*owner).to_owned(), plugin.schema(*interface)?.clone())))
        .collect();
    object["languages"] = languages.into();
    object["settings"] = Value::Object(schemas);
    object
}

fn told(plugin: &Plugin, languages: &[String]) -> Result<String> {
    let identity = plugin.identity();
    let mut text = format!(
        "{} {}\n{}\n\n",
        identity.name,
        harmless(&identity.version),
        harmless(&identity.summary)
    );
    let mut line = |what: &str, value: &str| text.push_str(&format!("{what:<11} {value}\n"));
    line("file", &plugin.path().display().to_string());
    line("size", &format!("{} bytes", std::fs::metadata(plugin.path())?.len()));
    line("sha-256", plugin.digest());
    line("interfaces", &names(&interfaces(plugin)).join(", "));
    if plugin.is_native() {
        line("sandbox", "none: it is native, and runs as this program does");
    }
    match plugin.imports() {
        [] => line("imports", "nothing"),
        [first, rest @ ..] => {
            line("imports", &harmless(first));
            rest.iter().for_each(|import| line("", &harmless(import)));
        }
    }
    if !languages.is_empty() {
        line("languages", &harmless(&languages.join(", ")));
    }
    for (interface, owner) in SET {
        if let Some(schema) = plugin.schema(interface) {
            text.push_str(&documented(schema, owner));
        }
    }
    Ok(text)
}
