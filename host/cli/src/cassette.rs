//! A run as a cassette: what was asked in it, and what the model answered, as the embedded server plays it.
//!
//! Of each sample the answers of its latest go are in it, each with the seed that it was drawn with, so that whoever asks
//! the same under the same seed gets the same, in whatever order. How often an answer had to be tried for is not in it.

use anyhow::{Context, Result, bail};
use koderz_api::chat::{Prompt, Reply, Request, Role, ServerTiming, StopReason};
use koderz_api::suite::{Command, Completion};
use koderz_core::event::{Event, Place};
use koderz_core::manifest::Manifest;
use koderz_core::ports::Question;
use koderz_core::settle::settle;
use koderz_core::summary::SampleId;
use koderz_record::{Record, RunId};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// What a sample's latest go has come to.
#[derive(Default)]
struct Go {
    seed: u64,
    asked: BTreeMap<Place, Request>,
    answered: BTreeMap<Place, Reply>,
}

/// The text of a run's cassette.
pub(crate) fn of(record: &Record, run: &RunId) -> Result<String> {
    let manifest = record.manifest(run)?;
    let mut goes: BTreeMap<SampleId, Go> = BTreeMap::new();
    for entry in record.entries(run)? {
        let event = entry?.event;
        let Some(trial) = event.trial() else { continue };
        let go = goes.entry(SampleId::of(trial)).or_default();
        match event {
            Event::TrialBegan { seed, .. } => {
                *go = Go { seed, ..Go::default() };
            }
            Event::Stepped { round, commands, .. } => {
                let asked = (0..).zip(commands).filter_map(|(command, asked)| match asked {
                    Command::Ask(request) => Some((Place { round, command }, request)),
                    Command::Execute(_) | Command::Prepare(_) => None,
                });
                go.asked.extend(asked);
            }
            Event::Completed {
                place,
                completion: Completion::Asked(Ok(reply)),
                ..
            } => drop(go.answered.insert(place, reply)),
            _ => {}
        }
    }
    let mut text = String::new();
    for go in goes.values() {
        for (place, reply) in &go.answered {
            if let Some(request) = go.asked.get(place) {
                text.push_str(&line(&manifest, go.seed, request, reply)?);
                text.push('\n');
            }
        }
    }
    if text.is_empty() {
        bail!("run {run} has no answers that could be played");
    }
    Ok(text)
}

fn line(manifest: &Manifest, seed: u64, request: &Request, reply: &Reply) -> Result<String> {
    let Question { model, request, .. } = settle(
        request,
        seed,
        &manifest.models,
        &manifest.defaults,
        manifest.context_tokens,
    )
    .map_err(anyhow::Error::msg)?;
    let mut line = json!({
        "model": model,
        "seed": request.sampling.seed,
        "reply": answer(reply),
    });
    match request.prompt {
        Prompt::Completion(prompt) => line["prompt"] = prompt.into(),
        Prompt::Chat(messages) => {
            let messages = messages.into_iter().map(|message| {
                let role = match message.role {
                    Role::System => "system",
                    Role::User => "user",
                    Role::Assistant => "assistant",
                };
                json!({"role": role, "content": message.content})
            });
            line["messages"] = messages.collect();
        }
    }
    serde_json::to_string(&line).context("write an answer of the cassette")
}

/// An answer as Ollama's last object and the pieces before it said it.
fn answer(reply: &Reply) -> Value {
    let timing = reply.timing.server.unwrap_or_default();
    let mut answer = Map::new();
    answer.insert("response".to_owned(), reply.text.as_str().into());
    if let Some(thinking) = &reply.thinking {
        answer.insert("thinking".to_owned(), thinking.as_str().into());
    }
    answer.insert("done".to_owned(), true.into());
    let reason = match reply.stop {
        StopReason::Finished => "stop",
        StopReason::Length => "length",
        StopReason::Other => "other",
    };
    answer.insert("done_reason".to_owned(), reason.into());
    let ServerTiming {
        total,
        load,
        prompt,
        generation,
    } = timing;
    let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    let known = [
        ("total_duration", total.map(nanos)),
        ("load_duration", load.map(nanos)),
        ("prompt_eval_count", reply.usage.input_tokens.map(u64::from)),
        ("prompt_eval_duration", prompt.map(nanos)),
        ("eval_count", reply.usage.output_tokens.map(u64::from)),
        ("eval_duration", generation.map(nanos)),
    ];
    for (name, number) in known {
        answer.extend(number.map(|number| (name.to_owned(), number.into())));
    }
    answer.into()
}
