//! The servers that a run asks: they answer, and all have the same models.

use crate::connection::Connection;
use crate::figure::harmless;
use crate::places::Places;
use anyhow::{Context, Result, bail};
use koderz_core::manifest::{ModelUse, ServerUse};
use koderz_core::ports::Host;
use koderz_transport::{Header, parameter_count, suggested_silence};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How long a server may be silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// As long as suits the size of its models.
    BySize,
    For(Duration),
}

/// How servers are reached.
pub(crate) struct Way<'a> {
    pub(crate) headers: &'a [Header],
    pub(crate) patience: Patience,
    /// How many questions the embedded server answers at once.
    pub(crate) width: u32,
    /// Whether servers may have different models by one name.
    pub(crate) allow_different: bool,
    pub(crate) places: &'a Places,
    /// What every request gets added.
    pub(crate) request: &'a Map<String, Value>,
    /// What the servers and their models have to be able to do.
    pub(crate) needs: Option<Need>,
}

/// What a flag asks of a server and of its models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) flag: &'static str,
    /// What a model has to be able to do, such as `thinking`.
    pub(crate) capability: &'static str,
    /// The first version of Ollama that knows the field.
    pub(crate) since: [u32; 3],
}

impl Need {
    /// Sees that a server is new enough. One whose version cannot be read, or is that of a build of one's own, is believed.
    fn met_by(self, server: &str, version: &str) -> Result<()> {
        match numbers(version) {
            Some([0, 0, 0]) | None => Ok(()),
            Some(is) if is >= self.since => Ok(()),
            Some(_) => {
                let [major, minor, patch] = self.since;
                bail!(
                    "{}: {server} is Ollama {version}, which does not know it; {major}.{minor}.{patch} and later do",
                    self.flag
                )
            }
        }
    }
}

/// The numbers of a version such as `0.32.15+koderz`.
fn numbers(version: &str) -> Option<[u32; 3]> {
    let version = version.trim_start_matches('v');
    let plain = version.split(['-', '+']).next()?;
    let numbers: Vec<u32> = plain.split('.').map_while(|number| number.parse().ok()).collect();
    numbers.try_into().ok()
}

/// A server, and what it says of itself.
type Answering = (Connection, ServerUse);

/// Servers that answer.
pub(crate) struct Reached {
    first: Answering,
    others: Vec<Answering>,
    /// How long their silence is borne.
    pub(crate) silence: Duration,
    /// Digests of the models, where the first server that gives one gives it.
    pub(crate) digests: BTreeMap<String, String>,
    /// What else the first server that has a model says of it.
    pub(crate) details: BTreeMap<String, ModelUse>,
    /// In what the servers differ, in words.
    pub(crate) differences: Vec<String>,
}

impl Reached {
    /// The servers as a run asks them, for as long as this is kept.
    pub(crate) fn hosts(&self) -> Vec<Host> {
        let host = |(connection, usage): &Answering| Host {
            name: usage.host.clone(),
            model: Arc::new(connection.ollama.clone()),
        };
        std::iter::once(&self.first).chain(&self.others).map(host).collect()
    }

    /// How the first and the others are named in a run's manifest.
    pub(crate) fn usages(&self) -> (ServerUse, Vec<ServerUse>) {
        let usage = |(_, usage): &Answering| usage.clone();
        (usage(&self.first), self.others.iter().map(usage).collect())
    }
}

/// Finds the servers that are named, and sees that they answer and have these models.
pub(crate) async fn reach(hosts: &[String], models: &BTreeMap<String, String>, way: &Way<'_>) -> Result<Reached> {
    let (mut connections, mut seen, mut largest) = (Vec::new(), Vec::new(), None);
    let mut details = BTreeMap::new();
    for host in hosts {
        let connection = Connection::to(host, way.headers, way.width, way.places).await?;
        if connections
            .iter()
            .any(|(other, _): &(Connection, _)| other.shown == connection.shown)
        {
            bail!("--host names {} twice", connection.shown);
        }
        let version = connection.ollama.version().await?;
        if let Some(need) = way.needs {
            need.met_by(&connection.shown, &version)?;
        }
        for model in models.values() {
            let info = connection.ollama.model(model).await;
            let info = info.map_err(|error| connection.explain(error))?;
            largest = largest.max(info.parameter_size.as_deref().and_then(parameter_count));
            able(&connection, model, way.needs).await?;
            details.entry(model.clone()).or_insert(ModelUse {
                parameter_size: info.parameter_size,
                quantization: info.quantization,
                family: info.family,
            });
            seen.push(Seen {
                host: connection.shown.clone(),
                model: model.clone(),
                digest: info.digest,
            });
        }
        connections.push((connection, version));
    }
    let differences = differences(&seen);
    if let Some(first) = differences.first()
        && !way.allow_different
    {
        bail!(
            "{first}\nhint: `ollama pull` brings both to the same one; --allow-different-models takes them as they are"
        );
    }
    let silence = match way.patience {
        Patience::For(silence) => silence,
        Patience::BySize => suggested_silence(largest),
    };
    let mut servers: Vec<Answering> = Vec::new();
    for (connection, version) in connections {
        let usage = ServerUse {
            host: connection.shown.clone(),
            version: Some(version),
        };
        servers.push((connection.patient(silence, way.request)?, usage));
    }
    let mut servers = servers.into_iter();
    let first = servers.next().context("no server is named")?;
    let mut digests = BTreeMap::new();
    for seen in seen.into_iter().filter(|seen| !seen.digest.is_empty()) {
        digests.entry(seen.model).or_insert(seen.digest);
    }
    Ok(Reached {
        first,
        others: servers.collect(),
        silence,
        digests,
        details,
        differences,
    })
}

/// What a model can do that answers questions.
const COMPLETION: &str = "completion";

/// Sees that a model answers questions, and can do what a flag asks of it. A server that does not say what its models can do
/// is believed.
async fn able(connection: &Connection, model: &str, needs: Option<Need>) -> Result<()> {
    let details = connection.ollama.show(model).await;
    let can = details.map(|details| details.capabilities).unwrap_or_default();
    match lacks(model, &can, needs) {
        Some(words) => bail!(words),
        None => Ok(()),
    }
}

/// What a model cannot do that it has to, in words.
fn lacks(model: &str, can: &[String], needs: Option<Need>) -> Option<String> {
    let cannot = |wanted: &str| !can.is_empty() && !can.iter().any(|can| can == wanted);
    let has = harmless(&can.join(", "));
    if cannot(COMPLETION) {
        return Some(format!(
            "{model} answers no questions; it has {has}\nhint: choose a model that does"
        ));
    }
    let Need { flag, capability, .. } = needs.filter(|need| cannot(need.capability))?;
    Some(format!("{flag}: {model} has no {capability}; it has {has}"))
}

/// A model as a server has it.
struct Seen {
    host: String,
    model: String,
    /// Empty where the server gives none.
    digest: String,
}

impl Seen {
    fn words(&self) -> String {
        match self.digest.as_str() {
            "" => format!("{} gives no digest", self.host),
            digest => format!("{} has {digest:.12}", self.host),
        }
    }
}

/// Where a server has another model by a name than the first one has. A name and a tag say nothing: `latest` is moved.
fn differences(seen: &[Seen]) -> Vec<String> {
    let differs = |seen_at: usize| {
        let other = &seen[seen_at];
        let first = seen.iter().find(|first| first.model == other.model)?;
        let same = first.host == other.host || (first.digest == other.digest && !first.digest.is_empty());
        (!same).then(|| {
            format!(
                "the servers may have different models by the name {}: {}, {}",
                other.model,
                first.words(),
                other.words()
            )
        })
    };
    (0..seen.len()).filter_map(differs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(host: &str, model: &str, digest: &str) -> Seen {
        Seen {
            host: host.to_owned(),
            model: model.to_owned(),
            digest: digest.to_owned(),
        }
    }

    #[test]
    fn a_model_that_only_embeds_is_not_asked_and_one_of_which_nothing_is_said_is() {
        let can = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let think = Need {
            flag: "--think",
            capability: "thinking",
            since: [0, 9, 0],
        };
        assert_eq!(lacks("m", &[], Some(think)), None);
        assert_eq!(lacks("m", &can(&["completion", "thinking"]), Some(think)), None);
        assert_eq!(
            lacks("m", &can(&["completion"]), Some(think)),
            Some("--think: m has no thinking; it has completion".to_owned())
        );
        let told = lacks("m", &can(&["embedding"]), None).expect("it is refused");
        assert!(told.starts_with("m answers no questions; it has embedding"), "{told}");
    }

    #[test]
    fn servers_differ_where_one_has_another_model_by_a_name_or_does_not_say() {
        assert!(
            differences(&[seen("a", "m", ""), seen("a", "n", "1")]).is_empty(),
            "one server"
        );
        assert!(differences(&[seen("a", "m", "1"), seen("b", "m", "1")]).is_empty());
        assert_eq!(
            differences(&[
                seen("a", "m", "123456789abcdef"),
                seen("a", "n", "2"),
                seen("b", "m", "3"),
                seen("b", "n", "")
            ]),
            [
                "the servers may have different models by the name m: a has 123456789abc, b has 3",
                "the servers may have different models by the name n: a has 2, b gives no digest"
            ]
        );
    }
}
