//! Models that are taken in turns, there and back again.

use koderz_simulator::Setup;
use koderz_tests::{Ended, Koderz, serve_like};
use serde_json::Value;
use std::num::NonZeroU32;

/// A server that remembers what it has read.
fn remembering() -> Setup {
    Setup {
        lorem: "cache".parse().expect("a manner"),
        parallel: NonZeroU32::new(4).expect("there are slots"),
        ..Setup::default()
    }
}

/// The runs of a call that takes these models in turns, and what it wrote.
fn runs(koderz: &Koderz, asked: &str) -> (Vec<Value>, Ended) {
    let export = koderz.data().join("turns.json");
    let ended = koderz.call(&format!(
        "speed-test {asked} --interleave --export {}",
        export.display()
    ));
    let exported: Value = serde_json::from_slice(&std::fs::read(export).expect("the export")).expect("JSON");
    (exported["runs"].as_array().expect("runs").clone(), ended)
}

fn model(run: &Value) -> &str {
    run["manifest"]["models"]["subject"].as_str().expect("a model")
}

#[test]
fn models_are_taken_in_turns_there_and_back_and_compared_over_both() {
    let koderz = Koderz::new();
    let (runs, ended) = runs(
        &koderz,
        "lorem:100 lorem:400 --host embedded --set suite.max-output-tokens=16",
    );
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let order: Vec<&str> = runs.iter().map(model).collect();
    assert_eq!(order, ["lorem:100", "lorem:400", "lorem:400", "lorem:100"]);
    let table = ended.stdout.split("\nmodel  ").last().expect("a table");
    assert_eq!(
        table.matches("\nlorem:400 ").count() + table.matches("\nlorem:100 ").count(),
        2,
        "{table}"
    );
    assert!(
        table.contains("lorem:100: its decode differs by more than chance, p = 0.002"),
        "{table}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_round_asks_for_nothing_that_the_server_remembers_of_the_first() {
    let server = serve_like(&[], &[], remembering()).await;
    let koderz = Koderz::new();
    let (runs, ended) = runs(
        &koderz,
        &format!(
            "lorem:2000 lorem:3000 --host {} --shape prefill --repeat 2",
            server.url()
        ),
    );
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let seeds: Vec<u64> = runs
        .iter()
        .map(|run| run["manifest"]["seed"].as_u64().expect("a seed"))
        .collect();
    assert!(
        seeds[0] == seeds[1] && seeds[2] == seeds[3],
        "of a round all alike: {seeds:?}"
    );
    for run in &runs {
        let figures = run["figures"].as_array().expect("figures").iter();
        let names: Vec<&str> = figures.map(|figure| figure["name"].as_str().expect("a name")).collect();
        assert!(names.contains(&"prefill slope"), "{names:?}");
        assert!(!names.contains(&"flag prefix-cache"), "{} {names:?}", model(run));
    }
    assert!(!ended.stderr.contains("no longer in memory"), "{}", ended.stderr);
}

#[test]
fn a_model_that_failed_in_its_first_turn_is_asked_no_more_and_told_once() {
    let koderz = Koderz::new();
    let (runs, ended) = runs(
        &koderz,
        "gemma3:270m-base lorem:400 --host embedded --set suite.max-output-tokens=16",
    );
    assert_eq!(ended.code, Some(1), "{}\n{}", ended.stdout, ended.stderr);
    assert_eq!(runs.iter().map(model).collect::<Vec<_>>(), ["lorem:400", "lorem:400"]);
    assert!(ended.stdout.contains("⚠ 1 model(s) failed:\n"), "{}", ended.stdout);
    assert_eq!(ended.stderr.matches("is left out").count(), 1, "{}", ended.stderr);
}
