//! `koderz plugin add` and `koderz plugin remove`: the plugins in the user's own folder.

use super::{interfaces, names};
use crate::arguments::{PluginAdd, PluginRemove};
use crate::figure::harmless;
use crate::places::Places;
use crate::{Outcome, print};
use anyhow::{Context, Result, bail};
use koderz_api::identity::is_name;
use koderz_loader::{Interface, Library, Plugin, digest};
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The file that a plugin has in a folder.
fn file_of(folder: &Path, name: &str, native: bool) -> PathBuf {
    folder.join(match native {
        true => format!("{DLL_PREFIX}{name}{DLL_SUFFIX}"),
        false => format!("{name}.wasm"),
    })
}

pub(super) fn add(arguments: &PluginAdd, library: &Library, places: &Places) -> Result<Outcome> {
    // Loaded before it is copied, so that nothing is installed that cannot be used.
    let plugin = library.load(&arguments.file)?;
    let name = &plugin.identity().name;
    let folder = places.own_plugins();
    let file = file_of(&folder, name, plugin.is_native());
    if file.exists() && !arguments.replace {
        let there = File::open(&file).and_then(|mut file| digest::of_all(&mut file));
        if there.is_ok_and(|digest| digest == plugin.digest()) {
            eprintln!("{name} is there already, and is the same file");
            return Ok(Outcome::Done);
        }
        bail!(
            "another plugin `{name}` is there already: {}\nhint: --replace puts this one in its place",
            file.display()
        );
    }
    let unfinished = file.with_added_extension("unfinished");
    let put = || -> std::io::Result<()> {
        fs::create_dir_all(&folder)?;
        fs::copy(&arguments.file, &unfinished)?;
        // The file may be another one by now than that which was looked at.
        if digest::of_all(&mut File::open(&unfinished)?)? != plugin.digest() {
            fs::remove_file(&unfinished)?;
            return Err(std::io::Error::other("the file has changed meanwhile"));
        }
        fs::rename(&unfinished, &file)
    };
    put().with_context(|| format!("write {}", file.display()))?;
    print(&format!("{}\n", file.display()))?;
    eprintln!("{}", in_words(&plugin));
    Ok(Outcome::Done)
}

/// What was installed, and what it asks for.
fn in_words(plugin: &Plugin) -> String {
    let identity = plugin.identity();
    let mut kinds = interfaces(plugin);
    kinds.retain(|interface| *interface != Interface::Identity);
    let mut words = format!(
        "{} {} ({}), SHA-256 {}",
        identity.name,
        harmless(&identity.version),
        names(&kinds).join(", "),
        plugin.digest()
    );
    if plugin.is_native() {
        words.push_str("\nnative: unsandboxed; it is used only with --native and its digest pinned");
    }
    words
}

pub(super) fn remove(arguments: &PluginRemove, library: &Library, places: &Places) -> Result<Outcome> {
    let folder = places.own_plugins();
    let wanted = &arguments.plugin;
    let (name, natives) = match wanted.strip_prefix("native:") {
        Some(name) => (name, [true].as_slice()),
        None => (wanted.as_str(), [false, true].as_slice()),
    };
    let files = natives.iter().map(|native| file_of(&folder, name, *native));
    let Some(file) = files.into_iter().find(|file| is_name(name) && file.is_file()) else {
        let elsewhere = library
            .files()
            .into_iter()
            .find(|file| file.file_stem().is_some_and(|stem| stem == name));
        let hint = match elsewhere {
            Some(file) => format!(
                "\nhint: there is {}, which was not installed by `plugin add`",
                file.display()
            ),
            None => String::new(),
        };
        bail!("no plugin `{name}` is in {}{hint}", folder.display());
    };
    fs::remove_file(&file).with_context(|| format!("remove {}", file.display()))?;
    eprintln!("removed {}", file.display());
    Ok(Outcome::Done)
}
