//! What the server writes down of what really happened.

use crate::client::Client;
use crate::{asking, chat, generate, start, until, with_faults};
use koderz_simulator::{Setup, Truth};
use serde_json::Value;
use std::time::Duration;
use tempfile::NamedTempFile;

/// A server of one slot that writes a truth, with the models as they are set.
fn setup(lorem: &str, file: &NamedTempFile) -> Setup {
    Setup {
        lorem: lorem.parse().expect("a manner"),
        truth: Some(Truth::create(file.path()).expect("a file")),
        parallel: 1.try_into().expect("one slot"),
        ..Setup::default()
    }
}

fn read(file: &NamedTempFile) -> Vec<Value> {
    let text = std::fs::read_to_string(file.path()).expect("the truth");
    let lines = text.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    lines.collect()
}

fn at(line: &Value, mark: &str) -> f64 {
    line[mark].as_u64().unwrap_or_else(|| panic!("no {mark} in {line}")) as f64 / 1e6
}

#[tokio::test]
async fn every_question_has_its_marks_in_their_order_and_its_chunks_at_their_times() {
    let file = NamedTempFile::new().expect("a file");
    let setup = Setup {
        load: Duration::from_millis(60),
        ..setup("read=100,chunk=2", &file)
    };
    let server = start(setup).await;
    let body = r#"{"model":"lorem:50","prompt":"a b c d e","options":{"num_predict":6}}"#;
    assert_eq!(generate(&server, body).await.lines().len(), 4, "two tokens a line");
    server.stop().await;
    let lines = read(&file);
    assert!(lines[0]["clock"].is_string(), "{}", lines[0]);
    let line = &lines[1];
    assert_eq!(
        (&line["outcome"], &line["prompt"]),
        (&"answered".into(), &"a b c d e".into())
    );
    assert_eq!(
        (&line["rates"]["read"], &line["rates"]["write"]),
        (&100.0.into(), &50.0.into())
    );
    assert!(at(line, "loaded") - at(line, "arrived") >= 60.0, "{line}");
    assert!(at(line, "slot") >= at(line, "loaded"));
    let chunks = line["chunks"].as_array().expect("chunks");
    // A line is there once its second token is, or later on a machine that is busy, with the next one.
    let mut whole = 0;
    for chunk in chunks {
        whole += chunk[0].as_u64().expect("tokens");
        let due = 50.0 + 20.0 * (whole - 1) as f64;
        let late = chunk[1].as_u64().expect("a time") as f64 / 1e6 - at(line, "slot") - due;
        assert!(whole % 2 == 0 && late > -0.1, "{late} ms late: {line}");
    }
    assert_eq!(whole, 6);
    let read = at(line, "read") - at(line, "slot");
    assert!((read - 50.0).abs() < 0.001, "{line}");
    assert!(at(line, "ended") - at(line, "slot") >= 170.0, "{line}");
    assert_eq!(line["told"]["prompt_eval_duration"], 50_000_000, "{line}");
}

#[tokio::test]
async fn who_waits_for_a_slot_and_who_goes_away_is_in_it_too() {
    let file = NamedTempFile::new().expect("a file");
    let server = start(setup("others=80ms", &file)).await;
    let body = r#"{"model":"lorem:1000","prompt":"x","options":{"num_predict":2}}"#;
    generate(&server, body).await;
    let gone = asking(
        &server,
        r#"{"model":"lorem:1","prompt":"y","options":{"num_predict":9}}"#,
    );
    let gone = gone.await;
    until("it is there", || server.counts().questions == 2).await;
    drop(gone);
    until("it is gone", || server.counts().cancelled == 1).await;
    server.stop().await;
    let lines = read(&file);
    assert!(at(&lines[1], "slot") - at(&lines[1], "arrived") >= 80.0, "{}", lines[1]);
    assert_eq!(
        (&lines[2]["outcome"], &lines[2]["prompt"]),
        (&"cancelled".into(), &"y".into())
    );
    assert!(at(&lines[2], "ended") >= at(&lines[2], "arrived"), "{}", lines[2]);
    assert!(lines[2]["chunks"].as_array().is_some_and(Vec::is_empty), "{}", lines[2]);
    assert_eq!(lines.len(), 3);
}

/// A request, the fault that it meets, what is written down of it, and how many tokens of it.
type Case = (&'static str, &'static str, &'static str, u64);

#[tokio::test]
async fn every_request_has_a_line_that_says_how_it_ended_and_what_was_written_of_it() {
    const COUNT: &str = r#"{"model":"m","prompt":"count"}"#;
    const WHOLE: &str = r#"{"model":"m","prompt":"count","stream":false}"#;
    const LOREM: &str = r#"{"model":"lorem:2000","prompt":"count","options":{"num_predict":8}}"#;
    let cases: [Case; 20] = [
        (COUNT, "", "answered", 4),
        (WHOLE, "", "answered", 4),
        (COUNT, "reset:2", "fault", 2),
        (WHOLE, "reset:2", "fault", 0),
        (COUNT, "reset", "fault", 0),
        (COUNT, "error:2", "fault", 2),
        (WHOLE, "error:2", "fault", 0),
        (COUNT, "no-done:3", "fault", 3),
        (WHOLE, "no-done:3", "fault", 3),
        (COUNT, "busy", "fault", 0),
        (LOREM, "", "answered", 8),
        (LOREM, "reset:5", "fault", 5),
        (r#"{"model":"m","prompt":"repeat"}"#, "", "unfinished", 3),
        (r#"{"model":"m","prompt":"what nobody recorded"}"#, "", "refused", 0),
        (r#"{"model":"nosuch","prompt":"count"}"#, "", "refused", 0),
        (r#"{"model":"nosuch"}"#, "", "refused", 0),
        (r#"{"model":"m","options":{"num_ctx":"wide"}}"#, "", "refused", 0),
        (r#"{"model":"#, "", "refused", 0),
        (r#"{"model":"m"}"#, "", "answered", 0),
        (r#"{"model":"m","keep_alive":0}"#, "", "answered", 0),
    ];
    for (body, fault, outcome, tokens) in cases {
        let file = NamedTempFile::new().expect("a file");
        let faults: Vec<&str> = Some(fault).filter(|fault| !fault.is_empty()).into_iter().collect();
        let server = start(Setup {
            cassettes: with_faults(&faults).cassettes,
            faults: with_faults(&faults).faults,
            ..setup("cut,chunk=2", &file)
        })
        .await;
        let mut client = Client::connect(&server).await;
        client.send("POST", "/api/generate", body).await;
        // How it ends for the client is told elsewhere.
        let _ = client.reply("POST").await;
        server.stop().await;
        let lines = read(&file);
        assert_eq!(lines.len(), 2, "{body} with {fault}: {lines:?}");
        let line = &lines[1];
        let chunks = line["chunks"].as_array().expect("chunks").iter();
        let written: u64 = chunks.map(|chunk| chunk[0].as_u64().expect("tokens")).sum();
        assert_eq!(
            (line["outcome"].as_str(), written),
            (Some(outcome), tokens),
            "{body} with {fault}: {line}"
        );
        let is_done = outcome == "answered" && tokens > 0;
        assert_eq!(line["told"].is_object(), is_done, "{body} with {fault}: {line}");
        assert!(at(line, "ended") >= at(line, "arrived"), "{body} with {fault}: {line}");
    }
}

#[tokio::test]
async fn who_is_turned_away_is_told_from_who_goes_away() {
    let file = NamedTempFile::new().expect("a file");
    let server = start(setup("cut", &file)).await;
    server.turn_away(Duration::from_secs(3600));
    for body in [r#"{"model":"lorem:9","prompt":"x"}"#, r#"{"model":"lorem:9"}"#] {
        assert_eq!(generate(&server, body).await.status, 503, "{body}");
    }
    server.stop().await;
    let outcomes: Vec<Value> = read(&file)[1..].iter().map(|line| line["outcome"].clone()).collect();
    assert_eq!(outcomes, ["refused-busy", "refused-busy"]);
}

#[tokio::test]
async fn lines_that_are_cut_inside_of_characters_come_whole() {
    let file = NamedTempFile::new().expect("a file");
    let server = start(setup("cut,burst=3,jitter=0.5", &file)).await;
    let body = r#"{"model":"lorem:1000","messages":[{"role":"user","content":"hi"}],"options":{"num_predict":40}}"#;
    let answer = chat(&server, body).await;
    let said: Vec<String> = answer
        .lines()
        .iter()
        .filter_map(|line| line["message"]["content"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(said.concat().split(' ').count(), 40);
    assert!(said.concat().starts_with("lōrem ipsum dōlōr"), "{said:?}");
    server.stop().await;
    let line = &read(&file)[1];
    let tokens = line["chunks"].as_array().expect("chunks").iter();
    assert_eq!(
        tokens.map(|chunk| chunk[0].as_u64().expect("tokens")).sum::<u64>(),
        40,
        "{line}"
    );
}
