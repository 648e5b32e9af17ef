//! The server that is asked: Ollama at an address, or the embedded one.

use crate::places::Places;
use anyhow::{Context, Result, bail};
use koderz_core::manifest::ServerUse;
use koderz_simulator::{Cassette, Pace, Server, Setup};
use koderz_transport::{Address, ModelInfo, Ollama, Timeouts, TransportError, parameter_count, suggested_silence};
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What `--host` says for the embedded server.
const EMBEDDED: &str = "embedded";

/// A server that answers, and what it says of itself.
pub(crate) struct Reached {
    pub(crate) ollama: Ollama,
    pub(crate) usage: ServerUse,
    /// How long its silence is borne.
    pub(crate) silence: Duration,
    /// Digests of the models, where it gives them.
    pub(crate) digests: BTreeMap<String, String>,
    /// Kept alive with it.
    embedded: Option<Server>,
}

impl Reached {
    /// A model, which has to be there.
    async fn model(&self, name: &str) -> Result<ModelInfo, TransportError> {
        match self.ollama.model(name).await {
            // Its port is a matter of chance, and would tell a user nothing.
            Err(TransportError::ModelMissing { model, known, .. }) if self.embedded.is_some() => {
                Err(TransportError::ModelMissing {
                    model,
                    address: "the embedded server".to_owned(),
                    known,
                })
            }
            other => other,
        }
    }
}

/// How long a server may be silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// As long as suits the size of its models.
    BySize,
    For(Duration),
}

/// Finds the server that a text names, and sees that it answers and has these models.
pub(crate) async fn reach(
    host: &str,
    models: &BTreeMap<String, String>,
    patience: Patience,
    width: u32,
    places: &Places,
) -> Result<Reached> {
    let (address, shown, embedded) = if host == EMBEDDED {
        let server = Server::start(Setup {
            port: 0,
            cassettes: cassettes(&[], places)?,
            faults: Vec::new(),
            pace: Pace::Instant,
            parallel: NonZeroU32::new(width).unwrap_or(NonZeroU32::MIN),
        })
        .await?;
        (server.url(), EMBEDDED.to_owned(), Some(server))
    } else {
        (host.to_owned(), String::new(), None)
    };
    let address = Address::parse(&address)?;
    let shown = if shown.is_empty() { address.to_string() } else { shown };
    let ollama = Ollama::new(address.clone(), Timeouts::default())?;
    let version = ollama.version().await?;
    let mut reached = Reached {
        ollama,
        usage: ServerUse {
            host: shown,
            version: Some(version),
        },
        silence: Timeouts::default().silence,
        digests: BTreeMap::new(),
        embedded,
    };
    let mut largest = None;
    for model in models.values() {
        let info = reached.model(model).await?;
        largest = largest.max(info.parameter_size.as_deref().and_then(parameter_count));
        if !info.digest.is_empty() {
            reached.digests.insert(model.clone(), info.digest);
        }
    }
    reached.silence = match patience {
        Patience::For(silence) => silence,
        Patience::BySize => suggested_silence(largest),
    };
    let timeouts = Timeouts {
        silence: reached.silence,
        ..Timeouts::default()
    };
    reached.ollama = Ollama::new(address, timeouts)?;
    Ok(reached)
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
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(Vec::new()),
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
