//! `koderz status`: what a server has in memory, once or again and again.

use crate::Outcome;
use crate::arguments::Status;
use crate::benchmark::Desk;
use crate::columns::columns;
use crate::connection::Connection;
use crate::figure::{harmless, memory, seconds, span, stay};
use crate::resident::Resident;
use crate::sign::{self, Sign};
use crate::{print, signals};
use anyhow::Result;
use koderz_transport::TransportError;
use serde_json::{Value, json};
use std::io::{IsTerminal, stdout};
use std::time::{Duration, SystemTime};
use tokio::time::sleep;

/// Takes a terminal to its upper left corner and clears it.
const CLEAR: &str = "\x1b[H\x1b[2J";

/// Shows a server until that was enough.
pub(crate) async fn status(arguments: Status, desk: &Desk) -> Result<Outcome> {
    let connection = Connection::to_one(&arguments.one, 1, desk).await?;
    tokio::select! {
        ended = show(&arguments, &connection) => ended,
        heard = signals::first() => {
            heard?;
            // It is how one ends watching.
            Ok(if arguments.watch.is_some() { Outcome::Done } else { Outcome::Interrupted })
        }
    }
}

async fn show(arguments: &Status, connection: &Connection) -> Result<Outcome> {
    let told = |picture: &Result<Picture, TransportError>| match (picture, arguments.json) {
        (Ok(picture), true) => format!("{}\n", picture.json()),
        (Ok(picture), false) => picture.text(),
        (Err(error), true) => format!(
            "{}\n",
            json!({ "server": connection.shown, "error": error.to_string() })
        ),
        (Err(error), false) => format!("{error}\n"),
    };
    let first = Picture::of(connection, arguments.probe).await?;
    let Some(pause) = arguments.watch else {
        print(&told(&Ok(first)))?;
        return Ok(Outcome::Done);
    };
    let clear = if stdout().is_terminal() && !arguments.json {
        CLEAR
    } else {
        ""
    };
    print(&format!("{clear}{}", told(&Ok(first))))?;
    loop {
        sleep(pause).await;
        // A server that goes away while it is watched is what one watches it for.
        let picture = Picture::of(connection, arguments.probe).await;
        print(&format!("{clear}{}", told(&picture)))?;
    }
}

/// A server at one moment.
struct Picture {
    server: String,
    version: String,
    models: Vec<(Resident, Option<Sign>)>,
    /// How long a token was waited for.
    patience: Duration,
}

impl Picture {
    async fn of(connection: &Connection, probe: Option<Duration>) -> Result<Self, TransportError> {
        let ollama = &connection.ollama;
        let version = harmless(&ollama.version().await?);
        let now = SystemTime::now();
        let loaded = ollama.loaded_models().await?;
        let residents = loaded.iter().map(|loaded| Resident::of(loaded, now));
        let mut models: Vec<(Resident, Option<Sign>)> = residents.map(|resident| (resident, None)).collect();
        if let Some(patience) = probe {
            for (loaded, model) in loaded.iter().zip(&mut models) {
                model.1 = Some(sign::ask(ollama, &loaded.name, loaded.context_tokens, patience).await);
            }
        }
        Ok(Picture {
            server: connection.shown.clone(),
            version,
            models,
            patience: probe.unwrap_or_default(),
        })
    }

    fn text(&self) -> String {
        let mut text = format!("{}  Ollama {}\n", self.server, self.version);
        if self.models.is_empty() {
            text.push_str("no model is in memory\n");
            return text;
        }
        let probed = self.models.iter().any(|(_, sign)| sign.is_some());
        let mut heading = vec!["model", "size", "graphics", "context", "stays"];
        heading.extend(probed.then_some("a token takes"));
        let unknown = || "unknown".to_owned();
        let mut rows = vec![heading.into_iter().map(str::to_owned).collect::<Vec<_>>()];
        rows.extend(self.models.iter().map(|(resident, sign)| {
            let share = resident.place.share();
            let mut row = vec![
                resident.name.clone(),
                resident.bytes.map_or_else(unknown, memory),
                share.map_or_else(unknown, |share| format!("{:.0} %", share * 100.0)),
                resident
                    .context_tokens
                    .map_or_else(unknown, |tokens| tokens.to_string()),
                resident.stays.map_or_else(unknown, stay),
            ];
            row.extend(sign.as_ref().map(|sign| self.probed(sign, &resident.name)));
            row
        }));
        text.push_str(&columns(&rows));
        text
    }

    /// What a probe came to, queue included.
    fn probed(&self, sign: &Sign, model: &str) -> String {
        match sign {
            Sign::Token(took) => span(*took),
            Sign::Recorded => "recorded answers".to_owned(),
            Sign::Silent | Sign::Loading | Sign::Unknown => format!("more than {}", seconds(self.patience)),
            other => other.told(model).0,
        }
    }

    /// An object of `server`, `version` and `models`, each with `name`, `bytes`, `graphics_share`, `context_tokens`,
    /// `stays_seconds` and `probe`; what is not known is null.
    fn json(&self) -> Value {
        let models = self.models.iter().map(|(resident, sign)| {
            let probe = sign.as_ref().map(|sign| match sign {
                Sign::Token(took) => json!({ "token_seconds": took.as_secs_f64() }),
                Sign::Recorded => json!({ "recorded": true }),
                other => json!({ "error": other.told(&resident.name).0 }),
            });
            json!({
                "name": resident.name,
                "bytes": resident.bytes,
                "graphics_share": resident.place.share(),
                "context_tokens": resident.context_tokens,
                "stays_seconds": resident.stays.map(|stays| stays.as_secs()),
                "probe": probe,
            })
        });
        json!({ "server": self.server, "version": self.version, "models": models.collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resident::Place;

    fn picture() -> Picture {
        let resident = |name: &str, bytes, place, stays| Resident {
            name: name.to_owned(),
            bytes,
            place,
            context_tokens: Some(4096),
            stays: Some(Duration::from_secs(stays)),
        };
        Picture {
            server: "http://127.0.0.1:11434".to_owned(),
            version: "0.33.1".to_owned(),
            patience: Duration::from_secs(30),
            models: vec![
                (
                    resident("qwen3:32b", Some(21_300_000_000), Place::Split(0.62), 252),
                    Some(Sign::Token(Duration::from_millis(840))),
                ),
                (
                    resident("gemma3:270m", None, Place::Unknown, u64::MAX),
                    Some(Sign::Silent),
                ),
            ],
        }
    }

    #[test]
    fn models_in_memory_are_shown_as_a_table() {
        let expected = "\
http://127.0.0.1:11434  Ollama 0.33.1
model        size     graphics  context  stays       a token takes
qwen3:32b    21.3 GB  62 %      4096     4 min 12 s  0.8 s
gemma3:270m  unknown  unknown   4096     for ever    more than 30 s
";
        assert_eq!(picture().text(), expected);
    }

    #[test]
    fn an_object_says_null_where_the_server_does_not_say() {
        let object = picture().json();
        assert_eq!(object["models"][0]["graphics_share"], 0.62);
        assert_eq!(object["models"][0]["probe"]["token_seconds"], 0.84);
        assert_eq!(object["models"][1]["bytes"], Value::Null);
        assert_eq!(
            object["models"][1]["probe"]["error"],
            "gemma3:270m is in memory and gave no token"
        );
    }
}
