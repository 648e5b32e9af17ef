//! The server as its clients meet it: raw bytes over a real connection, held against recorded exchanges with Ollama.

mod about;
mod answers;
mod client;
mod control;
mod faults;
mod lorem;
mod queues;
mod refusals;
mod slots;
mod truth;

use client::{Client, Reply};
use koderz_simulator::{Cassette, Server, Setup};
use std::num::NonZeroU32;
use std::time::Duration;
use tokio::time::timeout;

/// Longer than anything here takes, so that a test which hangs fails instead.
const PATIENCE: Duration = Duration::from_secs(20);

/// A model `m` with two answers of one token a word and one that has no end, and a model that thinks.
const CASSETTE: &str = r#"{"model":"m","prompt":"count","reply":{"response":" one two three four","done":true,"done_reason":"stop","total_duration":1000,"load_duration":10,"prompt_eval_count":3,"prompt_eval_duration":190,"eval_count":4,"eval_duration":800}}
{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"hello"}],"reply":{"response":" hi","done":true,"done_reason":"length","total_duration":900,"eval_count":1}}
{"model":"m","prompt":"repeat","reply":{"response":"again and again","done":false}}
{"model":"n:7b","prompt":"why","reply":{"response":"so","thinking":"hm","done":true,"eval_count":2}}
"#;

/// `" one two three four"` in four pieces of nearly equal length.
const PIECES: [&str; 4] = [" one", " two ", "three", " four"];

fn setup() -> Setup {
    Setup {
        cassettes: vec![Cassette::parse("tests", CASSETTE).expect("a cassette")],
        ..Setup::default()
    }
}

fn with_faults(faults: &[&str]) -> Setup {
    Setup {
        faults: faults.iter().map(|fault| fault.parse().expect("a fault")).collect(),
        ..setup()
    }
}

fn parallel(setup: Setup, slots: u32) -> Setup {
    Setup {
        parallel: NonZeroU32::new(slots).expect("a slot"),
        ..setup
    }
}

async fn start(setup: Setup) -> Server {
    Server::start(setup).await.expect("a port")
}

/// Asks on a connection of its own.
async fn ask(server: &Server, method: &str, path: &str, body: &str) -> Reply {
    Client::connect(server).await.ask(method, path, body).await
}

/// Asks on a connection of its own, and does not wait for the answer.
async fn asking(server: &Server, body: &str) -> Client {
    let mut client = Client::connect(server).await;
    client.send("POST", "/api/generate", body).await;
    client
}

async fn generate(server: &Server, body: &str) -> Reply {
    ask(server, "POST", "/api/generate", body).await
}

/// What `/api/ps` lists.
async fn resident(server: &Server) -> Vec<serde_json::Value> {
    let listed = ask(server, "GET", "/api/ps", "").await;
    let listed: serde_json::Value = serde_json::from_str(&listed.body).expect("JSON");
    listed["models"].as_array().expect("a list").clone()
}

async fn chat(server: &Server, body: &str) -> Reply {
    ask(server, "POST", "/api/chat", body).await
}

/// Waits until something holds.
async fn until(what: &str, holds: impl Fn() -> bool) {
    let turn = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, turn)
        .await
        .unwrap_or_else(|_| panic!("never: {what}"));
}
