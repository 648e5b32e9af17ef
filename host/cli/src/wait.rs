//! `koderz wait`: until a model gives a token, or the time is up.
//!
//! A list of models or a version proves no capacity, since both come from a server that answers no question, so nothing
//! less than a token counts.

use crate::Outcome;
use crate::arguments::Wait;
use crate::benchmark::Desk;
use crate::connection::Connection;
use crate::figure::{harmless, seconds, span};
use crate::meanwhile::meanwhile;
use crate::sign::{self, Sign};
use crate::{print, signals};
use anyhow::Result;
use koderz_transport::{Ollama, TransportError};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// Between two looks, at first and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Less time than this is not worth another look.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);

/// Waits for a model, and says how that ended.
pub(crate) async fn wait(arguments: Wait, desk: &Desk) -> Result<Outcome> {
    let connection = Connection::to_one(&arguments.one, 1, desk).await?;
    let waiting = until_ready(&connection, arguments.model.as_deref(), arguments.timeout);
    let ended = tokio::select! {
        ended = waiting => ended?,
        heard = signals::first() => {
            heard?;
            return Ok(Outcome::Interrupted);
        }
    };
    match ended {
        Ended::Ready(model, took) => {
            print(&format!(
                "ready: {} gave a token after {}\n",
                harmless(&model),
                span(took)
            ))?;
            Ok(Outcome::Done)
        }
        Ended::Recorded(model) => {
            print(&format!("ready: {}\n", Sign::Recorded.told(&harmless(&model)).0))?;
            Ok(Outcome::Done)
        }
        Ended::Reachable(version) => {
            print(&format!(
                "reachable: Ollama {} at {}; no model is in memory, so nothing more can be shown\n",
                harmless(&version),
                connection.shown
            ))?;
            eprintln!("hint: --model MODEL loads one and waits for a token of it");
            Ok(Outcome::Done)
        }
        Ended::NotReady(model, sign) => {
            let (what, hint) = sign.told(&harmless(&model.unwrap_or_default()));
            match sign {
                // Waiting any longer would not have helped.
                Sign::Refused(_) => eprintln!("not ready: {what}"),
                _ => eprintln!("not ready within {}: {what}", seconds(arguments.timeout)),
            }
            if let Some(hint) = hint {
                eprintln!("hint: {hint}");
            }
            Ok(Outcome::Incomplete)
        }
    }
}

/// How waiting ended.
enum Ended {
    /// A model answers.
    Ready(String, Duration),
    /// The model plays what was recorded, and nothing has to be waited for.
    Recorded(String),
    /// The server answers, and there is no model in memory to be asked.
    Reachable(String),
    /// What was seen last, and of which model.
    NotReady(Option<String>, Sign),
}

async fn until_ready(connection: &Connection, model: Option<&str>, patience: Duration) -> Result<Ended> {
    let deadline = Instant::now() + patience;
    let ollama = &connection.ollama;
    let mut look = 0;
    loop {
        let subject = timeout_at(deadline, subject(ollama, model)).await.unwrap_or_else(|_| {
            Err(TransportError::Unreachable {
                address: ollama.address().to_string(),
                what: "no answer in time".to_owned(),
            })
        });
        let (name, sign) = match subject {
            Ok(Subject::Nobody { version }) => return Ok(Ended::Reachable(version)),
            Ok(Subject::Model { name, context_tokens }) => {
                let sign = token(ollama, &name, context_tokens, deadline).await;
                (Some(name), sign)
            }
            Err(missing @ TransportError::ModelMissing { .. }) => return Err(connection.explain(missing).into()),
            Err(error) => (None, Sign::Unreachable(error)),
        };
        let left = deadline.saturating_duration_since(Instant::now());
        match (name, sign) {
            (Some(name), Sign::Token(took)) => return Ok(Ended::Ready(name, took)),
            (Some(name), Sign::Recorded) => return Ok(Ended::Recorded(name)),
            (name, sign @ Sign::Refused(_)) => return Ok(Ended::NotReady(name, sign)),
            (name, sign) if left < SHORTEST_PAUSE => return Ok(Ended::NotReady(name, sign)),
            // Half of what is left at most, so that the last look comes near the end.
            _ => sleep(pause(look).min(left / 2)).await,
        }
        look += 1;
    }
}

/// Whom to ask.
enum Subject {
    Model { name: String, context_tokens: Option<u32> },
    Nobody { version: String },
}

/// The model that is meant, or else the first of those in memory.
async fn subject(ollama: &Ollama, model: Option<&str>) -> Result<Subject, TransportError> {
    if let Some(model) = model {
        ollama.show(model).await?;
    }
    let loaded = ollama.loaded_models().await?;
    let found = match model {
        Some(model) => sign::find(&loaded, model),
        None => loaded.first(),
    };
    let named = |name: &str| Subject::Model {
        name: name.to_owned(),
        context_tokens: found.and_then(|found| found.context_tokens),
    };
    match (model, found) {
        (Some(model), _) => Ok(named(model)),
        (None, Some(found)) => Ok(named(&found.name)),
        (None, None) => Ok(Subject::Nobody {
            version: ollama.version().await?,
        }),
    }
}

/// Asks for a token for as long as there is time, which a load may need, and says so where it takes a while.
async fn token(ollama: &Ollama, model: &str, context_tokens: Option<u32>, deadline: Instant) -> Sign {
    let patience = deadline.saturating_duration_since(Instant::now());
    let asking = sign::ask(ollama, model, context_tokens, patience);
    meanwhile(asking, async |elapsed: Duration| {
        let (model, elapsed) = (harmless(model), seconds(Duration::from_secs(elapsed.as_secs())));
        match sign::in_memory(ollama, &model).await {
            Some(true) => eprintln!("{model} is in memory and has given no token for {elapsed}"),
            Some(false) => eprintln!("loading {model}: {elapsed} so far"),
            None => eprintln!("no token of {model} for {elapsed}"),
        }
    })
    .await
}

/// How long to wait after a look, counted from 0: half a second, doubled each time, up to 5 s.
fn pause(look: u32) -> Duration {
    FIRST_PAUSE
        .saturating_mul(2_u32.saturating_pow(look))
        .min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_seconds() {
        let pauses: Vec<u128> = (0..6).map(|look| pause(look).as_millis()).collect();
        assert_eq!(pauses, [500, 1000, 2000, 4000, 5000, 5000]);
        assert_eq!(pause(u32::MAX), LONGEST_PAUSE);
    }
}
