//! Variables of the environment that stand for flags, and those that were meant to.

use crate::layers;
use clap::Command;
use koderz_loader::nearest;
use std::collections::BTreeSet;
use std::env;

/// The environment's variable for a flag.
pub(crate) fn variable(flag: &str) -> String {
    format!("KODERZ_{}", flag.replace('-', "_").to_ascii_uppercase())
}

/// Variables of the environment that look like this program's and are none, each with what was probably meant. The program
/// reads some that no flag has, and its build a few more: those that end in `_DATA` say where it finds data sets.
pub(crate) fn unknown_variables(command: &Command) -> Vec<String> {
    const OTHERS: [&str; 6] = [
        layers::VARIABLE,
        "KODERZ_PROFILE",
        "KODERZ_DATA_DIR",
        "KODERZ_CACHE_DIR",
        "KODERZ_PLUGIN_PATH",
        "KODERZ_WASM_STD",
    ];
    let mut known: BTreeSet<String> = layers::keys(command).iter().map(|key| variable(key)).collect();
    known.extend(OTHERS.map(str::to_owned));
    let set = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let is_unknown = |name: &String| name.starts_with("KODERZ_") && !name.ends_with("_DATA") && !known.contains(name);
    let unknown = set.filter(is_unknown);
    unknown
        .map(|name| {
            let meant = nearest(&name, known.iter().map(String::as_str));
            let meant = meant.map_or(String::new(), |meant| format!("; did you mean {meant}?"));
            format!("the environment's {name} means nothing to koderz{meant}")
        })
        .collect()
}
