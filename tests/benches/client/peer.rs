//! The clients that ours is measured beside: Python's httpx, and Ollama's own client for Python, which is built on it.

use crate::load::Load;
use koderz_tests::built;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A Python with both, where `cargo xtask bench` has made one.
pub(crate) fn python() -> Option<PathBuf> {
    let folder = built().with_file_name("setup").join("httpx");
    let python = match cfg!(windows) {
        true => folder.join("Scripts/python.exe"),
        false => folder.join("bin/python"),
    };
    python.is_file().then_some(python)
}

/// One of them, with a load.
pub(crate) fn asker(python: &Path, peer: &str, url: &str, load: &Load) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/client/peer.py");
    let mut command = Command::new(python);
    command.arg(script).arg(peer).arg(url).args(load.words());
    command
}
