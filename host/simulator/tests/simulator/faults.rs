//! Faults, each as a client meets it.

use crate::client::{Client, Reply};
use crate::{PIECES, generate, setup, start, with_faults};
use koderz_simulator::{Cassette, Server, Setup};
use serde_json::Value;
use std::io::ErrorKind;

const JSON: &str = "application/json; charset=utf-8";
const COUNT: &str = r#"{"model":"m","prompt":"count"}"#;
const WHOLE: &str = r#"{"model":"m","prompt":"count","stream":false}"#;

/// Asks and says how far the answer came, or how the connection ended if there was none.
async fn try_to(server: &Server, body: &str) -> Result<Reply, ErrorKind> {
    let mut client = Client::connect(server).await;
    client.send("POST", "/api/generate", body).await;
    client.reply("POST").await
}

fn is_answered(reply: &Reply) -> bool {
    reply.status == 200 && reply.lines().last().is_some_and(|line| line["done"] == true)
}

#[tokio::test]
async fn a_full_queue_answers_503_with_ollamas_text() {
    let server = start(with_faults(&["busy*2"])).await;
    let expected = r#"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#;
    for body in [COUNT, WHOLE] {
        let refused = generate(&server, body).await;
        assert_eq!(refused.told(), (503, JSON, expected));
        assert_eq!(refused.header("Retry-After"), None);
    }
    assert!(is_answered(&generate(&server, COUNT).await));
    let counts = server.counts();
    assert_eq!((counts.questions, counts.faults, counts.answered), (3, 2, 1));
}

#[tokio::test]
async fn a_rate_limit_answers_429() {
    let server = start(with_faults(&["rate-limit", "rate-limit:30"])).await;
    let refused = generate(&server, COUNT).await;
    assert_eq!((refused.status, refused.header("Retry-After")), (429, None));
    let told = generate(&server, COUNT).await;
    assert_eq!((told.status, told.header("Retry-After")), (429, Some("30")));
    assert!(
        !refused.body.contains("usage limit"),
        "no quota that is spent: {}",
        refused.body
    );
    assert!(is_answered(&generate(&server, COUNT).await));
}

#[tokio::test]
async fn a_dead_runner_is_an_error_inside_the_stream() {
    let server = start(with_faults(&["error:2"])).await;
    let broken = generate(&server, COUNT).await;
    let lines = broken.lines();
    assert_eq!((broken.status, broken.end, lines.len()), (200, Ok(()), 3));
    assert_eq!(broken.text(), PIECES[..2].concat());
    let expected = r#"{"error":"an error was encountered while running the model: unexpected EOF"}"#;
    assert_eq!(broken.body.lines().last(), Some(expected));
    assert_eq!(lines[1]["done"], Value::Bool(false));
    assert_eq!(server.counts().faults, 1);
}

#[tokio::test]
async fn a_dead_runner_is_a_500_where_nothing_was_sent() {
    let expected = r#"{"error":"an error was encountered while running the model: unexpected EOF"}"#;
    for (fault, body) in [("error", COUNT), ("error:2", WHOLE)] {
        let server = start(with_faults(&[fault])).await;
        assert_eq!(generate(&server, body).await.told(), (500, JSON, expected), "{fault}");
    }
}

#[tokio::test]
async fn a_stream_ends_cleanly_without_being_done() {
    let server = start(with_faults(&["no-done:3", "no-done", "no-done:1"])).await;
    let cut = generate(&server, COUNT).await;
    assert_eq!((cut.status, cut.end, cut.text()), (200, Ok(()), PIECES[..3].concat()));
    assert!(!is_answered(&cut));
    let empty = generate(&server, COUNT).await;
    assert_eq!((empty.status, empty.end, empty.body.as_str()), (200, Ok(()), ""));
    let whole = generate(&server, WHOLE).await;
    assert_eq!((whole.status, whole.text().as_str()), (200, PIECES[0]));
    assert!(!is_answered(&whole));
    assert!(is_answered(&generate(&server, WHOLE).await));
}

#[tokio::test]
async fn a_connection_is_reset_after_its_tokens() {
    let server = start(with_faults(&["reset:3"])).await;
    let cut = generate(&server, COUNT).await;
    assert_eq!((cut.status, cut.end), (200, Err(ErrorKind::ConnectionReset)));
    assert_eq!(cut.text(), PIECES[..3].concat());
    assert!(is_answered(&generate(&server, COUNT).await));
    let counts = server.counts();
    assert_eq!((counts.faults, counts.answered, counts.cancelled), (1, 1, 0));
}

#[tokio::test]
async fn a_connection_is_reset_before_the_head() {
    for (fault, body) in [("reset", COUNT), ("reset", WHOLE), ("reset:3", WHOLE)] {
        let server = start(with_faults(&[fault])).await;
        let cut = try_to(&server, body).await.expect_err("no answer");
        assert_eq!(cut, ErrorKind::ConnectionReset, "{fault}");
    }
}

#[tokio::test]
async fn a_fault_beyond_the_answer_takes_the_place_of_its_last_object() {
    let server = start(with_faults(&["reset:100"])).await;
    let cut = generate(&server, COUNT).await;
    assert_eq!(
        (cut.text(), cut.end),
        (PIECES.concat(), Err(ErrorKind::ConnectionReset))
    );
}

#[tokio::test]
async fn a_reset_takes_nothing_back_from_a_client_that_reads() {
    // More than one frame, and no more than a receiver's buffer takes.
    let text = "0123456789".repeat(200);
    let line =
        format!(r#"{{"model":"m","prompt":"count","reply":{{"response":"{text}","done":true,"eval_count":1000}}}}"#);
    let server = start(Setup {
        cassettes: vec![Cassette::parse("long", &line).expect("a cassette")],
        ..with_faults(&["reset:900"])
    })
    .await;
    let cut = generate(&server, COUNT).await;
    assert_eq!(
        (cut.text().as_str(), cut.end),
        (&text[..1800], Err(ErrorKind::ConnectionReset))
    );
}

#[tokio::test]
async fn silence_lasts_until_the_client_goes_away() {
    let server = start(with_faults(&["silence:2", "silence"])).await;
    let mut client = Client::connect(&server).await;
    client.send("POST", "/api/generate", COUNT).await;
    let seen = client.until(b"two \",\"done\":false}\n").await.expect("a line");
    assert!(seen.starts_with("HTTP/1.1 200 OK\r\n"), "{seen}");
    drop(client);
    let mut silent = Client::connect(&server).await;
    silent.send("POST", "/api/generate", COUNT).await;
    crate::until("two faults", || server.counts().faults == 2).await;
    drop(silent);
    assert!(is_answered(&generate(&server, COUNT).await));
    assert_eq!(server.counts().cancelled, 0);
}

#[tokio::test]
async fn faults_are_met_one_after_the_other_by_each_question_on_its_own() {
    let server = start(with_faults(&["busy*2", "reset"])).await;
    let why = r#"{"model":"n:7b","prompt":"why"}"#;
    for body in [COUNT, why] {
        let mut seen = Vec::new();
        for _ in 0..4 {
            seen.push(try_to(&server, body).await.map(|reply| reply.status));
        }
        assert_eq!(
            seen,
            [Ok(503), Ok(503), Err(ErrorKind::ConnectionReset), Ok(200)],
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_periodic_fault_is_met_by_every_so_many_requests_for_anything() {
    let server = start(with_faults(&["busy/3", "reset"])).await;
    let why = r#"{"model":"n:7b","prompt":"why"}"#;
    let mut seen = Vec::new();
    for body in [COUNT, why, COUNT, why, COUNT, COUNT] {
        seen.push(try_to(&server, body).await.map(|reply| reply.status));
    }
    // Those of each question are met beside them.
    let reset = Err(ErrorKind::ConnectionReset);
    assert_eq!(seen, [reset, reset, Ok(503), Ok(200), Ok(200), Ok(503)]);
}

#[tokio::test]
async fn a_fault_for_all_attempts_is_met_by_all() {
    let server = start(with_faults(&["busy*all"])).await;
    for _ in 0..5 {
        assert_eq!(generate(&server, COUNT).await.status, 503);
    }
    assert_eq!(server.counts().faults, 5);
}

#[tokio::test]
async fn without_faults_there_are_none() {
    let server = start(setup()).await;
    assert!(is_answered(&generate(&server, COUNT).await));
    assert_eq!(server.counts().faults, 0);
}
