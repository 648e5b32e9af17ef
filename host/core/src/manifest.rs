//! What a run was made of: enough to know later what was measured, and to go on with it.

use crate::plan::{Concurrency, Defaults, Selection};
use crate::scheduler::SUBJECT;
use koderz_api::identity::PluginInfo;
use koderz_api::suite::MetricInfo;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

/// A plugin as it was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginUse {
    /// Who it is.
    #[serde(flatten)]
    pub identity: PluginInfo,
    /// SHA-256 of its file, in hexadecimal.
    pub digest: String,
    /// Where it was found.
    pub file: String,
    /// The settings that it was opened with.
    pub settings: Map<String, Value>,
    /// The data that it was granted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<GrantUse>,
    /// Whether it was machine code, which nothing confined.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub native: bool,
}

impl PluginUse {
    /// Its name and version, and that nothing confined it where that is so.
    pub fn in_words(&self) -> String {
        let confined = if self.native { " (native: unsandboxed)" } else { "" };
        format!("{} {}{confined}", self.identity.name, self.identity.version)
    }

    /// The same with the first digits of its digest.
    pub fn in_words_with_digest(&self) -> String {
        format!("{} ({:.12})", self.in_words(), self.digest)
    }
}

/// Data that a plugin was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantUse {
    /// What the plugin knows it by.
    pub name: String,
    /// Where it was found.
    pub file: String,
    /// SHA-256 of it, in hexadecimal.
    pub digest: String,
}

/// The server that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerUse {
    /// Its address, without credentials; `embedded` for the one inside.
    pub host: String,
    /// What it says of its version.
    pub version: Option<String>,
}

/// A model as its server describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelUse {
    /// Number of its parameters, in the server's words, such as `268.10M`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter_size: Option<String>,
    /// How its weights are quantized, such as `Q4_K_M`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantization: Option<String>,
    /// What it is built like, such as `gemma3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
}

/// A machine, as far as it says what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The operating system, such as `linux`.
    pub system: String,
    /// Such as `x86_64`.
    pub architecture: String,
    /// What its processor is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processor: Option<String>,
    /// How many of them this process may use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processors: Option<u32>,
    /// Its memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
}

/// Where answers come from that were there before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AnswersUse {
    /// A file of samples.
    File {
        /// Where it was found.
        file: String,
        /// SHA-256 of it, in hexadecimal.
        digest: String,
    },
    /// Another run in the same record.
    Run {
        /// Its id.
        run: String,
    },
}

/// What a run was made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The run's id.
    pub run: String,
    /// When it was begun, in RFC 3339 form, UTC.
    pub began: String,
    /// Version of the host.
    pub koderz: String,
    /// The benchmark.
    pub suite: PluginUse,
    /// The retry policy.
    pub retry: PluginUse,
    /// What ran programs.
    pub evaluators: Vec<PluginUse>,
    /// The server, or the first of several.
    pub server: ServerUse,
    /// The other servers that questions went to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_servers: Vec<ServerUse>,
    /// Where the answers come from, where no server is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<AnswersUse>,
    /// Which model answered for which slot of the suite.
    pub models: BTreeMap<String, String>,
    /// What the suite measures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<MetricInfo>,
    /// Digests of the models, where the server gives them.
    pub model_digests: BTreeMap<String, String>,
    /// What else the server says of the models.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub model_details: BTreeMap<String, ModelUse>,
    /// What the host ran on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<Machine>,
    /// Which tasks.
    pub selection: Selection,
    /// How many samples of each.
    pub samples: NonZeroU32,
    /// What every other seed follows from.
    pub seed: u64,
    /// Questions under way at once.
    pub concurrency: Concurrency,
    /// What the suite left open.
    pub defaults: Defaults,
    /// The context window in tokens.
    pub context_tokens: Option<u32>,
    /// What the user had added to every request.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub request: Map<String, Value>,
    /// The longest silence of the server that is waited for.
    #[serde(with = "koderz_api::nanos")]
    pub timeout: Duration,
    /// How long a question may take with all its attempts.
    #[serde(with = "koderz_api::nanos::option", default)]
    pub deadline: Option<Duration>,
    /// Retries after which the host gives up whatever the policy says.
    pub max_retries: Option<u32>,
    /// Processor time of programs, by task, where it follows from what the right answer costs. Elsewhere the suite or the
    /// user says it.
    #[serde(default, with = "limits", skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<String, Duration>,
    /// The command line, without secrets.
    pub command_line: Vec<String>,
}

impl Manifest {
    /// The model under test, where there is one.
    pub fn subject(&self) -> Option<&str> {
        self.models.get(SUBJECT).map(String::as_str)
    }
}

/// Lengths of time in whole nanoseconds, as everywhere in the record.
mod limits {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::collections::BTreeMap;
    use std::time::Duration;

    #[derive(Serialize, Deserialize)]
    struct Limit(#[serde(with = "koderz_api::nanos")] Duration);

    pub(super) fn serialize<S: Serializer>(
        limits: &BTreeMap<String, Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(limits.iter().map(|(task, limit)| (task, Limit(*limit))))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<String, Duration>, D::Error> {
        let limits = BTreeMap::<String, Limit>::deserialize(deserializer)?;
        Ok(limits.into_iter().map(|(task, Limit(limit))| (task, limit)).collect())
    }
}
