//! Who may know whom.

use super::metadata::{dependencies, folder, metadata};
use cargo_metadata::Package;
use std::collections::BTreeSet;

const API: &str = "koderz-api";
const CORE: &str = "koderz-core";
const SDK: &str = "koderz-plugin";
/// The crates that stand beside each other on the core.
const AROUND: [&str; 7] = [
    "koderz-authoring",
    "koderz-dashboard",
    "koderz-loader",
    "koderz-record",
    "koderz-report",
    "koderz-simulator",
    "koderz-transport",
];

/// The packages of the project that one of them may be built with.
fn allowed(folder: &str) -> BTreeSet<String> {
    let names: Vec<&str> = match folder {
        "plugins/api" | "host/xtask" => Vec::new(),
        "host/core" => vec![API],
        "host/cli" => [API, CORE].into_iter().chain(AROUND).collect(),
        _ if folder.starts_with("host/") => vec![API, CORE],
        "plugins/sdk" => vec![
            API,
            "koderz-world-checked-suite",
            "koderz-world-evaluator",
            "koderz-world-measuring-suite",
            "koderz-world-retry",
            "koderz-world-suite",
        ],
        _ if folder.starts_with("plugins/sdk/worlds/") => vec![API],
        _ if folder.starts_with("plugins/") || folder.starts_with("tests/plugins/") => vec![SDK],
        // What tests the whole may know all of it.
        "tests" => return ours().map(|(_, package)| package.name.to_string()).collect(),
        other => panic!("nobody has said yet what {other} may know"),
    };
    names.into_iter().map(str::to_owned).collect()
}

fn ours() -> impl Iterator<Item = (String, &'static Package)> {
    let packages = metadata().packages.iter();
    packages.filter_map(|package| folder(package).map(|folder| (folder, package)))
}

#[test]
fn dependencies_point_one_way() {
    let names: BTreeSet<&str> = ours().map(|(_, package)| package.name.as_str()).collect();
    assert!(AROUND.iter().all(|name| names.contains(name)), "{names:?}");
    for (folder, package) in ours() {
        let known = dependencies(package).into_iter().filter(|name| names.contains(name));
        let known: BTreeSet<String> = known.map(str::to_owned).collect();
        let too_many: Vec<_> = known.difference(&allowed(&folder)).cloned().collect();
        assert!(too_many.is_empty(), "{folder} may not know {too_many:?}");
    }
}

#[test]
fn what_reaches_the_world_is_fenced_into_one_crate_each() {
    let fences: [(&str, &[&str]); 10] = [
        ("wasmtime", &["host/loader"]),
        ("wasmparser", &["host/loader"]),
        ("jsonschema", &["host/loader"]),
        ("rusqlite", &["host/record"]),
        ("reqwest", &["host/transport"]),
        ("rustls", &["host/transport"]),
        ("axum", &["host/dashboard", "host/simulator"]),
        ("clap", &["host/cli"]),
        ("anyhow", &["host/cli", "host/xtask"]),
        ("wit-bindgen", &["plugins/sdk/worlds"]),
    ];
    for (folder, package) in ours() {
        for name in dependencies(package) {
            let fenced = |fence: &&(&str, &[&str])| {
                name == fence.0 || name.strip_prefix(fence.0).is_some_and(|rest| rest.starts_with('-'))
            };
            if let Some((_, inside)) = fences.iter().find(fenced) {
                let here = inside.iter().any(|inside| folder.starts_with(inside));
                assert!(here, "{folder} may not depend on {name}");
            }
        }
    }
}

#[test]
fn the_core_depends_on_nothing_that_reaches_the_world() {
    // Of tokio it has channels, timers and tasks, of tracing the macros, of rand the distributions.
    let pure = [
        "rand_core",
        "rand_distr",
        "serde",
        "serde_json",
        "thiserror",
        "tokio",
        "tracing",
    ];
    let (_, core) = ours().find(|(folder, _)| folder == "host/core").expect("the core");
    for name in dependencies(core) {
        assert!(name == API || pure.contains(&name), "{name}");
    }
}
