//! What a server knows of one of its models.

use crate::about::Details;
use crate::error::TransportError;
use crate::ollama::Ollama;
use crate::patience::parameter_count;
use reqwest::{StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A model, as the server shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModelDetails {
    /// Number of its parameters: the exact one, or else what the server's rounded words say.
    pub parameters: Option<u64>,
    /// The longest context that it was trained for, in tokens. What it is loaded with is mostly less.
    pub context_tokens: Option<u32>,
    /// What it can do, such as `completion`, `tools`, `thinking`.
    pub capabilities: Vec<String>,
    /// How its weights are quantized, such as `Q4_K_M`.
    pub quantization: Option<String>,
    /// What it is built like, such as `gemma3`.
    pub family: Option<String>,
    /// The settings that it brings along, one a line, such as `temperature 0`.
    pub settings: Option<String>,
}

#[derive(Deserialize)]
struct Shown {
    details: Details,
    #[serde(default)]
    model_info: Map<String, Value>,
    #[serde(default)]
    capabilities: Vec<String>,
    parameters: Option<String>,
}

impl Ollama {
    /// What the server knows of a model.
    ///
    /// # Errors
    /// If it does not have the model, does not answer within five seconds, or not like Ollama.
    pub async fn show(&self, model: &str) -> Result<ModelDetails, TransportError> {
        let request = self
            .client
            .post(self.address.url("/api/show"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(json!({ "model": model }).to_string());
        let answer = self.fetch(request, "POST /api/show").await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Err(self.missing(model, self.models().await?));
        }
        answer.read::<Shown>().map(ModelDetails::from)
    }
}

impl From<Shown> for ModelDetails {
    fn from(shown: Shown) -> Self {
        let info = |name: &str| shown.model_info.get(name);
        let architecture = info("general.architecture").and_then(Value::as_str).unwrap_or_default();
        let context = info(&format!("{architecture}.context_length")).and_then(Value::as_u64);
        let rounded = || shown.details.parameter_size.as_deref().and_then(parameter_count);
        ModelDetails {
            parameters: info("general.parameter_count")
                .and_then(Value::as_u64)
                .filter(|count| *count > 0)
                .or_else(rounded),
            context_tokens: context.and_then(|tokens| u32::try_from(tokens).ok()),
            capabilities: shown.capabilities,
            quantization: shown.details.quantization(),
            family: shown.details.family(),
            settings: shown.parameters.filter(|text| !text.is_empty()),
        }
    }
}
