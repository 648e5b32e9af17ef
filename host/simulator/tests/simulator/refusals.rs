//! Requests that are no good.

use crate::client::Client;
use crate::{ask, generate, setup, start};

const JSON: &str = "application/json; charset=utf-8";

#[tokio::test]
async fn what_ollama_refuses_is_refused_in_its_words() {
    let server = start(setup()).await;
    for (path, body, status, error) in [
        (
            "generate",
            r#"{"model":"nosuch","prompt":"x"}"#,
            404,
            "model 'nosuch' not found",
        ),
        (
            "chat",
            r#"{"model":"nosuch","messages":[{"role":"user","content":"x"}]}"#,
            404,
            "model 'nosuch' not found",
        ),
        ("generate", r#"{"model":"nosuch"}"#, 404, "model 'nosuch' not found"),
        ("show", r#"{"model":"nosuch"}"#, 404, "model 'nosuch:latest' not found"),
        ("show", "{}", 400, "model is required"),
        ("generate", r#"{"prompt":"x"}"#, 404, "model '' not found"),
        (
            "generate",
            r#"{"model":"a b/c:d e","prompt":"x"}"#,
            400,
            "invalid model name",
        ),
        ("generate", r#"{"model":"m","#, 400, "unexpected EOF"),
        ("generate", "", 400, "missing request body"),
        (
            "generate",
            r#"{"model":"m","prompt":5}"#,
            400,
            "json: cannot unmarshal number into Go struct field GenerateRequest.prompt of type string",
        ),
        (
            "generate",
            r#"{"model":"m","prompt":"count","options":{"num_predict":"abc"}}"#,
            500,
            r#"option \"num_predict\" must be of type integer"#,
        ),
        (
            "generate",
            r#"{"model":"m","prompt":"count","keep_alive":"soon"}"#,
            400,
            r#"time: invalid duration \"soon\""#,
        ),
        (
            "generate",
            r#"{"model":"m","prompt":"count","format":"xml"}"#,
            500,
            r#"invalid format: \"\\\"xml\\\"\"; expected \"json\" or a valid JSON Schema object"#,
        ),
        (
            "chat",
            r#"{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{}]}"#,
            400,
            "registry.ollama.ai/library/m:latest does not support tools",
        ),
        (
            "generate",
            r#"{"model":"m","prompt":"count","think":true}"#,
            400,
            r#"\"m\" does not support thinking"#,
        ),
    ] {
        let refused = ask(&server, "POST", &format!("/api/{path}"), body).await;
        let expected = format!(r#"{{"error":"{error}"}}"#);
        assert_eq!(refused.told(), (status, JSON, expected.as_str()), "{body}");
    }
    let counts = server.counts();
    assert_eq!((counts.questions, counts.refused), (8, 8));
}

#[tokio::test]
async fn a_question_without_a_recorded_answer_is_the_clients_mistake() {
    let server = start(setup()).await;
    let refused = generate(&server, r#"{"model":"m","prompt":"nobody asked"}"#).await;
    let expected = r#"{"error":"the cassette of model 'm' has no answer to this question"}"#;
    assert_eq!(refused.told(), (400, JSON, expected));
    assert_eq!(server.counts().refused, 1);
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn an_unknown_option_is_ignored() {
    let server = start(setup()).await;
    let body = r#"{"model":"m","prompt":"count","options":{"no_such_option":1}}"#;
    assert_eq!(generate(&server, body).await.text(), " one two three four");
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused_in_plain_text() {
    let server = start(setup()).await;
    let path = ask(&server, "GET", "/api/nosuch", "").await;
    assert_eq!(path.told(), (404, "text/plain", "404 page not found"));
    let method = ask(&server, "GET", "/api/generate", "").await;
    assert_eq!(method.told(), (405, "text/plain", "405 method not allowed"));
    assert_eq!(method.header("Allow"), Some("POST"));
}

#[tokio::test]
async fn a_request_beyond_16_mib_is_refused() {
    let server = start(setup()).await;
    let mut client = Client::connect(&server).await;
    let most = 16 << 20;
    client
        .write(&format!(
            "POST /api/generate HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n",
            most * 2
        ))
        .await;
    client.write(&" ".repeat(most + 1)).await;
    let refused = client.reply("POST").await.expect("an answer");
    assert_eq!(refused.status, 413);
    assert!(refused.body.contains("limit"), "{}", refused.body);
}
