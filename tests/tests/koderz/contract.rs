//! One contract for all forms of a plugin: a component, a shared library, and the author's own type called directly give
//! the same transcript of the same calls.

mod evaluators;
mod policies;
mod released;
mod suites;

use koderz_loader::{Engines, Interface, Plugin, Trust};
use koderz_tests::cache;
use std::fs;
use std::path::Path;

/// Loads a plugin, whose digest is pinned where that is needed.
pub(crate) fn load(path: &Path) -> Plugin {
    let digest = koderz_loader::digest::of(&fs::read(path).expect("the plugin's file"));
    let mut trust = Trust {
        native: true,
        ..Trust::default()
    };
    let stem = path.file_stem().expect("a file").to_string_lossy().into_owned();
    let name = stem.trim_start_matches(std::env::consts::DLL_PREFIX).to_owned();
    trust.pins.entry(name).or_default().insert(digest);
    let engines = Engines::new(Some(&cache())).expect("engines").trusting(trust);
    Plugin::load(&engines, path).expect("the plugin loads")
}

/// What a plugin says of itself, which no form of it changes.
fn about(plugin: &Plugin) -> Vec<String> {
    let mut interfaces: Vec<&str> = plugin
        .interfaces()
        .iter()
        .map(|interface| interface.name())
        .filter(|name| *name != "identity")
        .collect();
    interfaces.sort_unstable();
    let mut about = vec![format!("{:?}", plugin.identity()), interfaces.join(", ")];
    for interface in [Interface::Suite, Interface::Retry] {
        about.extend(plugin.schema(interface).map(ToString::to_string));
    }
    about
}

/// The same of an author's type.
fn about_type(identity: koderz_api::identity::PluginInfo, interfaces: &str, schema: Option<String>) -> Vec<String> {
    let schema = schema.map(|schema| {
        let schema: serde_json::Value = serde_json::from_str(&schema).expect("a schema");
        schema.to_string()
    });
    let mut about = vec![format!("{identity:?}"), interfaces.to_owned()];
    about.extend(schema);
    about
}
