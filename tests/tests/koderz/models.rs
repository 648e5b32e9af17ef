//! Several models in one benchmark: one after the other, one table, and what failed at its end.

use koderz_tests::{Koderz, cassette, serve, test_cassette};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn several_models_are_tested_one_after_the_other_and_compared_in_one_table() {
    let server = serve(&[cassette("reference"), test_cassette("wrong-every-10")], &[]).await;
    let koderz = Koderz::new();
    let export = koderz.data().join("both.json");
    let ended = koderz.call(&format!(
        "benchmark --host {} --end 20 --local-model wrong-every-10 --local-model nosuch --local-model reference --export {}",
        server.url(),
        export.display()
    ));
    assert_eq!(ended.code, Some(1), "{}\n{}", ended.stdout, ended.stderr);
    let table = ended.stdout.split("\nmodel  ").last().expect("a table");
    let (reference, wrong) = (table.find("reference"), table.find("wrong-every-10"));
    assert!(reference < wrong, "the best comes first:\n{table}");
    assert!(table.contains("⚠ 1 model(s) failed:\n  • nosuch: "), "{table}");
    assert!(ended.stderr.contains("nosuch is left out: "), "{}", ended.stderr);
    let exported: Value = serde_json::from_slice(&std::fs::read(export).expect("the export")).expect("JSON");
    assert_eq!(exported["runs"].as_array().map(Vec::len), Some(2));
    assert_eq!(exported["failed_models"][0]["model"], "nosuch");
    assert_eq!(
        koderz.record().runs().expect("the runs").len(),
        2,
        "each has a run of its own"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_gave_no_answer_at_all_is_a_failed_one_with_the_reason() {
    let server = serve(&[cassette("reference")], &["busy"]).await;
    let koderz = Koderz::new();
    let ended = koderz.call(&format!(
        "benchmark --host {} --end 2 --max-retries 0 --local-model reference --local-model lorem:5000",
        server.url()
    ));
    assert_eq!(ended.code, Some(1), "{}\n{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("⚠ 2 model(s) failed:"), "{}", ended.stdout);
    assert!(ended.stdout.contains("  • reference: "), "{}", ended.stdout);
    assert!(ended.stdout.contains("HTTP 503"), "{}", ended.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_model_can_be_asked_that_is_the_error() {
    let server = serve(&[cassette("reference")], &[]).await;
    let koderz = Koderz::new();
    let both = koderz.call(&format!(
        "benchmark --host {} --local-model nosuch --local-model neither",
        server.url()
    ));
    assert_eq!(both.code, Some(2), "{}", both.stderr);
    assert!(both.stderr.contains("error: "), "{}", both.stderr);
    let twice = koderz.call("benchmark --local-model m --local-model m");
    assert_eq!(
        (twice.code, twice.stderr.as_str()),
        (Some(2), "error: --local-model names m twice\n")
    );
}
