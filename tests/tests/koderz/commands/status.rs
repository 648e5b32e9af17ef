//! `koderz status`: what is in memory.

use super::{call, load, nobody, serve, slots, told, usual};
use koderz_tests::Koderz;
use serde_json::Value;
use std::io::{BufRead, BufReader};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_model_in_memory_says_so() {
    let server = serve(&[], usual()).await;
    let ended = call(&server, "status").await;
    insta::assert_snapshot!(told(&ended, &server.url()), @"
    SERVER  Ollama 0.32.15
    no model is in memory
    exit code 0
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn models_in_memory_are_listed_and_asked_only_if_wanted() {
    let server = serve(&[], usual()).await;
    load(&server, "lorem:1000");
    load(&server, "lorem:50");
    let ended = call(&server, "status").await;
    assert_eq!((ended.code, server.counts().questions), (Some(0), 0));
    let rows: Vec<Vec<&str>> = ended
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        rows[1],
        ["model", "size", "graphics", "context", "stays"],
        "{}",
        ended.stdout
    );
    let names: Vec<&str> = rows[2..].iter().map(|row| row[0]).collect();
    assert_eq!(names, ["lorem:50", "lorem:1000"]);

    let ended = call(&server, "status --probe --json").await;
    let object: Value = serde_json::from_str(&ended.stdout).expect("an object");
    let models = object["models"].as_array().expect("models");
    assert_eq!(models.len(), 2);
    for model in models {
        let seconds = model["probe"]["token_seconds"].as_f64();
        assert!(seconds.is_some_and(|seconds| seconds > 0.0), "{object}");
        assert_eq!(model["context_tokens"], 4096);
        let stays = model["stays_seconds"].as_u64();
        assert!(stays.is_some_and(|seconds| (200..=300).contains(&seconds)), "{object}");
    }
    assert_eq!(server.counts().questions, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_shows_a_model_that_is_stuck() {
    let server = serve(&[], slots(1)).await;
    load(&server, "lorem:1000");
    server.wedge("lorem:1000").expect("it is in memory");
    let ended = call(&server, "status --probe 0.5").await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let row = ended.stdout.lines().last().expect("a row");
    assert!(
        row.starts_with("lorem:1000") && row.ends_with("more than 0.5 s"),
        "{row}"
    );
}

#[test]
fn a_server_that_nobody_reaches_is_an_error() {
    let address = nobody();
    let ended = Koderz::new().call(&format!("status --host {address}"));
    insta::assert_snapshot!(told(&ended, &address), @"
    error: cannot reach Ollama at http://SERVER: nothing listens there
    hint: start it with `ollama serve`, name another with --host, or try --host embedded
    exit code 2
    ");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn watching_goes_on_until_a_signal_even_if_the_server_goes_away() {
    let server = serve(&[], usual()).await;
    let koderz = Koderz::new();
    let mut child = koderz
        .command(&format!("status --watch 0.05 --json --host {}", server.url()))
        .spawn()
        .expect("koderz starts");
    let mut looks = BufReader::new(child.stdout.take().expect("standard output"))
        .lines()
        .map(|line| serde_json::from_str::<Value>(&line.expect("a line")).expect("an object"));
    let mut next = || looks.next().expect("another look");
    for _ in 0..2 {
        assert_eq!(next()["version"], "0.32.15");
    }
    server.stop().await;
    while next()["error"].is_null() {}
    let error = next()["error"].as_str().map(str::to_owned);
    assert!(error.is_some_and(|error| error.starts_with("cannot reach Ollama")));
    super::interrupt(&child);
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}
