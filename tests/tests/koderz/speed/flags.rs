//! Whatever makes a figure doubtful is said: servers with one trouble each.

use koderz_simulator::{Server, Setup};
use koderz_tests::{Koderz, serve_like};
use serde_json::Value;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

/// A server whose models behave like this.
async fn server(lorem: &str, parallel: u32) -> Server {
    faulty(lorem, parallel, &[]).await
}

/// The same with faults.
async fn faulty(lorem: &str, parallel: u32, faults: &[&str]) -> Server {
    let setup = Setup {
        lorem: lorem.parse().expect("a manner"),
        load: Duration::from_millis(300),
        parallel: NonZeroU32::new(parallel).expect("there are slots"),
        ..Setup::default()
    };
    serve_like(&[], faults, setup).await
}

/// The flags that a speed test raises, and how often.
fn flags(koderz: &Koderz, server: &Server, asked: &str) -> BTreeMap<String, u64> {
    let export = koderz.data().join("speed.json");
    let ended = koderz.call(&format!(
        "speed-test --host {} {asked} --export {}",
        server.url(),
        export.display()
    ));
    assert_eq!(ended.code, Some(0), "{asked}: {}\n{}", ended.stdout, ended.stderr);
    let export: Value = serde_json::from_slice(&std::fs::read(export).expect("the export")).expect("JSON");
    let figures = export["figures"].as_array().expect("figures").iter();
    let flag = |figure: &Value| {
        let name = figure["name"].as_str()?.strip_prefix("flag ")?.to_owned();
        Some((name, figure["value"].as_f64()? as u64))
    };
    figures.filter_map(flag).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_trouble_of_a_server_raises_its_flag() {
    let single = "lorem:200 --shape tg128 --repeat 6";
    for (flag, lorem, parallel, asked) in [
        ("reload", "unload/4", 4, single),
        ("prompt-truncated", "keep=600", 4, "lorem:2000 --shape prefill"),
        ("short-answer", "end=60/4", 4, single),
        (
            "short-answer",
            "seed=1",
            4,
            "lorem:1000 --shape tg128 --repeat 2 --num-predict 32",
        ),
        ("thinking", "think=5", 4, "lorem:1000 --shape tg128 --repeat 3"),
        ("bursts", "chunk=4", 4, single),
        ("bursts", "burst=4", 4, "lorem:100 --shape tg128 --repeat 2"),
        ("stall", "stall=250ms/4", 4, single),
        ("unreconciled", "told=0.5", 4, single),
        ("other-clients", "others=200ms/4", 4, single),
        ("partial-offload", "vram=0.7", 4, "lorem:1000 --shape tg128 --repeat 2"),
        ("partial-offload", "vram=0", 4, "lorem:1000 --shape tg128 --repeat 2"),
        ("slowing-down", "tire=0.06", 4, "lorem:400 --shape tg128 --repeat 12"),
        (
            "parallelism-1",
            "seed=1",
            1,
            "lorem:300 --shape tg128 --concurrency 1,2 --requests 8",
        ),
    ] {
        let server = server(lorem, parallel).await;
        let raised = flags(&Koderz::new(), &server, asked);
        assert!(raised.contains_key(flag), "no {flag} with {lorem}: {raised:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_of_models_names_what_is_doubtful_of_each() {
    let server = server("vram=0.5,chunk=4", 4).await;
    let ended = Koderz::new().call(&format!(
        "speed-test lorem:400 lorem:800 --shape tg128 --repeat 6 --host {}",
        server.url()
    ));
    let (_, table) = ended
        .stdout
        .split_once("\nflags:\n")
        .unwrap_or_else(|| panic!("{}", ended.stdout));
    for model in [
        "lorem:400: bursts, partial-offload",
        "lorem:800: bursts, partial-offload",
    ] {
        assert!(table.contains(model), "{}", ended.stdout);
    }
    for told in [
        "\ndecode:\nlorem:800: median of 6, 95 % ",
        " on a GPU, and the rest is slow: a smaller --num-ctx\n",
    ] {
        assert!(ended.stdout.contains(told), "{told}: {}", ended.stdout);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_its_end_is_flagged_though_asking_again_mends_it() {
    let server = faulty("seed=1", 4, &["no-done:20/4"]).await;
    let asked = "lorem:1000 --shape tg128 --repeat 6 --set retry.initial-delay=0.01";
    let raised = flags(&Koderz::new(), &server, asked);
    let missing = raised.get("missing-done").copied().unwrap_or_default();
    assert!((1..=3).contains(&missing), "{raised:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_remembers_prompts_fools_nobody_unless_the_same_ones_are_asked_for() {
    let server = server("cache", 4).await;
    let koderz = Koderz::new();
    let asked = "lorem:2000 --shape prefill --repeat 2";
    for _ in 0..2 {
        let raised = flags(&koderz, &server, asked);
        assert!(
            !raised.contains_key("prefix-cache"),
            "each test has prompts of its own: {raised:?}"
        );
    }
    let same = format!("{asked} --seed 7");
    assert!(!flags(&koderz, &server, &same).contains_key("prefix-cache"));
    assert!(
        flags(&koderz, &server, &same).contains_key("prefix-cache"),
        "all were read before"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_and_the_export_explain_as_many_answers_as_the_suite_where_pieces_have_several_tokens() {
    let server = server("chunk=4", 4).await;
    let koderz = Koderz::new();
    let export = koderz.data().join("speed.json");
    let ended = koderz.call(&format!(
        "speed-test lorem:200 --shape tg128 --repeat 6 --host {} --export {}",
        server.url(),
        export.display()
    ));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let export: Value = serde_json::from_slice(&std::fs::read(export).expect("the export")).expect("JSON");
    let of = |name: &str| {
        let figures = export["figures"].as_array().expect("figures");
        let figure = figures.iter().find(|figure| figure["name"] == name);
        figure.and_then(|figure| figure["value"].as_f64())
    };
    let samples = export["samples"].as_array().expect("samples").iter();
    let explained: Vec<bool> = samples
        .filter_map(|sample| sample["answer"]["waterfall"]["reconciled"].as_bool())
        .collect();
    let unexplained = explained.iter().filter(|explained| !**explained).count();
    let flagged = of("flag unreconciled").unwrap_or(0.0);
    assert_eq!(
        explained.len(),
        8,
        "with the two of which only the prompt's tokens are counted"
    );
    assert!(
        (flagged..=flagged + 2.0).contains(&(unexplained as f64)),
        "{}",
        ended.stdout
    );
    let drawn = ended.stdout.lines().find_map(|line| line.strip_prefix("report   "));
    let page = std::fs::read_to_string(drawn.expect("a page")).expect("it can be read");
    let told = page
        .split("in parts; those of ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next());
    let told: usize = told.and_then(|told| told.parse().ok()).expect("a number");
    assert!(
        6 - told <= unexplained,
        "{told} of 6 on the page, {unexplained} of 8 unexplained"
    );
}
