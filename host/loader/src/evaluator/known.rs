//! What evaluators said of themselves before, so that one is compiled only where it may be needed.
//!
//! It lies beside the compiled code, in a folder that nobody else can write to, and can be found out again.

use crate::engine::private_folder;
use crate::whole;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

/// Evaluators that are remembered. What is kept of one is less than a page of memory.
const KEPT: usize = 256;

const ABOUT: &str = "about";

/// Who an evaluator is, and what it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Known {
    pub(crate) name: String,
    pub(crate) languages: Vec<String>,
}

/// The folder for evaluators in one for compiled code.
pub(super) fn folder(cache: &Path) -> PathBuf {
    cache.join("evaluators")
}

fn file(cache: &Path, digest: &str) -> PathBuf {
    folder(cache).join(format!("{digest}.{ABOUT}"))
}

/// What is known of the evaluator with this digest.
pub(crate) fn find(cache: &Path, digest: &str) -> Option<Known> {
    serde_json::from_slice(&fs::read(file(cache, digest)).ok()?).ok()
}

/// Remembers it.
pub(crate) fn keep(cache: &Path, digest: &str, known: &Known) -> io::Result<()> {
    private_folder(&folder(cache))?;
    for old in by_use(&folder(cache), ABOUT)?.iter().skip(KEPT) {
        let _gone_already = fs::remove_file(old);
    }
    whole::write(&file(cache, digest), &serde_json::to_vec(known)?)
}

/// Files of one kind, the last used first. Another process may be at them.
pub(super) fn by_use(folder: &Path, part: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == part) {
            let used = path.metadata().and_then(|about| about.modified());
            found.push((used.unwrap_or(SystemTime::UNIX_EPOCH), path));
        }
    }
    found.sort();
    Ok(found.into_iter().rev().map(|(_, path)| path).collect())
}
