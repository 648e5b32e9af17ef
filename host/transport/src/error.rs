//! Why a server cannot be asked about itself.

use thiserror::Error;

/// Names of models that are shown where one is missing.
const SHOWN: usize = 8;

/// A question about the server, rather than to a model, failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TransportError {
    /// It does not answer.
    #[error(
        "cannot reach Ollama at {address}: {what}\nhint: start it with `ollama serve`, name another with --host, or try --host embedded"
    )]
    Unreachable {
        /// Where.
        address: String,
        /// What happened.
        what: String,
    },
    /// It answers as no Ollama would.
    #[error("{address} does not answer like Ollama: {what}\nhint: --host names the server")]
    Strange {
        /// Where.
        address: String,
        /// What it said.
        what: String,
    },
    /// It does not have the model.
    #[error("{address} has no model `{model}`\nhint: {}", offer(known))]
    ModelMissing {
        /// The name that was asked for.
        model: String,
        /// Where.
        address: String,
        /// The names of those it has.
        known: Vec<String>,
    },
    /// The client cannot be made.
    #[error("set up the HTTP client: {0}")]
    Client(String),
}

fn offer(known: &[String]) -> String {
    let names = known.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match known.len() {
        0 => "it has none yet; `ollama pull NAME` fetches one".to_owned(),
        n if n > SHOWN => format!("it has {names} and {} more", n - SHOWN),
        _ => format!("it has {names}"),
    }
}
