//! The models that a server has in memory.

use crate::error::TransportError;
use crate::ollama::Ollama;
use jiff::Timestamp;
use serde::Deserialize;
use std::time::{Duration, SystemTime};

/// A model in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadedModel {
    /// Its name with its tag, as the server spells it.
    pub name: String,
    /// SHA-256 of its manifest, in hexadecimal; empty where the server does not give it.
    pub digest: String,
    /// Memory that it takes in bytes. Some versions say 0 because they do not know it.
    pub bytes: u64,
    /// How much of that is a graphics card's. Less than all means that the processor does a part of the work, at the
    /// processor's speed.
    pub vram_bytes: u64,
    /// When it leaves memory if nobody asks it anything, as RFC 3339.
    pub expires_at: Option<String>,
    /// The context window that it was loaded with, in tokens.
    pub context_tokens: Option<u32>,
}

impl LoadedModel {
    /// How long it stays in memory if nobody asks it anything, by the server's clock; zero if that time is over, and none
    /// if the server does not say.
    pub fn stays(&self, now: SystemTime) -> Option<Duration> {
        let until: Timestamp = self.expires_at.as_deref()?.parse().ok()?;
        let until = SystemTime::try_from(until).ok()?;
        Some(until.duration_since(now).unwrap_or_default())
    }
}

#[derive(Deserialize)]
struct List {
    models: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    name: String,
    #[serde(default)]
    digest: String,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    size_vram: u64,
    expires_at: Option<String>,
    context_length: Option<u32>,
}

impl From<Listed> for LoadedModel {
    fn from(listed: Listed) -> Self {
        LoadedModel {
            name: listed.name,
            digest: listed.digest,
            bytes: listed.size,
            vram_bytes: listed.size_vram,
            expires_at: listed.expires_at.filter(|text| !text.is_empty()),
            context_tokens: listed.context_length.filter(|tokens| *tokens > 0),
        }
    }
}

impl Ollama {
    /// The models in memory.
    ///
    /// They are no sign that the server is well: the list comes while a runner hangs. [`Model::canary`](koderz_core::ports::Model::canary) is one.
    ///
    /// # Errors
    /// If it does not answer within five seconds, or not like Ollama.
    pub async fn loaded_models(&self) -> Result<Vec<LoadedModel>, TransportError> {
        let list: List = self.about("/api/ps").await?;
        Ok(list.models.into_iter().map(LoadedModel::from).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_stays_for_as_long_as_it_is_said_to() {
        let stays = |text: &str| {
            let listed = Listed {
                name: "m".to_owned(),
                digest: String::new(),
                size: 0,
                size_vram: 0,
                expires_at: Some(text.to_owned()),
                context_length: None,
            };
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(60);
            LoadedModel::from(listed).stays(now).map(|left| left.as_secs())
        };
        assert_eq!(stays("1970-01-01T00:06:00.5Z"), Some(300));
        assert_eq!(stays("1970-01-01T01:06:00+01:00"), Some(300));
        assert_eq!(stays("1970-01-01T00:00:59Z"), Some(0));
        for unknown in ["", "soon"] {
            assert_eq!(stays(unknown), None);
        }
    }
}
