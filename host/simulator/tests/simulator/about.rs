//! Version, models and memory.

use crate::client::Client;
use crate::{ask, chat, generate, setup, start};
use koderz_simulator::{Cassette, Server, Setup};
use serde_json::Value;

const JSON: &str = "application/json; charset=utf-8";

async fn get(server: &Server, path: &str) -> Value {
    serde_json::from_str(&ask(server, "GET", path, "").await.body).expect("JSON")
}

#[tokio::test]
async fn it_says_that_it_is_running_and_which_version_it_is_like() {
    let server = start(setup()).await;
    let root = ask(&server, "GET", "/", "").await;
    assert_eq!(root.told(), (200, "text/plain; charset=utf-8", "Ollama is running"));
    let head = ask(&server, "HEAD", "/", "").await;
    assert_eq!((head.status, head.header("Content-Length")), (200, Some("17")));
    let version = ask(&server, "GET", "/api/version", "").await;
    assert_eq!(version.told(), (200, JSON, r#"{"version":"0.32.15+koderz"}"#));
}

#[tokio::test]
async fn models_are_listed_as_ollama_lists_them() {
    let server = start(setup()).await;
    let tags = ask(&server, "GET", "/api/tags", "").await;
    assert_eq!(tags.told().1, JSON);
    let listed: Value = serde_json::from_str(&tags.body).expect("JSON");
    let (digest, size) = (&listed["models"][0]["digest"], &listed["models"][0]["size"]);
    let expected = format!(
        r#"{{"models":[{{"name":"m:latest","model":"m:latest","modified_at":"T","size":{size},"digest":{digest},"details":{{"parent_model":"","format":"cassette","family":"cassette","families":["cassette"],"parameter_size":"","quantization_level":""}},"capabilities":["completion"]}},{{"name":"n:7b""#
    );
    assert!(tags.masked().starts_with(&expected), "{}", tags.masked());
    assert_eq!(
        listed["models"][1]["capabilities"],
        serde_json::json!(["completion", "thinking"])
    );
}

#[tokio::test]
async fn a_digest_is_the_same_for_the_same_answers() {
    let digest = async |setup: Setup| get(&start(setup).await, "/api/tags").await["models"][0]["digest"].clone();
    let same = digest(setup()).await;
    assert_eq!(same, digest(setup()).await);
    assert_eq!(same.as_str().map(str::len), Some(64));
    let other = r#"{"model":"m","prompt":"count","reply":{"response":"other","done":true}}"#;
    let other = Setup {
        cassettes: vec![Cassette::parse("other", other).expect("a cassette")],
        ..Setup::default()
    };
    assert_ne!(same, digest(other).await);
}

#[tokio::test]
async fn a_model_is_loaded_and_unloaded_by_asking_nothing() {
    let server = start(setup()).await;
    let object = |rest: &str| format!(r#"{{"model":"m","created_at":"T",{rest}}}"#);
    let load = generate(&server, r#"{"model":"m","options":{"num_ctx":2048}}"#).await;
    assert_eq!(load.told().1, JSON);
    assert_eq!(
        load.masked(),
        object(r#""response":"","done":true,"done_reason":"load""#)
    );

    let ps = ask(&server, "GET", "/api/ps", "").await;
    let listed: Value = serde_json::from_str(&ps.body).expect("JSON");
    let (digest, size) = (&listed["models"][0]["digest"], &listed["models"][0]["size"]);
    let expected = format!(
        r#"{{"models":[{{"name":"m:latest","model":"m:latest","size":{size},"digest":{digest},"details":{{"parent_model":"","format":"cassette","family":"cassette","families":["cassette"],"parameter_size":"","quantization_level":""}},"expires_at":"T","size_vram":{size},"context_length":2048}}]}}"#
    );
    assert_eq!(ps.masked(), expected);

    let unload = chat(&server, r#"{"model":"m:latest","messages":[],"keep_alive":0}"#).await;
    let expected = object(r#""message":{"role":"assistant","content":""},"done":true,"done_reason":"unload""#);
    assert_eq!(unload.masked(), expected.replace(r#""m""#, r#""m:latest""#));
    assert_eq!(ask(&server, "GET", "/api/ps", "").await.body, r#"{"models":[]}"#);
    let counts = server.counts();
    assert_eq!((counts.loads, counts.unloads, counts.questions), (1, 1, 0));
}

#[tokio::test]
async fn a_question_brings_its_model_into_memory_for_as_long_as_it_says() {
    let server = start(setup()).await;
    let question = |keep_alive: &str| format!(r#"{{"model":"m","prompt":"count","keep_alive":{keep_alive}}}"#);
    generate(&server, &question(r#""5m""#)).await;
    assert_eq!(get(&server, "/api/ps").await["models"][0]["name"], "m:latest");
    generate(&server, &question("0")).await;
    assert_eq!(get(&server, "/api/ps").await, serde_json::json!({"models": []}));
}

#[tokio::test]
async fn a_model_is_shown() {
    let server = start(setup()).await;
    let shown = ask(&server, "POST", "/api/show", r#"{"model":"n:7b"}"#).await;
    let expected = r##"{"modelfile":"# Recorded answers of n:7b\n","details":{"parent_model":"","format":"cassette","family":"cassette","families":["cassette"],"parameter_size":"","quantization_level":""},"model_info":{"general.architecture":"cassette"},"capabilities":["completion","thinking"],"modified_at":"T"}"##;
    assert_eq!((shown.status, shown.masked().as_str()), (200, expected));
}

#[tokio::test]
async fn a_connection_goes_on_after_an_error_and_after_an_answer() {
    let server = start(setup()).await;
    let mut client = Client::connect(&server).await;
    let missing = client
        .ask("POST", "/api/generate", r#"{"model":"nosuch","prompt":"x"}"#)
        .await;
    assert_eq!(missing.status, 404);
    for _ in 0..2 {
        let answer = client
            .ask("POST", "/api/generate", r#"{"model":"m","prompt":"count"}"#)
            .await;
        assert_eq!((answer.status, answer.text().as_str()), (200, " one two three four"));
    }
}

#[tokio::test]
async fn a_taken_port_is_refused_with_a_way_out() {
    let server = start(setup()).await;
    let port = server.address().port();
    let error = Server::start(Setup { port, ..setup() })
        .await
        .expect_err("a taken port");
    let expected = format!("listen on 127.0.0.1:{port}: somebody else does\nhint: port 0 takes any that is free");
    assert_eq!(error.to_string(), expected);
    assert_eq!(server.url(), format!("http://127.0.0.1:{port}"));
}
