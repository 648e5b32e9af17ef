//! Suites.

use super::{about, about_type, load};
use koderz_api::chat::{AskError, AskErrorKind};
use koderz_api::suite::{Completion, Grade, Metric, Round, Task, Verdict};
use koderz_api::summary::Graded;
use koderz_core::ports;
use koderz_plugin::testing::{open, reply, trial};
use koderz_plugin::{Measuring, Reference, Suite, schema};
use koderz_speed::Speed;
use koderz_test_sums::Sums;
use koderz_tests::{native_plugin, plugin, test_plugin};
use serde::Serialize;
use serde_json::Map;
use std::path::Path;
use std::time::Duration;

/// A call of the contract.
enum Call<'a> {
    Describe,
    Tasks(Option<&'a str>),
    Next(&'a Task, &'a [Round]),
    Answer(&'a Task),
    Summarize(&'a [Graded]),
    NextStage(&'a [Graded]),
}

/// What a suite answers, as text; its error as well.
fn said<T: Serialize, E: ToString>(answer: Result<T, E>) -> Result<String, String> {
    answer
        .map(|value| serde_json::to_string(&value).expect("what the contract has can be written"))
        .map_err(|error| error.to_string())
}

fn what(error: ports::PluginError) -> String {
    error.what
}

fn of_port(suite: &dyn ports::Suite, call: &Call<'_>) -> Result<String, String> {
    match call {
        Call::Describe => said(suite.describe().map_err(what)),
        Call::Tasks(cursor) => said(suite.tasks(*cursor).map_err(what)),
        Call::Next(task, history) => said(suite.next(&trial((*task).clone()), history).map_err(what)),
        Call::Answer(task) => said(suite.answer(task).map_err(what)),
        Call::Summarize(results) => said(suite.summarize(results).map_err(what)),
        Call::NextStage(results) => said(suite.next_stage(results).map_err(what)),
    }
}

fn of_suite<S: Suite>(suite: &S, call: &Call<'_>) -> Result<String, String> {
    match call {
        Call::Describe => said(Ok::<_, String>(suite.describe())),
        Call::Tasks(cursor) => said(suite.tasks(*cursor)),
        Call::Next(task, history) => said(suite.next(&trial((*task).clone()), history)),
        // What a suite without the interface comes to in the host.
        Call::Answer(_) | Call::NextStage(_) => Ok("null".to_owned()),
        Call::Summarize(_) => Ok("[]".to_owned()),
    }
}

fn of_checked<S: Reference>(suite: &S, call: &Call<'_>) -> Result<String, String> {
    match call {
        Call::Answer(task) => said(suite.answer(task)),
        call => of_suite(suite, call),
    }
}

fn of_measuring<S: Measuring>(suite: &S, call: &Call<'_>) -> Result<String, String> {
    match call {
        Call::Summarize(results) => said(suite.summarize(results)),
        Call::NextStage(results) => said(suite.next_stage(results)),
        call => of_suite(suite, call),
    }
}

/// The same calls of any suite: all its tasks, trials that go well and badly, and its figures.
fn transcript(call: impl Fn(&Call<'_>) -> Result<String, String>) -> Vec<String> {
    let mut told = vec![format!("{:?}", call(&Call::Describe))];
    let mut cursor: Option<String> = None;
    let mut tasks = Vec::new();
    loop {
        let page = call(&Call::Tasks(cursor.as_deref())).expect("a page");
        let read: koderz_api::suite::TaskPage = serde_json::from_str(&page).expect("a page");
        told.push(page);
        tasks.extend(read.tasks);
        match read.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    told.push(format!("{:?}", call(&Call::Tasks(Some("no such page")))));
    let refusal = AskError {
        kind: AskErrorKind::RetriesExhausted,
        status: Some(503),
        message: "busy".to_owned(),
        attempts: 4,
    };
    let rounds = [
        vec![],
        vec![vec![Completion::Asked(Ok(reply(
            "It is 4, and 42. ⏳ \u{0} \"quoted\"",
        )))]],
        vec![vec![Completion::Asked(Ok(reply("")))]],
        vec![vec![Completion::Asked(Err(refusal))]],
    ];
    for task in &tasks {
        for history in &rounds {
            told.push(format!("{:?}", call(&Call::Next(task, history))));
        }
        told.push(format!("{:?}", call(&Call::Answer(task))));
    }
    let broken = Task {
        input: "no JSON".to_owned(),
        ..tasks[0].clone()
    };
    told.push(format!("{:?}", call(&Call::Next(&broken, &[]))));
    let results: Vec<Graded> = tasks
        .iter()
        .enumerate()
        .map(|(place, task)| graded(place, task))
        .collect();
    told.push(format!("{:?}", call(&Call::Summarize(&results))));
    told.push(format!("{:?}", call(&Call::NextStage(&results))));
    told
}

fn graded(place: usize, task: &Task) -> Graded {
    let place = place as f64;
    let metric = |name: &str, value: f64| Metric {
        name: name.to_owned(),
        value,
    };
    Graded {
        task_id: task.id.clone(),
        stage: task.stage.clone(),
        sample: 0,
        labels: task.labels.clone(),
        began: Duration::from_secs_f64(place),
        ended: Duration::from_secs_f64(place + 0.75),
        verdict: Verdict {
            grade: Grade::Ungraded,
            metrics: vec![
                metric("decode", 50.0 + 0.1 * place),
                metric("prompt-tokens", 100.0 + place),
                metric("prompt", 1e6 * (100.0 + place)),
                metric("first-token", 2e7 / 3.0),
            ],
            reason: String::new(),
            labels: Vec::new(),
        },
    }
}

fn of_file(path: &Path) -> Vec<String> {
    let plugin = load(path);
    let suite = plugin.open_suite(&Map::new()).expect("the suite opens");
    let mut told = about(&plugin);
    told.extend(transcript(|call| of_port(&*suite, call)));
    told
}

#[test]
fn a_suite_with_right_answers_is_the_same_as_a_component_as_a_library_and_in_process() {
    let suite: Sums = open("{}").expect("the suite opens");
    let schema = schema::<<Sums as Suite>::Settings>();
    let mut in_process = about_type(Sums::identity(), "reference, suite", Some(schema));
    in_process.extend(transcript(|call| of_checked(&suite, call)));
    assert!(in_process.iter().any(|line| line.contains("\\\"pass\\\"")));
    assert_eq!(of_file(&test_plugin("sums")), in_process, "component");
    assert_eq!(of_file(&native_plugin("sums")), in_process, "shared library");
}

#[test]
fn a_suite_that_measures_is_the_same_as_a_component_as_a_library_and_in_process() {
    let suite: Speed = open("{}").expect("the suite opens");
    let schema = schema::<<Speed as Suite>::Settings>();
    let mut in_process = about_type(Speed::identity(), "planner, suite, summary", Some(schema));
    in_process.extend(transcript(|call| of_measuring(&suite, call)));
    assert_eq!(of_file(&plugin("speed")), in_process, "component");
    assert_eq!(of_file(&native_plugin("speed")), in_process, "shared library");
}
