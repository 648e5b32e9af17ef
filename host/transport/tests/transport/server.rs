//! Questions about the server itself.

use crate::scripted::{Act, Scripted, client, nowhere, whole};
use koderz_core::ports::Model;
use koderz_transport::TransportError;
use std::time::Duration;

const TAGS: &str = concat!(
    r#"{"models":[{"name":"gemma3:270m","model":"gemma3:270m","modified_at":"2026-11-24T07:00:00Z","size":253,"digest":"fb5c","#,
    r#""details":{"parent_model":"","format":"gguf","family":"gemma3","families":["gemma3"],"parameter_size":"268.10M","#,
    r#""quantization_level":"Q4_K_M"}},{"name":"tiny:latest","size":7,"digest":"00ff","#,
    r#""details":{"family":"","parameter_size":"","quantization_level":""}}]}"#
);

#[tokio::test]
async fn a_server_says_its_version() {
    let server = Scripted::new(vec![whole(200, "", r#"{"version":"0.32.15"}"#)]).await;
    let client = server.client();
    assert_eq!(client.version().await, Ok("0.32.15".to_owned()));
    assert!(client.reachable().await);
    assert_eq!(server.asked()[0].line, "GET /api/version");
}

#[tokio::test]
async fn its_models_are_listed_with_what_is_known_of_them() {
    let server = Scripted::new(vec![whole(200, "", TAGS)]).await;
    let models = server.client().models().await.expect("models");
    let gemma = &models[0];
    assert_eq!(
        (gemma.name.as_str(), gemma.digest.as_str(), gemma.bytes),
        ("gemma3:270m", "fb5c", 253)
    );
    assert_eq!(gemma.parameter_size.as_deref(), Some("268.10M"));
    assert_eq!(
        (gemma.quantization.as_deref(), gemma.family.as_deref()),
        (Some("Q4_K_M"), Some("gemma3"))
    );
    assert_eq!((&models[1].parameter_size, &models[1].quantization), (&None, &None));
}

#[tokio::test]
async fn a_model_is_found_by_every_name_that_means_it() {
    let server = Scripted::new(vec![whole(200, "", TAGS)]).await;
    let client = server.client();
    for (asked, found) in [
        ("tiny", "tiny:latest"),
        ("tiny:latest", "tiny:latest"),
        ("gemma3:270m", "gemma3:270m"),
    ] {
        assert_eq!(client.model(asked).await.map(|model| model.name), Ok(found.to_owned()));
    }
    let error = client.model("gemma3").await.expect_err("no gemma3:latest").to_string();
    let address = server.address;
    let expected = format!("http://{address} has no model `gemma3`\nhint: it has gemma3:270m, tiny:latest");
    assert_eq!(error, expected);
}

#[tokio::test]
async fn a_model_that_is_not_there_is_not_shown_and_the_others_are_named() {
    let missing = r#"{"error":"model 'gemma3:latest' not found"}"#;
    let server = Scripted::new(vec![whole(404, "", missing), whole(200, "", TAGS)]).await;
    let error = server.client().show("gemma3").await.expect_err("no gemma3");
    let TransportError::ModelMissing { model, known, .. } = error else {
        panic!("another error: {error}");
    };
    assert_eq!((model.as_str(), known.len()), ("gemma3", 2));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_to_be_unreachable_with_a_hint() {
    let server = Scripted::new(vec![vec![Act::Close]]).await;
    let error = server.client().version().await.expect_err("closed").to_string();
    let address = server.address;
    assert!(
        error.starts_with(&format!("cannot reach Ollama at http://{address}: ")),
        "{error}"
    );
    assert!(error.contains("\nhint: "), "{error}");
    assert!(!client(&nowhere().await, Duration::from_secs(60)).reachable().await);
}

#[tokio::test]
async fn a_server_of_something_else_is_told_from_ollama() {
    for script in [
        whole(404, "", "not here"),
        whole(200, "", "<html>"),
        whole(200, "", "{}"),
    ] {
        let server = Scripted::new(vec![script]).await;
        let error = server.client().version().await.expect_err("not Ollama");
        assert!(matches!(error, TransportError::Strange { .. }), "{error}");
        assert!(!server.client().reachable().await);
    }
}
