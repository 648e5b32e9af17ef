//! Answers, streamed and whole.

use crate::client::Client;
use crate::{PIECES, chat, generate, setup, start};
use koderz_simulator::{Cassette, Pace, Setup};
use std::fmt::Write;

#[tokio::test]
async fn a_streamed_answer_has_ollamas_objects_line_by_line() {
    let server = start(setup()).await;
    let answer = generate(&server, r#"{"model":"m","prompt":"count","raw":true}"#).await;
    assert_eq!(
        (answer.status, answer.header("Content-Type")),
        (200, Some("application/x-ndjson"))
    );
    assert_eq!(answer.end, Ok(()));
    let mut expected = String::new();
    for piece in PIECES {
        writeln!(
            expected,
            r#"{{"model":"m","created_at":"T","response":"{piece}","done":false}}"#
        )
        .expect("a string takes all text");
    }
    expected += r#"{"model":"m","created_at":"T","response":"","done":true,"done_reason":"stop","total_duration":1000,"load_duration":10,"prompt_eval_count":3,"prompt_eval_duration":190,"eval_count":4,"eval_duration":800}"#;
    assert_eq!(answer.masked(), expected + "\n");
}

#[tokio::test]
async fn a_whole_answer_is_one_object() {
    let server = start(setup()).await;
    let answer = generate(&server, r#"{"model":"M:latest","prompt":"count","stream":false}"#).await;
    let expected = r#"{"model":"M:latest","created_at":"T","response":" one two three four","done":true,"done_reason":"stop","total_duration":1000,"load_duration":10,"prompt_eval_count":3,"prompt_eval_duration":190,"eval_count":4,"eval_duration":800}"#;
    assert_eq!(answer.told().1, "application/json; charset=utf-8");
    assert_eq!(answer.masked(), expected);
}

#[tokio::test]
async fn a_conversation_is_answered_with_a_message() {
    let server = start(setup()).await;
    let messages = r#"[{"role":"system","content":"s"},{"role":"user","content":"hello"}]"#;
    let answer = chat(&server, &format!(r#"{{"model":"m","messages":{messages}}}"#)).await;
    let expected = r#"{"model":"m","created_at":"T","message":{"role":"assistant","content":" hi"},"done":false}
{"model":"m","created_at":"T","message":{"role":"assistant","content":""},"done":true,"done_reason":"length","total_duration":900,"eval_count":1}
"#;
    assert_eq!(answer.masked(), expected);
    let whole = chat(
        &server,
        &format!(r#"{{"model":"m","messages":{messages},"stream":false}}"#),
    )
    .await;
    let expected = r#"{"model":"m","created_at":"T","message":{"role":"assistant","content":" hi"},"done":true,"done_reason":"length","total_duration":900,"eval_count":1}"#;
    assert_eq!(whole.masked(), expected);
}

#[tokio::test]
async fn thinking_comes_before_the_answer() {
    let server = start(setup()).await;
    let answer = generate(&server, r#"{"model":"n:7b","prompt":"why","think":true}"#).await;
    let expected = r#"{"model":"n:7b","created_at":"T","response":"","thinking":"hm","done":false}
{"model":"n:7b","created_at":"T","response":"so","done":false}
{"model":"n:7b","created_at":"T","response":"","done":true,"done_reason":"stop","eval_count":2}
"#;
    assert_eq!(answer.masked(), expected);
}

#[tokio::test]
async fn a_bound_on_the_output_cuts_the_answer_and_says_so() {
    let server = start(setup()).await;
    for stream in [true, false] {
        let body = format!(r#"{{"model":"m","prompt":"count","stream":{stream},"options":{{"num_predict":2}}}}"#);
        let answer = generate(&server, &body).await;
        let lines = answer.lines();
        let last = lines.last().expect("a line");
        assert_eq!(answer.text(), PIECES[..2].concat());
        assert_eq!((&last["done"], &last["done_reason"]), (&true.into(), &"length".into()));
        assert_eq!((&last["eval_count"], &last["eval_duration"]), (&2.into(), &400.into()));
        assert_eq!(last["total_duration"], 600);
    }
}

#[tokio::test]
async fn an_answer_without_an_end_ends_as_it_did() {
    let server = start(setup()).await;
    let answer = generate(&server, r#"{"model":"m","prompt":"repeat"}"#).await;
    assert_eq!((answer.status, answer.end), (200, Ok(())));
    assert_eq!(answer.text(), "again and again");
    assert!(answer.lines().iter().all(|line| line["done"] == false));
    let whole = generate(&server, r#"{"model":"m","prompt":"repeat","stream":false}"#).await;
    let expected = r#"{"model":"m","created_at":"T","response":"again and again","done":false}"#;
    assert_eq!((whole.status, whole.masked().as_str()), (200, expected));
    let counts = server.counts();
    assert_eq!((counts.questions, counts.unfinished, counts.answered), (2, 2, 0));
}

#[tokio::test]
async fn several_answers_to_one_question_take_turns() {
    let line = |text: &str| format!(r#"{{"model":"m","prompt":"p","reply":{{"response":"{text}","done":true}}}}"#);
    let samples = ["a", "b", "c"].map(line).join("\n");
    let server = start(Setup {
        cassettes: vec![Cassette::parse("samples", &samples).expect("a cassette")],
        ..Setup::default()
    })
    .await;
    let mut told = String::new();
    for _ in 0..4 {
        told += &generate(&server, r#"{"model":"m","prompt":"p"}"#).await.text();
    }
    assert_eq!(told, "abca");
    assert_eq!(server.asked(), [("m:latest p".to_owned(), 4)].into());
}

#[tokio::test]
async fn every_question_is_counted_and_how_often_it_was_asked() {
    let server = start(setup()).await;
    let mut client = Client::connect(&server).await;
    for body in [
        r#"{"model":"m","prompt":"count"}"#,
        r#"{"model":"m","prompt":"count","stream":false}"#,
        r#"{"model":"n:7b","prompt":"why"}"#,
    ] {
        client.ask("POST", "/api/generate", body).await;
    }
    assert_eq!(
        server.asked(),
        [("m:latest count".to_owned(), 2), ("n:7b why".to_owned(), 1)].into()
    );
    let counts = server.counts();
    assert_eq!((counts.questions, counts.answered, counts.cancelled), (3, 3, 0));
}

#[tokio::test]
async fn a_long_answer_comes_whole_at_any_pace() {
    let text = "0123456789".repeat(8_000);
    let line = format!(
        r#"{{"model":"m","prompt":"long","reply":{{"response":"{text}","done":true,"eval_count":20000,"eval_duration":20000}}}}"#
    );
    for pace in [Pace::Instant, Pace::Recorded, Pace::TokensPerSecond(1e6)] {
        let server = start(Setup {
            cassettes: vec![Cassette::parse("long", &line).expect("a cassette")],
            pace,
            ..Setup::default()
        })
        .await;
        let answer = generate(&server, r#"{"model":"m","prompt":"long"}"#).await;
        let lines = answer.body.lines().count();
        assert_eq!((answer.end, lines), (Ok(()), 20_001), "{pace}");
        assert!(answer.text() == text, "another text at pace {pace}");
        assert_eq!(server.counts().answered, 1);
    }
}
