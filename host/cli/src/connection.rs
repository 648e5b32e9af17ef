//! The way to a server: Ollama at an address, or the embedded one.

use crate::arguments::One;
use crate::benchmark::Desk;
use crate::configuration::Configuration;
use crate::figure::harmless;
use crate::places::Places;
use anyhow::{Context, Result};
use koderz_loader::nearest;
use koderz_simulator::{Cassette, Server, Setup};
use koderz_transport::{Address, AddressError, Header, Ollama, Options, Proxies, Timeouts, TransportError};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What `--host` says for the embedded server.
pub(crate) const EMBEDDED: &str = "embedded";

/// Where the servers are: what was typed, or else OLLAMA_HOST, or else what the configuration says. There is at least one.
pub(crate) fn named(typed: &[String], configuration: &Configuration) -> Vec<String> {
    if !typed.is_empty() {
        return typed.to_vec();
    }
    let environment = std::env::var("OLLAMA_HOST").ok();
    let environment = environment.filter(|host| !host.trim().is_empty());
    vec![environment.unwrap_or_else(|| configuration.host.clone())]
}

/// What an error about a server's address calls for besides its own hint.
pub(crate) fn hints(error: &anyhow::Error) -> Vec<String> {
    let address = error.chain().find_map(|cause| match cause.downcast_ref() {
        Some(TransportError::Unreachable { address, .. } | TransportError::Strange { address, .. }) => Some(address),
        _ => None,
    });
    let is_none = error.chain().any(|cause| cause.is::<AddressError>());
    let mut hints = Vec::new();
    for cause in error.chain() {
        if let Some(TransportError::ModelMissing { model, known, .. }) = cause.downcast_ref() {
            let meant = nearest(model, known.iter().map(String::as_str));
            hints.extend(meant.map(|meant| format!("did you mean {}?", harmless(meant))));
        }
    }
    let environment = std::env::var("OLLAMA_HOST").ok().filter(|host| !host.trim().is_empty());
    let environment = environment.map(|host| Address::parse(&host).map(|address| address.to_string()));
    let is_meant = match &environment {
        Some(Ok(host)) => address == Some(host),
        Some(Err(_)) => is_none,
        None => false,
    };
    if is_meant {
        hints.push("the address is what OLLAMA_HOST in the environment says".to_owned());
    }
    if let Some(address) = address {
        if address.ends_with("/v1") {
            hints.push("leave /v1 out: it leads to the interface of OpenAI, and Ollama's own is beside it".to_owned());
        }
        let host = address.split("://").nth(1).unwrap_or(address);
        let host = host.split([':', '/']).next().unwrap_or(host);
        if host != EMBEDDED && nearest(host, [EMBEDDED]).is_some() {
            hints.push(format!("did you mean --host {EMBEDDED}?"));
        }
    }
    hints
}

/// Reads headers as they are typed.
pub(crate) fn headers(typed: &[String]) -> Result<Vec<Header>> {
    let parsed: Result<_, _> = typed.iter().map(|text| Header::parse(text)).collect();
    parsed.context("--header, or KODERZ_HEADER in the environment")
}

/// The way to a server, whether or not it answers.
pub(crate) struct Connection {
    pub(crate) ollama: Ollama,
    /// What it is called.
    pub(crate) shown: String,
    headers: Vec<Header>,
    /// Kept alive with it.
    embedded: Option<Server>,
}

impl Connection {
    /// A connection to the server that a text names, which is started if it is the embedded one.
    pub(crate) async fn to(host: &str, headers: &[Header], width: u32, places: &Places) -> Result<Self> {
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
            ollama: client(address, Timeouts::default(), headers, &Map::new())?,
            shown,
            headers: headers.to_vec(),
            embedded,
        })
    }

    /// A connection to the one server that a command is about.
    pub(crate) async fn to_one(one: &One, width: u32, desk: &Desk) -> Result<Self> {
        let hosts = named(one.host.as_slice(), &desk.configuration);
        Connection::to(&hosts[0], &headers(&one.headers)?, width, &desk.places).await
    }

    /// The same server, whose silence is borne for so long, and of which every request has these additions.
    pub(crate) fn patient(self, silence: Duration, request: &Map<String, Value>) -> Result<Self> {
        let timeouts = Timeouts {
            silence,
            ..Timeouts::default()
        };
        Ok(Connection {
            ollama: client(self.ollama.address().clone(), timeouts, &self.headers, request)?,
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

fn client(
    address: Address,
    timeouts: Timeouts,
    headers: &[Header],
    request: &Map<String, Value>,
) -> Result<Ollama, TransportError> {
    let options = Options {
        headers: headers.to_vec(),
        proxies: Proxies::Environment,
        request: request.clone(),
    };
    Ollama::with(address, timeouts, options)
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
        tracing::warn!(
            "there are no recorded answers to play, only lorem:N answers; cassettes (.jsonl) are looked for in {}",
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
