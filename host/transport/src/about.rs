//! Questions about the server itself, such as its version and its models. They have nothing to wait for and are bounded as a
//! whole.

use crate::error::TransportError;
use crate::failure::{innermost, seconds, words};
use crate::name::same;
use crate::ollama::Ollama;
use futures_util::StreamExt;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::time::timeout;

/// How long such a question may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest answer that is read. A list of a thousand models takes half a megabyte.
const ANSWER: usize = 16 << 20;

/// A model that a server has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModelInfo {
    /// Its name with its tag, as the server spells it.
    pub name: String,
    /// SHA-256 of its manifest, in hexadecimal; empty where the server does not give it.
    pub digest: String,
    /// Size of its files in bytes.
    pub bytes: u64,
    /// Number of its parameters, in the server's words, such as `268.10M`.
    pub parameter_size: Option<String>,
    /// How its weights are quantized, such as `Q4_K_M`.
    pub quantization: Option<String>,
    /// What it is built like, such as `gemma3`.
    pub family: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    name: String,
    #[serde(default)]
    digest: String,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    details: Details,
}

/// What the list and the sight of a model share. Ollama leaves what it does not know empty rather than out.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Details {
    pub(crate) parameter_size: Option<String>,
    quantization_level: Option<String>,
    family: Option<String>,
}

impl Details {
    pub(crate) fn quantization(&self) -> Option<String> {
        known(&self.quantization_level)
    }

    pub(crate) fn family(&self) -> Option<String> {
        known(&self.family)
    }
}

fn known(text: &Option<String>) -> Option<String> {
    text.clone().filter(|text| !text.is_empty())
}

#[derive(Deserialize)]
struct List {
    models: Vec<Listed>,
}

impl Ollama {
    /// What the server says of its version.
    ///
    /// # Errors
    /// If it does not answer within five seconds, or not like Ollama.
    pub async fn version(&self) -> Result<String, TransportError> {
        #[derive(Deserialize)]
        struct Version {
            version: String,
        }
        self.about::<Version>("/api/version").await.map(|answer| answer.version)
    }

    /// The models that the server has.
    ///
    /// # Errors
    /// If it does not answer within five seconds, or not like Ollama.
    pub async fn models(&self) -> Result<Vec<ModelInfo>, TransportError> {
        let list: List = self.about("/api/tags").await?;
        Ok(list.models.into_iter().map(ModelInfo::from).collect())
    }

    /// The model that is meant by a name: `x` means `x:latest`.
    ///
    /// # Errors
    /// If the server does not have it, does not answer within five seconds, or not like Ollama.
    pub async fn model(&self, name: &str) -> Result<ModelInfo, TransportError> {
        let mut models = self.models().await?;
        match models.iter().position(|model| same(&model.name, name)) {
            Some(index) => Ok(models.swap_remove(index)),
            // A server may know models that it lists only once somebody has asked for them.
            None => match self.show(name).await {
                Ok(_) => self.listed(name).await?.ok_or_else(|| self.missing(name, models)),
                Err(error @ TransportError::Unreachable { .. }) => Err(error),
                Err(_) => Err(self.missing(name, models)),
            },
        }
    }

    async fn listed(&self, name: &str) -> Result<Option<ModelInfo>, TransportError> {
        let models = self.models().await?;
        Ok(models.into_iter().find(|model| same(&model.name, name)))
    }

    /// The error for a model that is not among these.
    pub(crate) fn missing(&self, model: &str, known: Vec<ModelInfo>) -> TransportError {
        TransportError::ModelMissing {
            model: model.to_owned(),
            address: self.address.to_string(),
            known: known.into_iter().map(|model| model.name).collect(),
        }
    }

    pub(crate) async fn about<T: DeserializeOwned>(&self, endpoint: &str) -> Result<T, TransportError> {
        let request = self.client.get(self.address.url(endpoint));
        self.fetch(request, &format!("GET {endpoint}")).await?.read()
    }

    /// Sends a question about the server, and reads what it answers, whatever the status. `name` is what errors call it.
    pub(crate) async fn fetch(&self, request: RequestBuilder, name: &str) -> Result<Answer, TransportError> {
        let address = || self.address.to_string();
        let unreachable = |what: String| TransportError::Unreachable {
            address: address(),
            what,
        };
        let ask = async {
            let response = request.send().await.map_err(|error| unreachable(words(&error)))?;
            let mut answer = Answer {
                address: address(),
                name: name.to_owned(),
                status: response.status(),
                bytes: Vec::new(),
            };
            match bounded(response).await {
                Ok(bytes) => answer.bytes = bytes,
                Err(what) => return Err(answer.strange(&what)),
            }
            Ok(answer)
        };
        timeout(PATIENCE, ask)
            .await
            .unwrap_or_else(|_| Err(unreachable(format!("no answer within {}", seconds(PATIENCE)))))
    }
}

/// What a server answers about itself.
pub(crate) struct Answer {
    address: String,
    name: String,
    pub(crate) status: StatusCode,
    bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn read<T: DeserializeOwned>(self) -> Result<T, TransportError> {
        if !self.status.is_success() {
            return Err(self.strange(&format!("status {}", self.status)));
        }
        serde_json::from_slice(&self.bytes).map_err(|error| self.strange(&error.to_string()))
    }

    fn strange(&self, what: &str) -> TransportError {
        TransportError::Strange {
            address: self.address.clone(),
            what: format!("{}: {what}", self.name),
        }
    }
}

async fn bounded(response: Response) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(piece) = stream.next().await {
        bytes.extend_from_slice(&piece.map_err(|error| innermost(&error))?);
        if bytes.len() > ANSWER {
            return Err(format!("longer than {} MiB", ANSWER >> 20));
        }
    }
    Ok(bytes)
}

impl From<Listed> for ModelInfo {
    fn from(listed: Listed) -> Self {
        ModelInfo {
            name: listed.name,
            digest: listed.digest,
            bytes: listed.size,
            parameter_size: known(&listed.details.parameter_size),
            quantization: listed.details.quantization(),
            family: listed.details.family(),
        }
    }
}
