//! Whatever makes a figure doubtful is said: servers with one trouble each.

use koderz_simulator::{Server, Setup};
use koderz_tests::{Koderz, serve_like};
use serde_json::Value;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

/// A server whose models behave like this.
async fn server(lorem: &str, parallel: u32) -> Server {
    let setup = Setup {
        lorem: lorem.parse().expect("a manner"),
        load: Duration::from_millis(300),
        parallel: NonZeroU32::new(parallel).expect("there are slots"),
        ..Setup::default()
    };
    serve_like(&[], &[], setup).await
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
        ("thinking", "think=5", 4, "lorem:1000 --shape tg128 --repeat 3"),
        ("bursts", "chunk=4", 4, single),
        ("bursts", "burst=4", 4, "lorem:100 --shape tg128 --repeat 2"),
        ("stall", "stall=250ms/4", 4, single),
        ("unreconciled", "told=0.5", 4, single),
        ("other-clients", "others=200ms/4", 4, single),
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
