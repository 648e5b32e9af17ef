//! A gateway before the server: headers for it, which nobody else may see.

use crate::scripted::{DONE, Scripted, completion, failed, refused, whole};
use koderz_core::ports::Model;
use koderz_transport::{Header, Options, Timeouts};

/// A client of it that knows a password.
fn options() -> Options {
    let header = |text| Header::parse(text).expect("a header");
    Options {
        headers: vec![header("Authorization: Bearer open-sesame"), header("X-Team: eval")],
        ..Options::default()
    }
}

#[tokio::test]
async fn every_request_carries_the_headers() {
    let version = whole(200, "", r#"{"version":"0.32.15"}"#);
    let show = whole(200, "", r#"{"details":{}}"#);
    let server = Scripted::new(vec![version, show, whole(200, "", DONE)]).await;
    let client = server.with(Timeouts::default(), options());
    client.version().await.expect("a version");
    client.show("m").await.expect("details");
    client.attempt(&completion()).await.expect("an answer");
    let asked = server.asked();
    assert_eq!(asked.len(), 3);
    for asked in asked {
        for header in ["authorization: bearer open-sesame", "x-team: eval"] {
            assert!(asked.headers.lines().any(|line| line == header), "{}", asked.line);
        }
        assert!(asked.headers.contains("user-agent: koderz/"));
    }
}

#[tokio::test]
async fn without_any_there_is_no_authorization() {
    let server = Scripted::new(vec![whole(200, "", DONE)]).await;
    server.client().attempt(&completion()).await.expect("an answer");
    assert!(!server.asked()[0].headers.contains("authorization"));
}

#[tokio::test]
async fn a_gateway_that_repeats_a_secret_does_not_bring_it_to_light() {
    let body = r#"{"error":"the token open-sesame of Bearer open-sesame is not known"}"#;
    for status in [401, 500] {
        let server = Scripted::new(vec![whole(status, "", body)]).await;
        let result = server.with(Timeouts::default(), options()).attempt(&completion()).await;
        let message = match status {
            401 => refused(result).message,
            _ => failed(result).message,
        };
        assert_eq!(message, "the token *** of *** is not known");
    }
}

#[tokio::test]
async fn a_client_does_not_show_its_headers() {
    let server = Scripted::new(vec![whole(200, "", DONE)]).await;
    let client = server.with(Timeouts::default(), options());
    let shown = format!("{client:?} {:?}", options());
    assert!(shown.contains("authorization") && !shown.contains("sesame"), "{shown}");
}
