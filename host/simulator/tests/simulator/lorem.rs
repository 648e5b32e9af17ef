//! The models that answer anything.

use crate::{ask, chat, generate, setup, start};
use koderz_simulator::{Server, Setup};
use serde_json::Value;
use std::time::{Duration, Instant};

async fn names(server: &Server) -> Vec<Value> {
    let tags = ask(server, "GET", "/api/tags", "").await;
    let tags: Value = serde_json::from_str(&tags.body).expect("JSON");
    let models = tags["models"].as_array().expect("a list");
    models.iter().map(|model| model["name"].clone()).collect()
}

#[tokio::test]
async fn it_answers_anything_with_as_many_tokens_as_it_may() {
    let server = start(Setup::default()).await;
    let body = r#"{"model":"lorem:100000","prompt":"whatever this is","options":{"num_predict":3}}"#;
    let answer = generate(&server, body).await;
    assert_eq!((answer.text().as_str(), answer.lines().len()), ("lorem ipsum dolor", 4));
    let last = answer.lines().pop().expect("a line");
    assert_eq!((&last["done"], &last["done_reason"]), (&true.into(), &"length".into()));
    assert_eq!(
        (&last["eval_count"], &last["prompt_eval_count"]),
        (&3.into(), &3.into())
    );
    assert_eq!(
        (&last["eval_duration"], &last["prompt_eval_duration"]),
        (&30_000.into(), &3_000.into())
    );
    let total = last["total_duration"].as_u64().expect("a number");
    assert!(
        total >= 33_000 + last["load_duration"].as_u64().expect("a number"),
        "{total}"
    );

    let messages = r#"{"model":"lorem:100000","messages":[{"role":"user","content":"hi"}],"stream":false}"#;
    let answer = chat(&server, messages).await.lines().pop().expect("an object");
    assert_eq!(
        (&answer["done_reason"], &answer["eval_count"]),
        (&"stop".into(), &128.into())
    );
    let said = answer["message"]["content"].as_str().expect("a text");
    assert_eq!(said.split(' ').count(), 128);
}

#[tokio::test]
async fn it_is_as_fast_as_its_name_says_at_any_pace_of_the_cassettes() {
    let server = start(Setup::default()).await;
    let began = Instant::now();
    let body = r#"{"model":"lorem:100","prompt":"x","options":{"num_predict":50}}"#;
    assert_eq!(generate(&server, body).await.status, 200);
    let took = began.elapsed();
    assert!(
        took >= Duration::from_millis(500) && took < Duration::from_secs(10),
        "{took:?}"
    );
}

#[tokio::test]
async fn it_is_there_beside_the_cassettes_and_listed_under_every_name_that_was_asked_for() {
    let server = start(setup()).await;
    assert_eq!(names(&server).await, ["m:latest", "n:7b", "lorem:200", "lorem:50"]);
    let shown = ask(&server, "POST", "/api/show", r#"{"model":"lorem:2.5"}"#).await;
    let shown: Value = serde_json::from_str(&shown.body).expect("JSON");
    assert_eq!(
        (&shown["details"]["family"], &shown["capabilities"][0]),
        (&"lorem".into(), &"completion".into())
    );
    assert_eq!(
        names(&server).await,
        ["m:latest", "n:7b", "lorem:2.5", "lorem:200", "lorem:50"]
    );
}

#[tokio::test]
async fn what_is_no_rate_is_no_model() {
    let server = start(setup()).await;
    for name in ["lorem", "lorem:0", "lorem:100001", "lorem:fast"] {
        let missing = generate(&server, &format!(r#"{{"model":"{name}","prompt":"x"}}"#)).await;
        let expected = format!(r#"{{"error":"model '{name}' not found"}}"#);
        assert_eq!((missing.status, missing.body), (404, expected));
    }
    let thinking = generate(&server, r#"{"model":"lorem:50","prompt":"x","think":true}"#).await;
    assert_eq!(thinking.status, 400);
}
