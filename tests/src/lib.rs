//! What the tests of the whole stand on: where the build left things, the real binary, and servers to ask.

mod koderz;

pub use koderz::{Ended, Koderz, end};
use koderz_simulator::{Cassette, Fault, Server, Setup};
use std::path::{Path, PathBuf};

/// The folder that cargo builds into, with the binary, and plugins and cassettes beside it.
///
/// # Panics
/// If a test does not run from where cargo puts tests.
pub fn built() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a file");
    let folder = test.ancestors().nth(2).expect("cargo puts tests two folders down");
    folder.to_owned()
}

/// The checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this package lies in the checkout")
        .to_owned()
}

/// Plugins as machine code, shared by all tests and filled before they start.
pub fn cache() -> PathBuf {
    built().with_file_name("setup").join("cache")
}

fn made(folder: &str, file: &str) -> PathBuf {
    let file = built().join(folder).join(file);
    assert!(
        file.is_file(),
        "{} is not there; `cargo xtask plugins` or `cargo xtask examples` makes it",
        file.display()
    );
    file
}

/// The file of a plugin.
///
/// # Panics
/// If the build did not make it; here and below.
pub fn plugin(name: &str) -> PathBuf {
    made("plugins", &format!("{name}.wasm"))
}

/// The file of a plugin that is there for tests only.
pub fn test_plugin(name: &str) -> PathBuf {
    made("test-plugins", &format!("{name}.wasm"))
}

/// The file of a plugin that shows authors how it is done.
pub fn example_plugin(name: &str) -> PathBuf {
    made("example-plugins", &format!("{name}.wasm"))
}

/// A plugin as a shared library.
pub fn native_plugin(name: &str) -> PathBuf {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    made("test-plugins/native", &format!("{DLL_PREFIX}{name}{DLL_SUFFIX}"))
}

/// Recorded answers that are played for users.
pub fn cassette(name: &str) -> PathBuf {
    made("cassettes", &format!("{name}.jsonl"))
}

/// Recorded answers that are there for tests only.
pub fn test_cassette(name: &str) -> PathBuf {
    made("test-cassettes", &format!("{name}.jsonl"))
}

/// A server on a port of its own that plays these answers, and in which these things go wrong.
///
/// # Panics
/// If it cannot be started.
pub async fn serve(cassettes: &[PathBuf], faults: &[&str]) -> Server {
    serve_like(cassettes, faults, Setup::default()).await
}

/// The same, with everything else as it is in a set-up.
///
/// # Panics
/// If it cannot be started.
pub async fn serve_like(cassettes: &[PathBuf], faults: &[&str], setup: Setup) -> Server {
    let read = |path: &PathBuf| Cassette::read(path).expect("a cassette");
    let fault = |text: &&str| text.parse::<Fault>().expect("a fault");
    let setup = Setup {
        cassettes: cassettes.iter().map(read).collect(),
        faults: faults.iter().map(fault).collect(),
        ..setup
    };
    Server::start(setup).await.expect("a server")
}
