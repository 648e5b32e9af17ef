//! What it costs that suites and policies are plugins: loading, a call of a suite, which gets an instance of its own, and a
//! decision of a policy, as a component and as a shared library.
//!
//! The goals beside them are twice what a prototype of nothing but the calls took on an idle machine: 42 µs for an
//! instance, 3.4 µs for `next` with a history of 1 KiB in a living one, about 1 µs for a decision, 1.2 ms for loading what
//! was compiled before, 70 ms for compiling 91 kB. Without `--bench`, which cargo passes, everything is done once.

#![expect(clippy::print_stdout, reason = "the figures are what a benchmark is for")]

use koderz_api::suite::{Completion, Round};
use koderz_api::transport::FailureKind;
use koderz_loader::{Engines, Plugin, Trust, digest};
use koderz_plugin::testing::{attempt, reply, trial};
use koderz_tests::built;
use serde_json::Map;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

fn main() {
    let is_whole = std::env::args().any(|word| word == "--bench");
    let times = |times: usize| if is_whole { times } else { 1 };
    let cache = tempfile::tempdir().expect("a temporary folder");
    let component = |name: &str| made(&format!("{name}.wasm"));
    let sums = component("test-plugins/sums");
    let bytes = fs::metadata(&sums).expect("the component").len();
    println!("{:<46} {:>12} {:>12}", "", "median", "at most");
    let row = |what: &str, time: Duration, goal: &str| println!("{what:<46} {time:>12.1?} {goal:>12}");

    let cold = median(times(5), || {
        let engines = Engines::new(None).expect("engines");
        timed(|| Plugin::load(&engines, &sums).expect("it loads"))
    });
    let goal = format!("{:.0} ms", 2.0 * 70.0 * bytes as f64 / 91_000.0);
    row(&format!("load and compile {} kB", bytes / 1000), cold, &goal);
    let engines = Engines::new(Some(cache.path())).expect("engines");
    Plugin::load(&engines, &sums).expect("it loads");
    let warm = median(times(200), || {
        timed(|| Plugin::load(&engines, &sums).expect("it loads"))
    });
    row("load what was compiled before", warm, "2.4 ms");

    for (form, suite, policy) in [
        ("component", sums.clone(), component("plugins/exponential")),
        ("shared library", library("sums"), library("exponential")),
    ] {
        let goal = |text: &'static str| if form == "component" { text } else { "" };
        let suite = load(&engines, &suite).open_suite(&Map::new()).expect("it opens");
        let task = suite.tasks(None).expect("a page").tasks.remove(0);
        let trial = trial(task);
        let describe = median(times(5000), || timed(|| suite.describe().expect("it answers")));
        row(
            &format!("{form}: an instance, opened, and `describe`"),
            describe,
            goal("84 µs"),
        );
        let history: Vec<Round> = vec![vec![Completion::Asked(Ok(reply("x".repeat(1024))))]];
        let next = median(times(5000), || {
            timed(|| suite.next(black_box(&trial), black_box(&history)).expect("it answers"))
        });
        row(
            &format!("{form}: the same, and `next` after 1 KiB"),
            next,
            goal("91 µs"),
        );
        let policy = load(&engines, &policy).open_retry(&Map::new()).expect("it opens");
        let failed = attempt(1, FailureKind::Overloaded);
        let decide = median(times(50_000), || {
            timed(|| policy.decide(black_box(&failed)).expect("it decides"))
        });
        row(&format!("{form}: a decision"), decide, goal("2 µs"));
    }
}

fn timed<T>(body: impl FnOnce() -> T) -> Duration {
    let began = Instant::now();
    black_box(body());
    began.elapsed()
}

fn median(times: usize, mut once: impl FnMut() -> Duration) -> Duration {
    let mut taken: Vec<Duration> = (0..times).map(|_| once()).collect();
    taken.sort();
    taken[times / 2]
}

fn made(file: &str) -> PathBuf {
    built().with_file_name("debug").join(file)
}

/// Built without optimisation, as `cargo xtask plugins` makes them.
fn library(name: &str) -> PathBuf {
    made(&format!("test-plugins/native/{DLL_PREFIX}{name}{DLL_SUFFIX}"))
}

fn load(engines: &Engines, file: &Path) -> Plugin {
    let digest = digest::of(&fs::read(file).expect("the plugin"));
    let mut trust = Trust {
        native: true,
        ..Trust::default()
    };
    trust.pins.entry("any".to_owned()).or_default().insert(digest);
    Plugin::load(&engines.clone().trusting(trust), file).expect("it loads")
}
