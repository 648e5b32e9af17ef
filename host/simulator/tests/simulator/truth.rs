//! What the server writes down of what really happened.

use crate::{chat, generate, start};
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
    // The first line is there once its second token is.
    for (number, chunk) in chunks.iter().enumerate() {
        assert_eq!(chunk[0], 2);
        let due = 50.0 + 20.0 + 40.0 * number as f64;
        let late = chunk[1].as_u64().expect("a time") as f64 / 1e6 - at(line, "slot") - due;
        assert!((-0.1..1000.0).contains(&late), "{late} ms late: {line}");
    }
    assert_eq!(chunks.len(), 3);
    assert!(at(line, "ended") - at(line, "slot") >= 170.0, "{line}");
    assert_eq!(line["told"]["prompt_eval_duration"], 50_000_000, "{line}");
}

#[tokio::test]
async fn who_waits_for_a_slot_and_who_goes_away_is_in_it_too() {
    let file = NamedTempFile::new().expect("a file");
    let server = start(setup("others=80ms", &file)).await;
    let body = r#"{"model":"lorem:1000","prompt":"x","options":{"num_predict":2}}"#;
    generate(&server, body).await;
    let gone = tokio::time::timeout(
        Duration::from_millis(200),
        generate(
            &server,
            r#"{"model":"lorem:1","prompt":"y","options":{"num_predict":9}}"#,
        ),
    );
    assert!(gone.await.is_err());
    server.stop().await;
    let lines = read(&file);
    assert!(at(&lines[1], "slot") - at(&lines[1], "arrived") >= 80.0, "{}", lines[1]);
    assert_eq!(
        (&lines[2]["outcome"], &lines[2]["prompt"]),
        (&"cancelled".into(), &"y".into())
    );
    assert_eq!(lines.len(), 3);
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
