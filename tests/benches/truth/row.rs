//! What the speed test says under one setting, and how far off that is.

use crate::arrivals;
use crate::setting::Setting;
use koderz_simulator::{Server, Truth};
use koderz_tests::Koderz;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;

/// How far off the figures may be: parts of what they should be, and milliseconds.
pub(crate) const DECODE: f64 = 0.01;
pub(crate) const PREFILL: f64 = 0.02;
pub(crate) const LOADED: f64 = 5.0;
pub(crate) const QUEUE: f64 = 10.0;

/// How often the model is loaded again: the figure is the median of these.
const LOADS: usize = 3;

/// A load that took less, in milliseconds, is none: the model was there.
const NONE: f64 = 100.0;

/// What happened to a question, as the server wrote it down, in nanoseconds.
#[derive(Clone, Debug, Deserialize)]
struct Happened {
    prompt: String,
    arrived: u64,
    loaded: Option<u64>,
    slot: Option<u64>,
    chunks: Vec<(usize, u64)>,
}

/// How far off they were.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    /// Parts of what they should be.
    pub(crate) decode: f64,
    pub(crate) prefill: f64,
    /// Milliseconds: of the loads, and of the questions the one that is the furthest off.
    pub(crate) load: f64,
    pub(crate) queue: f64,
    /// The same of the figure that is the median of several loads.
    pub(crate) median_load: f64,
    /// The time until the first token less what the server took for that, in milliseconds, of each question.
    pub(crate) first_tokens: Vec<f64>,
    /// Questions that were measured, and those of which the times do not add up.
    pub(crate) questions: usize,
    pub(crate) unreconciled: usize,
    /// Other flags, of which there should be none but for bursts.
    pub(crate) flags: Vec<String>,
}

/// Puts the speed test to a server that is set like this: what a token of a prompt costs, and then some clients more than
/// it has slots.
pub(crate) async fn row(setting: &Setting, user: &Koderz) -> Row {
    let mut row = Row::default();
    let prefill = one(setting, user, "--shape prefill --repeat 2", &mut row).await;
    row.prefill = off(figure(&prefill, "prefill slope"), f64::from(setting.reads));
    let clients = setting.parallel + 1;
    let asked = format!("--shape tg128 --concurrency {clients} --requests 8 --loads {LOADS}");
    let decode = one(setting, user, &asked, &mut row).await;
    let decodes: Vec<f64> = samples(&decode)
        .filter(|sample| sample["task"].as_str().is_some_and(|task| task.starts_with("clients/")))
        .filter_map(|sample| sample["metrics"]["decode"].as_f64())
        .collect();
    row.decode = off(arrivals::percentile(&decodes, 0.5), f64::from(setting.writes));
    row
}

/// One speed test, with what can be said of every one.
async fn one(setting: &Setting, user: &Koderz, asked: &str, row: &mut Row) -> Value {
    let truth = user.data().join("truth.jsonl");
    let server = Server::start(setting.setup(Truth::create(&truth).expect("a file")));
    let server = server.await.expect("a server");
    let export = user.data().join("speed.json");
    let arguments = format!(
        "speed-test {} --host {} {asked} --export {}",
        setting.model(),
        server.url(),
        export.display()
    );
    let mut command = user.measured(&arguments);
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .expect("a thread");
    let output = output.expect("koderz starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    server.stop().await;
    let export = json(&export);
    row.look(&export, &arrivals::happened(&truth, 0, 1));
    export
}

impl Row {
    fn look(&mut self, export: &Value, happened: &[Happened]) {
        let by_prompt: HashMap<&str, &Happened> = happened.iter().map(|one| (one.prompt.as_str(), one)).collect();
        let millis = |from: u64, to: u64| (to as f64 - from as f64) / 1e6;
        self.look_at_loads(export, happened);
        for sample in samples(export) {
            let metric = |name: &str| sample["metrics"][name].as_f64().map(|nanos| nanos / 1e6);
            let Some(prompt) = sample["question"][0]["text"].as_str() else {
                continue;
            };
            let beginning: String = prompt.chars().take(40).collect();
            let happened = by_prompt
                .get(beginning.as_str())
                .expect("the server knows all questions");
            let (Some(slot), Some(loaded)) = (happened.slot, happened.loaded) else {
                panic!("it was answered: {happened:?}");
            };
            // Of an answer that only counts the tokens of its prompt nothing is measured.
            if sample["task"]
                .as_str()
                .is_some_and(|task| task.starts_with("calibrate/"))
            {
                continue;
            }
            let queue = metric("queue").expect("the server tells its times");
            self.queue = worse(self.queue, queue - millis(loaded, slot));
            if let (Some(first), Some((_, wrote))) = (metric("first-token"), happened.chunks.first()) {
                self.first_tokens.push(first - millis(happened.arrived, *wrote));
            }
            self.questions += 1;
        }
        for figure in export["figures"].as_array().expect("figures") {
            match figure["name"].as_str().and_then(|name| name.strip_prefix("flag ")) {
                Some("unreconciled") => self.unreconciled += figure["value"].as_f64().expect("a number") as usize,
                Some(flag) => self.flags.push(flag.to_owned()),
                None => {}
            }
        }
    }

    /// Takes the first load, and those again where there are any. They come one after the other, and a request that only
    /// takes the model out of memory loads nothing.
    fn look_at_loads(&mut self, export: &Value, happened: &[Happened]) {
        let happened = happened.iter().filter(|one| one.prompt.is_empty());
        let took: Vec<f64> = happened
            .filter_map(|one| Some((one.loaded? as f64 - one.arrived as f64) / 1e6))
            .filter(|took| *took > NONE)
            .collect();
        let told: Vec<f64> = samples(export)
            .filter(|sample| sample["labels"]["load-class"].is_string())
            .filter_map(|sample| {
                let metrics = &sample["metrics"];
                metrics["load"].as_f64().or(metrics["load-cold-runner"].as_f64())
            })
            .map(|nanos| nanos / 1e6)
            .collect();
        assert_eq!(told.len(), took.len(), "each load is told of");
        for (told, took) in told.iter().zip(&took) {
            self.load = worse(self.load, told - took);
        }
        if took.len() > 1 {
            let again = arrivals::percentile(&took[1..], 0.5);
            self.median_load = figure(export, "load cold-runner") / 1e6 - again;
        }
    }

    /// Whether all of it is as near as it is to be.
    pub(crate) fn is_near(&self) -> bool {
        self.decode.abs() <= DECODE
            && self.prefill.abs() <= PREFILL
            && self.load.abs() <= LOADED
            && self.median_load.abs() <= LOADED
            && self.queue.abs() <= QUEUE
    }
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("the export")).expect("JSON")
}

fn samples(export: &Value) -> impl Iterator<Item = &Value> {
    export["samples"].as_array().expect("samples").iter()
}

fn figure(export: &Value, name: &str) -> f64 {
    let figures = export["figures"].as_array().expect("figures");
    let figure = figures.iter().find(|figure| figure["name"] == name);
    figure.and_then(|figure| figure["value"].as_f64()).unwrap_or(f64::NAN)
}

fn off(is: f64, should_be: f64) -> f64 {
    is / should_be - 1.0
}

/// The one that is further off.
fn worse(one: f64, other: f64) -> f64 {
    if other.abs() > one.abs() { other } else { one }
}
