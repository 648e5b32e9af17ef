//! Models that come into memory and go out of it.

use crate::scripted::{Act, Event, Scripted, completion, failed, refused, whole};
use koderz_api::chat::Residency;
use koderz_api::transport::{FailureKind, Phase};
use koderz_core::ports::Model;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_model_is_loaded_with_the_options_of_its_questions() {
    let loaded = r#"{"model":"m","response":"","done":true,"done_reason":"load","load_duration":5}"#;
    let server = Scripted::new(vec![whole(200, "", loaded)]).await;
    let prepared = server
        .client()
        .prepare("m", Some(2048), Residency::Loaded)
        .await
        .expect("loaded");
    assert_eq!(prepared.load, Some(Duration::from_nanos(5)));
    assert!(!prepared.took.is_zero());
    let asked = server.asked();
    assert_eq!((asked.len(), asked[0].line.as_str()), (1, "POST /api/generate"));
    let body = json!({"model": "m", "stream": false, "options": {"num_ctx": 2048}});
    assert_eq!(asked[0].body, body);
}

#[tokio::test]
async fn without_a_context_window_the_server_chooses_it() {
    let server = Scripted::new(vec![whole(200, "", r#"{"done":true,"done_reason":"load"}"#)]).await;
    let prepared = server
        .client()
        .prepare("m", None, Residency::Loaded)
        .await
        .expect("loaded");
    assert_eq!(prepared.load, None, "the server said nothing of it");
    assert_eq!(server.asked()[0].body.get("options"), None);
}

#[tokio::test]
async fn a_load_bears_with_more_silence_than_a_question() {
    let server = Scripted::new(vec![vec![Act::Hold], vec![Act::Hold]]).await;
    let client = server.patient(Duration::from_millis(50));
    let load = client.prepare("m", None, Residency::Loaded);
    let mut load = std::pin::pin!(load);
    let question = completion();
    // The question's patience, that of a connection included, passes while the load goes on.
    tokio::select! {
        biased;
        ended = &mut load => panic!("the load was given up: {ended:?}"),
        failure = client.attempt(&question) => assert_eq!(failed(failure).kind, FailureKind::TimedOut),
    }
}

#[tokio::test]
async fn a_model_is_unloaded_only_when_the_server_does_not_list_it_any_more() {
    let there = r#"{"models":[{"name":"other:1b"},{"name":"m:latest"}]}"#;
    let server = Scripted::new(vec![
        whole(200, "", r#"{"response":"","done":true,"done_reason":"unload"}"#),
        whole(200, "", there),
        whole(500, "", "not now"),
        whole(200, "", r#"{"models":[{"name":"other:1b"}]}"#),
    ])
    .await;
    let prepared = server
        .client()
        .prepare("m", Some(2048), Residency::Unloaded)
        .await
        .expect("unloaded");
    assert_eq!(prepared.load, None);
    let asked = server.asked();
    assert_eq!(asked[0].body, json!({"model": "m", "stream": false, "keep_alive": 0}));
    let looks: Vec<&str> = asked[1..].iter().map(|asked| asked.line.as_str()).collect();
    assert_eq!(looks, ["GET /api/ps"; 3]);
}

/// Time is stopped once the waiting has begun, and then passes as fast as it is waited for.
#[tokio::test]
async fn a_model_that_does_not_leave_memory_is_not_waited_for_for_ever() {
    let there = r#"{"models":[{"name":"m:latest"}]}"#;
    let mut server = Scripted::new(vec![whole(200, "", r#"{"done":true}"#), whole(200, "", there)]).await;
    let client = server.client();
    let unload = tokio::spawn(async move { client.prepare("m", None, Residency::Unloaded).await });
    server.saw(Event::Asked).await;
    server.saw(Event::Asked).await;
    tokio::time::pause();
    let failure = failed(unload.await.expect("no panic"));
    assert_eq!(
        (failure.kind, failure.detail.as_str(), failure.phase),
        (FailureKind::NotReady, "still-loaded", Phase::Load)
    );
    assert_eq!(failure.message, "m is still in memory after 60 s");
}

#[tokio::test]
async fn a_load_fails_as_attempts_do() {
    let missing = r#"{"error":"model 'm' not found"}"#;
    let memory = r#"{"error":"llama-server process has terminated: cudaMalloc failed: out of memory"}"#;
    for (status, body, detail) in [(404, missing, "model-missing"), (500, memory, "out-of-memory")] {
        let server = Scripted::new(vec![whole(status, "", body)]).await;
        let refusal = refused(server.client().prepare("m", None, Residency::Loaded).await);
        assert_eq!(refusal.detail, detail);
    }
    let server = Scripted::new(vec![whole(200, "", r#"{"done":false}"#)]).await;
    let failure = failed(server.client().prepare("m", None, Residency::Loaded).await);
    assert_eq!((failure.detail.as_str(), failure.phase), ("no-done", Phase::Load));
}

#[tokio::test]
async fn files_stay_in_the_systems_cache_and_that_is_said() {
    let server = Scripted::new(vec![whole(200, "", "{}")]).await;
    let refusal = refused(server.client().prepare("m", None, Residency::Evicted).await);
    assert_eq!(refusal.detail, "unsupported");
    assert!(server.asked().is_empty());
}
