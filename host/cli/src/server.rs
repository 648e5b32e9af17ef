//! The server that is asked: Ollama at an address, or the embedded one.

use crate::places::Places;
use anyhow::{Context, Result, bail};
use koderz_core::manifest::ServerUse;
use koderz_simulator::{Cassette, Pace, Server, Setup};
use koderz_transport::{Address, Ollama, Timeouts};
use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What `--host` says for the embedded server.
const EMBEDDED: &str = "embedded";

/// A server that answers, and what it says of itself.
pub(crate) struct Reached {
    pub(crate) ollama: Ollama,
    pub(crate) usage: ServerUse,
    /// Kept alive with it.
    _embedded: Option<Server>,
}

/// Finds the server that a text names, and sees that it answers.
pub(crate) async fn reach(host: &str, silence: Duration, width: NonZeroU32, places: &Places) -> Result<Reached> {
    let timeouts = Timeouts {
        silence,
        ..Timeouts::default()
    };
    let (address, shown, embedded) = if host == EMBEDDED {
        let server = Server::start(Setup {
            port: 0,
            cassettes: cassettes(&[], places)?,
            faults: Vec::new(),
            pace: Pace::Instant,
            parallel: width,
        })
        .await?;
        (server.url(), EMBEDDED.to_owned(), Some(server))
    } else {
        (host.to_owned(), String::new(), None)
    };
    let address = Address::parse(&address)?;
    let shown = if shown.is_empty() { address.to_string() } else { shown };
    let ollama = Ollama::new(address, timeouts)?;
    let version = ollama.version().await?;
    Ok(Reached {
        ollama,
        usage: ServerUse {
            host: shown,
            version: Some(version),
        },
        _embedded: embedded,
    })
}

/// Reads the cassettes that were named, and those that lie in the folders for them. Of two files with the same name in
/// different folders only the first counts.
pub(crate) fn cassettes(named: &[PathBuf], places: &Places) -> Result<Vec<Cassette>> {
    let mut files = named.to_vec();
    let mut names = BTreeSet::new();
    for folder in places.cassettes() {
        files.extend(
            recorded(&folder)?
                .into_iter()
                .filter(|file| names.insert(file.file_name().map(ToOwned::to_owned))),
        );
    }
    if files.is_empty() {
        let folders: Vec<String> = places
            .cassettes()
            .iter()
            .map(|folder| folder.display().to_string())
            .collect();
        bail!(
            "there are no recorded answers to play\nhint: cassettes (.jsonl) are looked for in {}",
            folders.join(", ")
        );
    }
    files
        .iter()
        .map(|file| Cassette::read(file).map_err(anyhow::Error::from))
        .collect()
}

fn recorded(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("look for cassettes in {}", folder.display())),
    };
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    files.sort();
    Ok(files)
}
