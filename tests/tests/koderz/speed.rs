//! The speed test in its first form, against models whose speed is known.

use koderz_tests::{Koderz, cassette, serve};
use serde_json::Value;

/// The median of a metric in an export.
fn median(run: &Value, metric: &str) -> f64 {
    let samples = run["samples"].as_array().expect("samples");
    let mut values: Vec<f64> = samples
        .iter()
        .filter_map(|sample| sample["metrics"][metric].as_f64())
        .collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[test]
fn models_are_measured_within_five_percent_and_one_that_is_missing_is_listed() {
    let koderz = Koderz::new();
    let export = koderz.data().join("speed.json");
    let ended = koderz.call(&format!(
        "speed-test lorem:50 lorem:200 nosuch --host embedded --set suite.max-output-tokens=48 --export {}",
        export.display()
    ));
    assert_eq!(ended.code, Some(1), "{}\n{}", ended.stdout, ended.stderr);
    let exported: Value = serde_json::from_slice(&std::fs::read(export).expect("the export")).expect("JSON");
    for (run, rate) in [(0, 50.0), (1, 200.0)] {
        let decode = median(&exported["runs"][run], "decode");
        assert!((decode / rate - 1.0).abs() < 0.05, "{decode} for {rate}");
    }
    let table = ended.stdout.split("\nmodel  ").last().expect("a table");
    assert!(
        table.find("lorem:200") < table.find("lorem:50 "),
        "the fastest comes first:\n{table}"
    );
    assert!(table.contains("  1.00  ") && table.contains("  0.25  "), "{table}");
    assert!(
        table.ends_with("⚠ 1 model(s) failed:\n  • nosuch: the embedded server has no model `nosuch`\n"),
        "{table}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn prompts_are_asked_one_at_a_time_after_a_load_and_a_warm_up() {
    let server = serve(&[cassette("reference")], &[]).await;
    let koderz = Koderz::new();
    let ended = koderz.call(&format!(
        "speed-test lorem:2000 --host {} --samples 2 --set suite.max-output-tokens=16",
        server.url()
    ));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    // Two warm-ups and three prompts twice.
    let counts = server.counts();
    assert_eq!(
        (counts.questions, counts.load_starts, counts.most_at_once),
        (8, 1, 1),
        "{counts:?}"
    );
    assert!(
        ended.stdout.contains("median of 6, "),
        "the warm-up is in no figure:\n{}",
        ended.stdout
    );
    assert!(!ended.stdout.contains("pass "), "{}", ended.stdout);
}
