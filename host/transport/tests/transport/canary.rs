//! One token, to see that a model still answers.

use crate::scripted::{Act, DONE, Event, Scripted, chunk, completion, end, failed, piece, refused, streaming, whole};
use koderz_api::transport::{FailureKind, Phase};
use koderz_core::ports::Model;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_canary_asks_for_one_token_with_the_runners_options_of_the_questions() {
    let script = vec![streaming(), chunk(&piece("seven")), chunk(DONE), end()];
    let server = Scripted::new(vec![script]).await;
    let client = server.client();
    let took = client
        .canary("m", Some(2048), Duration::from_secs(60))
        .await
        .expect("a token");
    assert!(!took.is_zero());
    client.attempt(&completion()).await.expect("an answer");
    let asked = server.asked();
    assert_eq!(asked[0].line, "POST /api/generate");
    let expected = json!({
        "model": "m", "prompt": "Hello", "raw": true, "stream": true, "options": {"num_ctx": 2048, "num_predict": 1},
    });
    assert_eq!(asked[0].body, expected);
    assert_eq!(asked[0].body["options"]["num_ctx"], asked[1].body["options"]["num_ctx"]);
}

/// The client bears 50 ms of silence, the canary as long as it is told.
#[tokio::test]
async fn no_patience_but_its_own_ends_a_canary() {
    let server = Scripted::new(vec![vec![Act::Hold]]).await;
    let client = server.patient(Duration::from_millis(50));
    let canary = client.canary("m", None, Duration::from_secs(600));
    let mut canary = std::pin::pin!(canary);
    let question = completion();
    tokio::select! {
        biased;
        ended = &mut canary => panic!("the canary was given up: {ended:?}"),
        failure = client.attempt(&question) => assert_eq!(failed(failure).kind, FailureKind::TimedOut),
    }
}

#[tokio::test]
async fn a_canary_that_hears_nothing_gives_up_and_frees_its_place() {
    let waiting = vec![Act::Hold];
    let answering = vec![streaming(), chunk(&piece("seven")), Act::Hold];
    for script in [waiting, answering] {
        let mut server = Scripted::new(vec![script]).await;
        let failure = failed(server.client().canary("m", None, Duration::from_millis(300)).await);
        assert_eq!(
            (failure.kind, failure.detail.as_str(), failure.phase),
            (FailureKind::TimedOut, "silence", Phase::Queue)
        );
        assert_eq!(failure.message, "m gave no token within 0.30 s");
        server.saw(Event::Gone).await;
    }
}

#[tokio::test]
async fn a_canary_fails_as_attempts_do() {
    let body = r#"{"error":"model 'm' not found"}"#;
    let server = Scripted::new(vec![whole(404, "", body)]).await;
    let refusal = refused(server.client().canary("m", None, Duration::from_secs(60)).await);
    assert_eq!(refusal.detail, "model-missing");
}
