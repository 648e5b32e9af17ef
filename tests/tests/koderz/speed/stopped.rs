//! A speed test that is stopped: what is left is named, and goes on as it was begun.

use koderz_record::Record;
use koderz_tests::Koderz;
use serde_json::Value;
use std::process::Stdio;

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn models_that_were_not_begun_are_named_and_what_was_goes_on_with_as_many_slots() {
    let koderz = Koderz::new();
    let mut command = koderz.command(
        "speed-test lorem:400 lorem:300 --host embedded --shape tg128 --concurrency 4 --requests 12 --calibration 60",
    );
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("koderz starts");
    let begun = || Record::look(koderz.record_path()).is_ok_and(|record| record.find("last").is_ok());
    crate::resume::until(&mut child, begun).await;
    crate::commands::interrupt(&child);
    let stopped = child.wait_with_output().expect("it ends");
    assert_eq!(stopped.status.code(), Some(130));
    let said = String::from_utf8_lossy(&stopped.stdout);
    assert!(
        said.contains("  • lorem:300: not begun, since the command was stopped"),
        "{said}"
    );
    assert!(!said.contains("lorem:400: not begun"), "{said}");

    let export = koderz.data().join("on.json");
    let on = koderz.call(&format!("resume --calibration 0 --export {}", export.display()));
    assert_eq!(on.code, Some(0), "{}\n{}", on.stdout, on.stderr);
    let exported: Value = serde_json::from_slice(&std::fs::read(export).expect("the export")).expect("JSON");
    let figures = exported["figures"].as_array().expect("figures").iter();
    let clients = figures.filter(|figure| figure["name"] == "4 clients");
    let got: Vec<f64> = clients.filter_map(|figure| figure["value"].as_f64()).collect();
    assert!(
        got.len() == 1 && got[0] > 2.0 * 400.0,
        "a server of one slot would write 400 tokens/s: {got:?}"
    );
}

#[test]
fn a_limit_of_what_a_suite_does_not_measure_is_refused_before_anything_is_asked() {
    let koderz = Koderz::new();
    for (command, told) in [
        (
            "speed-test lorem:50 --host embedded --fail-under decod=3",
            "decod=3: the suite measures decode, prefill",
        ),
        (
            "benchmark --local-model reference --host embedded --fail-under decode=3",
            "the suite measures nothing",
        ),
    ] {
        let ended = koderz.call(command);
        assert_eq!(ended.code, Some(2), "{command}: {}", ended.stdout);
        assert!(ended.stderr.contains(told), "{command}: {}", ended.stderr);
    }
    assert_eq!(koderz.call("runs --json").stdout.trim(), "[]");
}

#[test]
fn a_shape_without_writing_is_compared_by_reading_and_nothing_else_is_in_its_figures() {
    let koderz = Koderz::new();
    let ended = koderz.call("speed-test lorem:1000 lorem:2000 --host embedded --shape pp512 --repeat 4");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for told in [
        "\nmodel               prefill  relative  first-token\nlorem:2000  20,000 tokens/s      1.00 ",
        "\nprefill:\nlorem:2000: median of 4, ",
        "\ncompared with lorem:2000 by prefill, a rank test:\n",
    ] {
        assert!(ended.stdout.contains(told), "{told}: {}", ended.stdout);
    }
}

#[test]
fn what_changes_nothing_is_warned_of() {
    let koderz = Koderz::new();
    for (options, told) in [
        (
            "--arrivals constant",
            "--arrivals changes nothing without --rate or --slo",
        ),
        (
            "--requests 5",
            "--requests changes nothing without --concurrency or --rate",
        ),
        (
            "--repeat 2 --concurrency 1 --requests 4",
            "--repeat changes nothing with --concurrency",
        ),
        ("--interleave", "--interleave changes nothing with one model"),
    ] {
        let ended = koderz.call(&format!(
            "speed-test lorem:5000 --host embedded --calibration 0 {options}"
        ));
        assert_eq!(ended.code, Some(0), "{options}: {}", ended.stderr);
        assert!(ended.stderr.contains(told), "{options}: {}", ended.stderr);
    }
    let quiet = koderz.call("speed-test lorem:5000 --host embedded --calibration 0 --repeat 2");
    assert!(
        !quiet.stderr.contains("warn") && !quiet.stderr.contains("WARN"),
        "{}",
        quiet.stderr
    );
}
