//! What a client can ask about the server itself: its version, its models, and which of them are in memory.

use crate::duration::KeepAlive;
use crate::library::Model;
use crate::name;
use crate::request::Fields;
use crate::respond::{self, Refusal};
use crate::routes::{Client, Read, Shared, read};
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use std::cmp::Reverse;
use std::time::Duration;

/// The version whose behaviour is followed. What comes after the plus does not count when versions are compared.
pub const VERSION: &str = "0.32.15+koderz";

/// Whether a server with this version is an embedded one, of this program or of another release.
pub fn is_embedded(version: &str) -> bool {
    version.ends_with("+koderz")
}

/// For ever, which Ollama shows as the longest duration that Go has.
const FOREVER: Duration = Duration::from_nanos(i64::MAX as u64);

#[derive(Serialize)]
struct Version {
    version: &'static str,
}

#[derive(Serialize)]
struct Listing<T> {
    models: Vec<T>,
}

#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    model: &'a str,
    modified_at: String,
    size: u64,
    digest: &'a str,
    details: Details,
    capabilities: Vec<&'static str>,
}

#[derive(Serialize)]
struct Loaded<'a> {
    name: &'a str,
    model: &'a str,
    size: u64,
    digest: &'a str,
    details: Details,
    expires_at: String,
    size_vram: u64,
    context_length: u64,
}

#[derive(Serialize)]
struct Shown {
    modelfile: String,
    details: Details,
    model_info: Map<String, Value>,
    capabilities: Vec<&'static str>,
    modified_at: String,
}

#[derive(Serialize)]
struct Details {
    parent_model: &'static str,
    format: &'static str,
    family: &'static str,
    families: [&'static str; 1],
    parameter_size: &'static str,
    quantization_level: &'static str,
}

impl Details {
    /// Neither a cassette nor a model without weights says how large it is, and so this does not either.
    fn of(model: &Model) -> Self {
        Details {
            parent_model: "",
            format: model.family,
            family: model.family,
            families: [model.family],
            parameter_size: "",
            quantization_level: "",
        }
    }
}

pub(crate) async fn version(State(client): State<Client>) -> Response<Body> {
    let version = client.shared.version;
    respond::json(&Version { version })
}

pub(crate) async fn tags(State(client): State<Client>) -> Response<Body> {
    let shared = &client.shared;
    let models = shared.library.models();
    let models = models.iter().map(|model| Listed {
        name: &model.name,
        model: &model.name,
        modified_at: shared.since.to_string(),
        size: model.bytes,
        digest: &model.digest,
        details: Details::of(model),
        capabilities: capabilities(model),
    });
    respond::json(&Listing {
        models: models.collect(),
    })
}

pub(crate) async fn ps(State(client): State<Client>) -> Response<Body> {
    let now = Timestamp::now();
    let mut resident: Vec<_> = client
        .shared
        .gate
        .resident()
        .into_iter()
        .filter_map(|resident| Some((client.shared.library.model(&resident.model)?, resident)))
        .collect();
    // Who stays longest comes first, as in Ollama.
    resident.sort_by_key(|(_, resident)| Reverse(resident.stays));
    let models = resident.iter().map(|(model, resident)| Loaded {
        name: &model.name,
        model: &model.name,
        size: model.bytes,
        digest: &model.digest,
        details: Details::of(model),
        expires_at: expiry(now, resident.stays).to_string(),
        // All of it unless something else is set, or a client would take it for one that is partly on the CPU.
        size_vram: model.speaker().map_or(model.bytes, |speaker| {
            (model.bytes as f64 * speaker.manner.vram).round() as u64
        }),
        context_length: resident.context,
    });
    respond::json(&Listing {
        models: models.collect(),
    })
}

fn expiry(now: Timestamp, stays: KeepAlive) -> Timestamp {
    let wait = match stays {
        KeepAlive::For(duration) => duration.min(FOREVER),
        KeepAlive::Forever => FOREVER,
    };
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

pub(crate) async fn show(State(client): State<Client>, body: Read) -> Response<Body> {
    match shown(&client.shared, body) {
        Ok(shown) => respond::json(&shown),
        Err(refusal) => respond::refusal(refusal),
    }
}

fn shown(shared: &Shared, body: Read) -> Result<Shown, Refusal> {
    let bad = |text: String| (StatusCode::BAD_REQUEST, text);
    let body = read(body)?;
    let mut fields = Fields::read("ShowRequest", &body).map_err(bad)?;
    let (name, old_name) = (fields.text("model").map_err(bad)?, fields.text("name").map_err(bad)?);
    let name = if name.is_empty() { old_name } else { name };
    if name.is_empty() {
        return Err(bad("model is required".to_owned()));
    }
    if !name::is_valid(&name) {
        return Err(bad("invalid model name".to_owned()));
    }
    let Some(model) = shared.library.model(&name) else {
        let text = format!("model '{}' not found", name::tagged(&name));
        return Err((StatusCode::NOT_FOUND, text));
    };
    let architecture = ("general.architecture".to_owned(), Value::from(model.family));
    Ok(Shown {
        modelfile: model.describe(),
        details: Details::of(&model),
        model_info: [architecture].into_iter().collect(),
        capabilities: capabilities(&model),
        modified_at: shared.since.to_string(),
    })
}

fn capabilities(model: &Model) -> Vec<&'static str> {
    let mut capabilities = vec!["completion"];
    if model.thinks {
        capabilities.push("thinking");
    }
    capabilities
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn for_ever_is_beyond_any_run() {
        let now = Timestamp::now();
        let century = now + Duration::from_secs(100 * 366 * 24 * 3600);
        assert!(expiry(now, KeepAlive::Forever) > century);
        assert_eq!(
            expiry(now, KeepAlive::For(Duration::MAX)),
            expiry(now, KeepAlive::Forever)
        );
    }
}
