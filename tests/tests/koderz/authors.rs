//! The plugins that show authors how it is done, each through the real binary as its author's user would run it.

mod javascript;
mod languages;
mod suites;

use koderz_api::chat::{Prompt, Request};
use koderz_api::suite::{Command, Step, Verdict};
use koderz_core::event::Event;
use koderz_tests::{Ended, Koderz, example_plugin};
use serde_json::json;
use std::fs;

/// A user whose embedded server plays these answers, each a line of a cassette.
fn user_with(answers: &[String]) -> Koderz {
    let koderz = Koderz::new();
    let cassettes = koderz.data().join("cassettes");
    fs::create_dir(&cassettes).expect("a new folder");
    fs::write(cassettes.join("played.jsonl"), answers.join("\n")).expect("a new file");
    koderz
}

/// The line of a cassette by which a model answers a question.
fn answer(model: &str, request: &Request, text: &str) -> String {
    let Prompt::Chat(talk) = &request.prompt else {
        panic!("a conversation: {request:?}");
    };
    json!({"model": model, "messages": talk, "reply": {"response": text, "done": true, "eval_count": 5}}).to_string()
}

/// The question that a step asks.
fn question(step: Result<Step, String>) -> Request {
    match step.expect("a step") {
        Step::Perform(commands) => match <[Command; 1]>::try_from(commands) {
            Ok([Command::Ask(request)]) => request,
            other => panic!("one question: {other:?}"),
        },
        Step::Finish(verdict) => panic!("a question: {verdict:?}"),
    }
}

/// Runs an example with a model of the embedded server.
fn benchmark(koderz: &Koderz, name: &str, model: &str, options: &str) -> Ended {
    koderz.call(&format!(
        "benchmark --host embedded --local-model {model} --suite {} {options}",
        example_plugin(name).display()
    ))
}

/// The verdicts of the last run by the tasks' names, in their order.
fn verdicts(koderz: &Koderz) -> Vec<(String, Verdict)> {
    let record = koderz.record();
    let entries = record.entries(&koderz.last_run()).expect("the run");
    let mut verdicts: Vec<(String, Verdict)> = entries
        .filter_map(|entry| match entry.expect("an entry").event {
            Event::TrialFinished { trial, verdict, .. } => Some((trial.task, verdict)),
            _ => None,
        })
        .collect();
    verdicts.sort_by(|left, right| left.0.cmp(&right.0));
    verdicts
}
