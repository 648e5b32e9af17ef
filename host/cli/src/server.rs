//! The server that is asked: Ollama at an address, or the embedded one.

use crate::configuration::Configuration;
use crate::places::Places;
use anyhow::{Context, Result, bail};
use koderz_core::manifest::ServerUse;
use koderz_simulator::{Cassette, Server, Setup};
use koderz_transport::{Address, Ollama, Timeouts, TransportError, parameter_count, suggested_silence};
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What `--host` says for the embedded server.
const EMBEDDED: &str = "embedded";

/// Where the server is: what was typed, or else OLLAMA_HOST, or else what the configuration says.
pub(crate) fn named(typed: Option<&str>, configuration: &Configuration) -> String {
    let environment = || std::env::var("OLLAMA_HOST").ok();
    let typed = typed.map(str::to_owned);
    typed
        .or_else(|| environment().filter(|host| !host.trim().is_empty()))
        .unwrap_or_else(|| configuration.host.clone())
}

/// The way to a server, whether or not it answers.
pub(crate) struct Connection {
    pub(crate) ollama: Ollama,
    /// What it is called.
    pub(crate) shown: String,
    /// Kept alive with it.
    embedded: Option<Server>,
}

impl Connection {
    /// A connection to the server that a text names, which is started if it is the embedded one.
    pub(crate) async fn to(host: &str, width: u32, places: &Places) -> Result<Self> {
        let (address, embedded) = if host == EMBEDDED {
            let server = Server::start(Setup {
                cassettes: cassettes(&[], places)?,
                parallel: NonZeroU32::new(width).unwrap_or(NonZeroU32::MIN),
                ..Setup::default()
            })
            .await?;
            (server.url(), Some(server))
        } else {
            (host.to_owned(), None)
        };
        let address = Address::parse(&address)?;
        let shown = match embedded {
            Some(_) => EMBEDDED.to_owned(),
            None => address.to_string(),
        };
        Ok(Connection {
            ollama: Ollama::new(address, Timeouts::default())?,
            shown,
            embedded,
        })
    }

    /// The same server, whose silence is borne for so long.
    pub(crate) fn patient(self, silence: Duration) -> Result<Self> {
        let timeouts = Timeouts {
            silence,
            ..Timeouts::default()
        };
        Ok(Connection {
            ollama: Ollama::new(self.ollama.address().clone(), timeouts)?,
            ..self
        })
    }

    pub(crate) fn is_embedded(&self) -> bool {
        self.embedded.is_some()
    }

    /// An error of this server's, in words that help. The port of the embedded one is a matter of chance, and would tell a
    /// user nothing.
    pub(crate) fn explain(&self, error: TransportError) -> TransportError {
        match error {
            TransportError::ModelMissing { model, known, .. } if self.is_embedded() => TransportError::ModelMissing {
                model,
                address: "the embedded server".to_owned(),
                known,
            },
            other => other,
        }
    }
}

/// A server that answers, and what it says of itself.
pub(crate) struct Reached {
    pub(crate) connection: Connection,
    pub(crate) usage: ServerUse,
    /// How long its silence is borne.
    pub(crate) silence: Duration,
    /// Digests of the models, where it gives them.
    pub(crate) digests: BTreeMap<String, String>,
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
    let connection = Connection::to(host, width, places).await?;
    let version = connection.ollama.version().await?;
    let (mut digests, mut largest) = (BTreeMap::new(), None);
    for model in models.values() {
        let info = connection.ollama.model(model).await;
        let info = info.map_err(|error| connection.explain(error))?;
        largest = largest.max(info.parameter_size.as_deref().and_then(parameter_count));
        if !info.digest.is_empty() {
            digests.insert(model.clone(), info.digest);
        }
    }
    let silence = match patience {
        Patience::For(silence) => silence,
        Patience::BySize => suggested_silence(largest),
    };
    Ok(Reached {
        usage: ServerUse {
            host: connection.shown.clone(),
            version: Some(version),
        },
        connection: connection.patient(silence)?,
        silence,
        digests,
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
