//! The look at a server: facts are gathered, one question after the other, and told.

use super::finding::{Facts, Load, Mark, Measured, Subject, findings};
use super::slots::{Answer, slots};
use super::{advice, told};
use crate::Outcome;
use crate::arguments::Doctor;
use crate::benchmark::Desk;
use crate::connection::Connection;
use crate::figure::{harmless, seconds};
use crate::meanwhile::meanwhile;
use crate::resident::Resident;
use crate::sign::{self, Sign};
use crate::{print, signals};
use anyhow::Result;
use koderz_api::chat::{Capture, Format, Prompt, Request, Residency, Sampling};
use koderz_core::ports::{AttemptError, Model, Question};
use koderz_core::words;
use koderz_simulator::is_embedded;
use koderz_transport::{LoadedModel, ModelDetails, Ollama, TransportError};
use std::time::{Duration, SystemTime};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Questions that are asked together to find how many are answered at once.
const TOGETHER: u32 = 8;

/// Slots of the embedded server, as many as a run has by default.
const EMBEDDED_SLOTS: u32 = 4;

/// Tokens of an answer: enough to be longer than the time between the first and the last of the questions.
const TOKENS: u32 = 24;

/// What any model can go on with for as many tokens.
const COUNTING: &str = "Count from one to one hundred: one, two, three,";

/// Looks at a server and says what was found.
pub(crate) async fn doctor(arguments: Doctor, desk: &Desk) -> Result<Outcome> {
    let usual = Duration::from_secs(desk.configuration.timeout);
    let patience = arguments.timeout.unwrap_or(usual);
    let connection = Connection::to_one(&arguments.one, EMBEDDED_SLOTS, desk).await?;
    let connection = connection.patient(patience, &Default::default())?;
    let examined = tokio::select! {
        examined = examine(&connection, arguments.model.as_deref(), patience) => examined,
        heard = signals::first() => {
            heard?;
            return Ok(Outcome::Interrupted);
        }
    };
    let facts = examined.map_err(|error| connection.explain(error))?;
    let findings = findings(&facts);
    // The embedded server has no settings of this kind.
    let advice = (!is_embedded(&facts.version)).then(|| advice::settings(&facts));
    if arguments.json {
        print(&format!("{}\n", told::object(&facts, &findings, advice.as_deref())))?;
    } else {
        print(&told::text(&findings, advice.as_deref()))?;
    }
    let problem = findings.iter().any(|finding| finding.mark == Mark::Problem);
    Ok(if problem { Outcome::Incomplete } else { Outcome::Done })
}

async fn examine(connection: &Connection, model: Option<&str>, patience: Duration) -> Result<Facts, TransportError> {
    let ollama = &connection.ollama;
    let version = harmless(&ollama.version().await?);
    let details = match model {
        Some(model) => Some((model, ollama.show(model).await?)),
        None => None,
    };
    let models = ollama.models().await?;
    let mut subject = details.map(|(model, details)| subject(model, details));
    if let Some(subject) = &mut subject
        && subject.answers()
    {
        look_closely(ollama, subject, patience).await;
    }
    // Once the model that was asked for is there, so that it is among them.
    let loaded = ollama.loaded_models().await?;
    let now = SystemTime::now();
    Ok(Facts {
        server: connection.shown.clone(),
        version,
        models: models.iter().map(|model| harmless(&model.name)).collect(),
        loaded: loaded.iter().map(|loaded| Resident::of(loaded, now)).collect(),
        subject,
    })
}

fn subject(model: &str, details: ModelDetails) -> Subject {
    let plain = |text: String| harmless(&text);
    Subject {
        name: harmless(model),
        parameters: details.parameters,
        quantization: details.quantization.map(plain),
        family: details.family.map(plain),
        context_tokens: details.context_tokens,
        capabilities: details.capabilities.into_iter().map(plain).collect(),
        load: None,
        token: None,
        slots: None,
    }
}

/// Loads a model, has it give a token, and then several answers at once, as far as it comes.
async fn look_closely(ollama: &Ollama, subject: &mut Subject, patience: Duration) {
    let model = subject.name.clone();
    let before = in_memory(ollama, &model).await;
    let context_tokens = before.as_ref().and_then(|before| before.context_tokens);
    let load = timeout(patience, ollama.prepare(&model, context_tokens, Residency::Loaded));
    let load = meanwhile(load, async |elapsed: Duration| say("loading", &model, elapsed)).await;
    let load = match load {
        Ok(Ok(_)) if before.is_some() => Ok(Load::Before),
        Ok(Ok(prepared)) => Ok(Load::Now(prepared.took)),
        Ok(Err(error)) => Err(failed(&error)),
        Err(_) => Err(format!("not within {}", seconds(patience))),
    };
    let is_loaded = load.is_ok();
    subject.load = Some(load);
    if !is_loaded {
        return;
    }
    // What it was loaded with, where the server chose.
    let now = in_memory(ollama, &model).await;
    let context_tokens = now.and_then(|now| now.context_tokens).or(context_tokens);
    let token = sign::ask(ollama, &model, context_tokens, patience);
    let token = meanwhile(token, async |elapsed: Duration| {
        say("waiting for a token of", &model, elapsed)
    })
    .await;
    let gave = matches!(token, Sign::Token(_));
    subject.token = Some(token);
    if gave {
        let together = together(ollama, &model, context_tokens);
        let measured = meanwhile(together, async |elapsed: Duration| {
            say("waiting for several answers of", &model, elapsed);
        });
        subject.slots = Some(measured.await);
    }
}

/// A model as it is in memory, if it is. Another context window than it has there would make the server load it anew.
async fn in_memory(ollama: &Ollama, model: &str) -> Option<LoadedModel> {
    let loaded = ollama.loaded_models().await.ok()?;
    sign::find(&loaded, model).cloned()
}

/// Asks several questions at the same time.
async fn together(ollama: &Ollama, model: &str, context_tokens: Option<u32>) -> Measured {
    let mut asked = JoinSet::new();
    for _ in 0..TOGETHER {
        let (ollama, question) = (ollama.clone(), question(model, context_tokens));
        asked.spawn(async move { ollama.attempt(&question).await });
    }
    let mut answers = Vec::new();
    while let Some(ended) = asked.join_next().await {
        match ended.expect("an attempt does not panic") {
            Ok(reply) => answers.extend(Answer::of(&reply)),
            Err(error) => return Measured::Failed(failed(&error)),
        }
    }
    // One that does not say how long it waited would make the others look alone.
    if answers.len() < TOGETHER as usize {
        return Measured::Untold;
    }
    slots(&answers).map_or(Measured::Untold, Measured::Found)
}

fn question(model: &str, context_tokens: Option<u32>) -> Question {
    let request = Request {
        slot: String::new(),
        prompt: Prompt::Completion(COUNTING.to_owned()),
        format: Format::Text,
        sampling: Sampling {
            max_output_tokens: Some(TOKENS),
            ..Sampling::default()
        },
        capture: Capture::default(),
        extra: None,
    };
    Question {
        model: model.to_owned(),
        request,
        context_tokens,
    }
}

fn failed(error: &AttemptError) -> String {
    match error {
        AttemptError::Refused(refusal) => sign::refused(refusal),
        AttemptError::Failed(failure) => harmless(&words::failure(failure)),
    }
}

fn say(what: &str, model: &str, elapsed: Duration) {
    eprintln!("{what} {model}: {} s so far", elapsed.as_secs());
}
