//! What cargo says of the workspace.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use koderz_tests::root;
use std::process::Command;
use std::sync::OnceLock;

/// The workspace with all that is built of others on this machine. Nothing is fetched: what a build needs is there once
/// the tests run. What only other machines need is not, which is why it is left out.
pub(super) fn metadata() -> &'static Metadata {
    static METADATA: OnceLock<Metadata> = OnceLock::new();
    METADATA.get_or_init(|| described("Cargo.toml", &host()))
}

/// The evaluator of JavaScript among the examples, which is a workspace of its own.
pub(super) fn interpreter() -> Metadata {
    described("plugins/examples/javascript/Cargo.toml", "wasm32-unknown-unknown")
}

fn described(manifest: &str, platform: &str) -> Metadata {
    let platform = format!("--filter-platform={platform}");
    MetadataCommand::new()
        .manifest_path(root().join(manifest))
        .other_options(["--offline".to_owned(), "--locked".to_owned(), platform])
        .exec()
        .expect("cargo describes the workspace")
}

fn host() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = Command::new(rustc).arg("-vV").output().expect("rustc starts").stdout;
    let said = String::from_utf8(said).expect("text");
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc names its host").to_owned()
}

/// Whose a package is, by the folder that it lies in below the checkout; none for those of others.
pub(super) fn folder(package: &Package) -> Option<String> {
    if package.source.is_some() {
        return None;
    }
    let folder = package.manifest_path.parent()?.strip_prefix(&metadata().workspace_root);
    // With slashes everywhere.
    Some(
        folder
            .ok()?
            .components()
            .map(|part| part.as_str())
            .collect::<Vec<_>>()
            .join("/"),
    )
}

/// Names of the packages that a package is built with or of, those of its tests left out.
pub(super) fn dependencies(package: &Package) -> Vec<&str> {
    let built = |kind: DependencyKind| kind != DependencyKind::Development;
    let dependencies = package.dependencies.iter();
    dependencies
        .filter(|dependency| built(dependency.kind))
        .map(|dependency| dependency.name.as_str())
        .collect()
}
