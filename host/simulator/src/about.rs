//! What a client can ask about the server itself: its version, its models, and which of them are in memory.

use crate::library::Model;
use crate::name;
use crate::request::Fields;
use crate::respond::{self, Refusal};
use crate::routes::{Client, Read, Shared, read};
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};

/// The version whose behaviour is followed. What comes after the plus does not count when versions are compared.
const VERSION: &str = "0.32.15+koderz";

/// What stands where a model would have its format and its family.
const CASSETTE: &str = "cassette";

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

/// A cassette does not say how large its model was, and so this does not either.
const DETAILS: Details = Details {
    parent_model: "",
    format: CASSETTE,
    family: CASSETTE,
    families: [CASSETTE],
    parameter_size: "",
    quantization_level: "",
};

pub(crate) async fn version() -> Response<Body> {
    respond::json(&Version { version: VERSION })
}

pub(crate) async fn tags(State(client): State<Client>) -> Response<Body> {
    let shared = &client.shared;
    let models = shared.library.models().map(|(_, model)| Listed {
        name: &model.name,
        model: &model.name,
        modified_at: shared.since.to_string(),
        size: model.bytes,
        digest: &model.digest,
        details: DETAILS,
        capabilities: capabilities(model),
    });
    respond::json(&Listing {
        models: models.collect(),
    })
}

pub(crate) async fn ps(State(client): State<Client>) -> Response<Body> {
    let resident = client.shared.residency.now();
    let models = client.shared.library.models().filter_map(|(key, model)| {
        let resident = resident.get(key)?;
        Some(Loaded {
            name: &model.name,
            model: &model.name,
            size: model.bytes,
            digest: &model.digest,
            details: DETAILS,
            expires_at: resident.expires.to_string(),
            // All of it, or a client would take it for one that is partly on the CPU.
            size_vram: model.bytes,
            context_length: resident.context,
        })
    });
    respond::json(&Listing {
        models: models.collect(),
    })
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
    let architecture = ("general.architecture".to_owned(), Value::from(CASSETTE));
    Ok(Shown {
        modelfile: format!("# Recorded answers of {}\n", model.name),
        details: DETAILS,
        model_info: [architecture].into_iter().collect(),
        capabilities: capabilities(model),
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
