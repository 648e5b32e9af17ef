//! What the tests of the whole stand on: where the build left the binary and the plugins.

use std::path::PathBuf;

/// The folder that cargo builds into, with the binary, and plugins and cassettes beside it.
///
/// # Panics
/// If a test does not run from where cargo puts tests.
pub fn built() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a file");
    let folder = test.ancestors().nth(2).expect("cargo puts tests two folders down");
    folder.to_owned()
}

/// The file of a plugin that the build made.
///
/// # Panics
/// If it is not there.
pub fn plugin(name: &str) -> PathBuf {
    let file = built().join("plugins").join(format!("{name}.wasm"));
    assert!(
        file.is_file(),
        "{} is not there; `cargo xtask plugins` builds it",
        file.display()
    );
    file
}
