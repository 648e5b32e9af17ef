//! Exchanges with a real server, played again: `tests/fixtures` holds their bodies as they came, the list of numbers in
//! `context` apart. The name of a line is that of the exchange.

use crate::scripted::{Act, Scripted, chunk, end, failed, question, refused, streaming, whole};
use koderz_api::chat::{Message, Prompt, Role};
use koderz_core::ports::{Model, Question};
use serde_json::Value;
use std::time::{Duration, SystemTime};

fn lines(text: &str) -> impl Iterator<Item = Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a fixture"))
}

fn text<'a>(fixture: &'a Value, name: &str) -> &'a str {
    fixture[name].as_str().unwrap_or_else(|| panic!("{name} in {fixture}"))
}

/// The question that an endpoint is for.
fn asked(path: &str) -> Question {
    let hello = "hello".to_owned();
    question(match path {
        "/api/chat" => Prompt::Chat(vec![Message {
            role: Role::User,
            content: hello,
        }]),
        "/api/generate" => Prompt::Completion(hello),
        other => panic!("no question goes to {other}"),
    })
}

fn script(fixture: &Value) -> Vec<Act> {
    let pieces: Vec<&str> = fixture["pieces"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let stream = std::iter::once(streaming()).chain(pieces.iter().map(|piece| chunk(piece)));
    match text(fixture, "end") {
        "length" => whole(200, "", &pieces.concat()),
        "clean" => stream.chain([end()]).collect(),
        "cut" => stream.chain([Act::Close]).collect(),
        other => panic!("no end: {other}"),
    }
}

#[tokio::test]
async fn every_recorded_answer_reads_as_it_was_and_every_broken_one_as_broken() {
    for fixture in lines(include_str!("../fixtures/exchanges.jsonl")) {
        let server = Scripted::new(vec![script(&fixture)]).await;
        let result = server.client().attempt(&asked(text(&fixture, "path"))).await;
        let from = text(&fixture, "from");
        if fixture.get("kind").is_some() {
            let failure = failed(result);
            assert_eq!(serde_json::json!(failure.kind), fixture["kind"], "{from}");
            assert_eq!(failure.detail, text(&fixture, "detail"), "{from}");
            continue;
        }
        let reply = result.unwrap_or_else(|error| panic!("{from}: {error:?}"));
        assert_eq!(reply.text, text(&fixture, "text"), "{from}");
        assert_eq!(serde_json::json!(reply.stop), fixture["stop"], "{from}");
        assert_eq!(
            serde_json::json!(reply.usage.output_tokens),
            fixture["tokens"],
            "{from}"
        );
    }
}

#[tokio::test]
async fn every_known_body_means_the_same_over_the_wire() {
    for fixture in lines(include_str!("../fixtures/said.jsonl")) {
        let body = text(&fixture, "body");
        let error = match serde_json::from_str::<Value>(body) {
            Ok(_) => format!("{body}\n"),
            Err(_) => format!("{}\n", serde_json::json!({ "error": body })),
        };
        let first = (fixture["phase"] == "decode").then(|| chunk("{\"response\":\" seven\",\"done\":false}\n"));
        let script = match fixture["status"].as_u64() {
            Some(status) => whole(status as u16, "", body),
            None => [streaming()]
                .into_iter()
                .chain(first)
                .chain([chunk(&error), end()])
                .collect(),
        };
        let server = Scripted::new(vec![script]).await;
        let result = server.client().attempt(&asked("/api/generate")).await;
        let (kind, detail) = match text(&fixture, "kind") {
            "refused" => (Value::from("refused"), refused(result).detail),
            _ => {
                let failure = failed(result);
                (serde_json::json!(failure.kind), failure.detail)
            }
        };
        assert_eq!(
            (&kind, detail.as_str()),
            (&fixture["kind"], text(&fixture, "detail")),
            "{body}"
        );
    }
}

#[tokio::test]
async fn the_models_of_a_recorded_list_are_read() {
    let server = Scripted::new(vec![whole(200, "", include_str!("../fixtures/tags.json"))]).await;
    let model = server.client().model("gemma3-270m").await.expect("a model");
    assert_eq!((model.name.as_str(), model.bytes), ("gemma3-270m:latest", 253_113_360));
    assert_eq!(model.quantization.as_deref(), Some("Q4_K_M"));
}

#[tokio::test]
async fn the_models_in_memory_are_listed_with_their_window_and_how_long_they_stay() {
    let server = Scripted::new(vec![
        whole(200, "", include_str!("../fixtures/ps.json")),
        whole(200, "", r#"{"models":[]}"#),
        whole(
            200,
            "",
            r#"{"models":[{"name":"m:1b","size":9,"size_vram":4,"expires_at":""}]}"#,
        ),
    ])
    .await;
    let client = server.client();
    let loaded = client.loaded_models().await.expect("a list");
    let gemma = &loaded[0];
    assert_eq!((loaded.len(), gemma.name.as_str()), (1, "gemma3-270m:latest"));
    assert!(gemma.digest.starts_with("fb5cf0fe") && gemma.digest.len() == 64);
    assert_eq!(
        (gemma.bytes, gemma.vram_bytes, gemma.context_tokens),
        (0, 0, Some(2048))
    );
    assert_eq!(gemma.expires_at.as_deref(), Some("2026-11-24T07:04:42.635214666Z"));
    assert!(
        gemma
            .stays(SystemTime::UNIX_EPOCH)
            .is_some_and(|left| left > Duration::from_secs(1_000_000_000))
    );
    assert_eq!(client.loaded_models().await, Ok(Vec::new()));
    let split = &client.loaded_models().await.expect("a list")[0];
    assert_eq!((split.bytes, split.vram_bytes), (9, 4));
    assert_eq!((split.context_tokens, &split.expires_at), (None, &None));
    assert!(server.asked().iter().all(|asked| asked.line == "GET /api/ps"));
}

#[tokio::test]
async fn a_model_is_shown_with_its_size_and_what_it_can_do() {
    let server = Scripted::new(vec![
        whole(200, "", include_str!("../fixtures/show.json")),
        whole(
            200,
            "",
            r#"{"details":{"parameter_size":"8x7B","family":""},"capabilities":["completion","tools"]}"#,
        ),
    ])
    .await;
    let client = server.client();
    let gemma = client.show("gemma3-270m").await.expect("details");
    assert_eq!(
        (gemma.parameters, gemma.context_tokens),
        (Some(268_098_176), Some(32_768))
    );
    assert_eq!(gemma.capabilities, ["completion"]);
    assert_eq!(
        (gemma.family.as_deref(), gemma.quantization.as_deref()),
        (Some("gemma3"), Some("Q4_K_M"))
    );
    let settings = gemma.settings.expect("settings");
    assert!(
        settings.contains("temperature") && settings.lines().count() == 2,
        "{settings}"
    );
    let bare = client.show("bare").await.expect("details");
    assert_eq!((bare.parameters, bare.context_tokens), (Some(56_000_000_000), None));
    assert_eq!((bare.family, bare.settings, bare.capabilities.len()), (None, None, 2));
    let asked = server.asked();
    assert_eq!(
        (asked[0].line.as_str(), &asked[0].body),
        ("POST /api/show", &serde_json::json!({"model": "gemma3-270m"}))
    );
}
