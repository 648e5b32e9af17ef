//! Waiting until a server has time for a question.

use crate::scripted::{DONE, Scripted, chunk, end, piece, streaming, whole};
use koderz_api::transport::FailureKind;
use koderz_core::ports::AttemptError;
use koderz_transport::is_overloaded;
use std::time::Duration;

const BUSY: &str = r#"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#;

#[tokio::test]
async fn a_busy_server_is_asked_again_until_it_gives_a_token() {
    let token = vec![streaming(), chunk(&piece("seven")), chunk(DONE), end()];
    let server = Scripted::new(vec![whole(503, "", BUSY), token]).await;
    let waited = server
        .client()
        .wait_for_capacity("m", None, Duration::from_secs(60))
        .await;
    assert!(waited.expect("a token") >= Duration::from_millis(500));
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn a_server_that_stays_busy_is_given_up_with_what_was_seen_last() {
    let server = Scripted::new(vec![whole(503, "", BUSY)]).await;
    let error = server
        .client()
        .wait_for_capacity("m", None, Duration::from_millis(600))
        .await
        .expect_err("it stays busy");
    assert!(is_overloaded(&error), "{error:?}");
    assert!(matches!(error, AttemptError::Failed(failure) if failure.kind == FailureKind::Overloaded));
}

#[tokio::test]
async fn a_refusal_is_not_waited_out() {
    let server = Scripted::new(vec![whole(404, "", r#"{"error":"model 'm' not found"}"#)]).await;
    let error = server
        .client()
        .wait_for_capacity("m", None, Duration::from_secs(60))
        .await
        .expect_err("there is no such model");
    assert!(!is_overloaded(&error));
    assert_eq!(server.asked().len(), 1);
}
