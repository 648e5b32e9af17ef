//! The speed test in its first form, against models whose speed is known.

mod flags;
mod instruments;
mod prompts;
mod stopped;
mod turns;

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

/// The suite's own figures in an export, by name.
fn figures(export: &std::path::Path) -> Value {
    let exported: Value = serde_json::from_slice(&std::fs::read(export).expect("the export")).expect("JSON");
    let figures = exported["figures"].as_array().expect("figures");
    let named = figures.iter().map(|figure| {
        (
            figure["name"].as_str().expect("a name").to_owned(),
            figure["value"].clone(),
        )
    });
    Value::Object(named.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_token_of_a_prompt_costs_is_the_slope_over_lengths_that_the_server_counts() {
    let server = serve(&[cassette("reference")], &[]).await;
    let koderz = Koderz::new();
    let export = koderz.data().join("prefill.json");
    let ended = koderz.call(&format!(
        "speed-test lorem:2000 --host {} --shape prefill --repeat 2 --export {}",
        server.url(),
        export.display()
    ));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    // It reads ten times as fast as it writes.
    let slope = figures(&export)["prefill slope"].as_f64().expect("a slope");
    assert!((slope / 20_000.0 - 1.0).abs() < 0.02, "{slope}");
    let shown = koderz.call("runs show last --problem prefill/512/0 --json");
    let shown: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    let tokens = shown[0]["answer"]["input_tokens"].as_f64().expect("tokens");
    assert!((tokens / 512.0 - 1.0).abs() < 0.01, "{tokens}");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_clients_are_tried_one_stage_after_the_other_and_the_run_keeps_what_was_planned() {
    let server = serve(&[cassette("reference")], &[]).await;
    let koderz = Koderz::new();
    let export = koderz.data().join("clients.json");
    let ended = koderz.call(&format!(
        "speed-test lorem:1000 --host {} --shape tg128 --concurrency 1,4 --requests 8 --export {}",
        server.url(),
        export.display()
    ));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let figures = figures(&export);
    let of = |name: &str| figures[name].as_f64().unwrap_or_else(|| panic!("{figures:#}"));
    assert!(of("4 clients") > 2.0 * of("1 client"), "{figures:#}");
    assert_eq!(server.counts().most_at_once, 4);
    let again = koderz.call("runs show last --json");
    let again: Value = serde_json::from_str(&again.stdout).expect("JSON");
    assert_eq!(again["figures"][0]["name"], "1 client", "the record has them too");
}

#[test]
fn loads_that_make_no_sense_are_refused_before_a_model_is_asked() {
    let koderz = Koderz::new();
    for (options, told) in [
        ("--shape round", "shape"),
        ("--concurrency 0", "from 1 to 1000"),
        ("--rate -1", "a number above 0 is needed"),
        ("--rate 0", "a number above 0 is needed"),
        (
            "--shape rag --num-ctx 4096",
            "takes 4352 tokens to read and to write, which do not fit into a context window of 4096",
        ),
        ("--slo ttft=fast", "such as ttft=500ms"),
        ("--rate 1 --concurrency 2", "only one can be set"),
        ("--suite humaneval --shape chat", "has no setting `shape`"),
    ] {
        let ended = koderz.call(&format!("speed-test lorem:50 --host embedded {options}"));
        assert_eq!(ended.code, Some(2), "{options}: {}", ended.stdout);
        assert!(ended.stderr.contains(told), "{options}: {}", ended.stderr);
    }
}

/// The samples of an export that were answered.
fn answers(export: &std::path::Path) -> Vec<Value> {
    let exported: Value = serde_json::from_slice(&std::fs::read(export).expect("the export")).expect("JSON");
    let samples = exported["samples"].as_array().expect("samples");
    let answers = samples.iter().map(|sample| sample["answer"].clone());
    answers.filter(|answer| !answer.is_null()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_of_every_answer_is_explained_by_its_parts() {
    let server = serve(&[cassette("reference")], &[]).await;
    let koderz = Koderz::new();
    let export = koderz.data().join("parts.json");
    let ended = koderz.call(&format!(
        "speed-test lorem:200 --host {} --shape tg128 --concurrency 2 --requests 8 --export {}",
        server.url(),
        export.display()
    ));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let answers = answers(&export);
    let reconciled = answers
        .iter()
        .filter(|answer| answer["waterfall"]["reconciled"] == true)
        .count();
    // A machine that is busy is late, and says so.
    assert!(reconciled > 0, "none of {}", answers.len());
    let mut connected = 0;
    for waterfall in answers.iter().map(|answer| &answer["waterfall"]) {
        let part = |name: &str| {
            waterfall[name]
                .as_f64()
                .unwrap_or_else(|| panic!("{name} of {waterfall}"))
        };
        let names = ["lag", "connect", "load", "queue", "prefill", "decode", "tail"];
        let (sum, whole) = (names.map(part).iter().sum::<f64>(), part("whole"));
        let off = (sum - whole).abs();
        assert!(
            waterfall["reconciled"] == false || off <= f64::max(0.002, 0.01 * whole),
            "{off} s of {waterfall:#}"
        );
        connected += usize::from(part("connect") > 0.0);
    }
    assert!((1..=5).contains(&connected), "connections are used again: {connected}");
    assert!(ended.stdout.contains("reconciled "), "{}", ended.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_draws_what_more_clients_did_and_where_the_time_went() {
    let server = serve(&[cassette("reference")], &[]).await;
    let koderz = Koderz::new();
    let ended = koderz.call(&format!(
        "speed-test lorem:2000 --host {} --shape tg128 --concurrency 1,2 --requests 6",
        server.url()
    ));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let page = koderz.data().join("page.html");
    let ended = koderz.call(&format!("runs report last --output {}", page.display()));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let page = std::fs::read_to_string(page).expect("the page");
    for drawing in [
        "Until the first token",
        "From one token to the next",
        "Throughput against time",
        "the knee: ",
        "Where the time went",
        "Gaps between the pieces of an answer",
    ] {
        assert!(page.contains(drawing), "{drawing}");
    }
    // 6 and 8 answers, each with a bar and a strip; not the two that the server counted words by.
    assert_eq!(page.matches("<span class=\"of\">").count(), 28);
    assert!(!page.contains("<span class=\"of\">calibrate"));
}

#[test]
fn a_run_that_measures_times_says_how_far_off_this_machine_is_and_no_other_does() {
    let koderz = Koderz::new();
    let export = koderz.data().join("speed.json");
    let ended = koderz.call(&format!(
        "speed-test lorem:2000 --host embedded --export {}",
        export.display()
    ));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    assert_eq!(
        ended.stdout.matches("\ninstrument ").count(),
        2,
        "{}\n{}",
        ended.stdout,
        ended.stderr
    );
    let exported: Value = serde_json::from_slice(&std::fs::read(&export).expect("the export")).expect("JSON");
    let metered = ["energy   unknown   not readable here", " J   package-0; ", " tokens/J "];
    assert!(
        metered.iter().any(|told| ended.stdout.contains(told)),
        "never a zero:\n{}",
        ended.stdout
    );
    let instrument = &exported["instrument"];
    assert_eq!(instrument["answers"], 2, "{instrument}");
    for error in ["first_token_seconds", "gap_seconds"] {
        let error = instrument[error].as_f64().expect("an error");
        assert!(error > 0.0 && error < 1.0, "{instrument}");
    }
    for command in [
        "speed-test lorem:2000 --host embedded --calibration 0",
        "benchmark --local-model reference --host embedded --limit 1",
    ] {
        let ended = koderz.call(command);
        assert!(!ended.stdout.contains("instrument"), "{command}: {}", ended.stdout);
    }
}

#[test]
fn too_few_answers_show_no_difference_and_it_is_said() {
    let koderz = Koderz::new();
    let ended = koderz.call("speed-test lorem:100 lorem:400 --host embedded --set suite.max-output-tokens=16");
    let told = "lorem:100: 3 and 3 answers are too few to show any difference";
    assert!(ended.stdout.contains(told), "{}", ended.stdout);
    let known = "\ndecode:\nlorem:400: median of 3, ";
    assert!(ended.stdout.contains(known), "{}", ended.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn loads_of_several_kinds_are_told_apart() {
    let server = serve(&[cassette("reference")], &[]).await;
    let koderz = Koderz::new();
    let export = koderz.data().join("loads.json");
    let ended = koderz.call(&format!(
        "speed-test lorem:2000 --host {} --shape tg128 --loads 2 --export {}",
        server.url(),
        export.display()
    ));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    assert_eq!(server.counts().load_starts, 3, "the first one and two more");
    let exported: Value = serde_json::from_slice(&std::fs::read(export).expect("the export")).expect("JSON");
    let samples = exported["samples"].as_array().expect("samples").iter();
    let classes = samples.filter_map(|sample| sample["labels"]["load-class"].as_str());
    assert_eq!(classes.filter(|class| *class == "cold-runner").count(), 2);
    assert!(ended.stdout.contains("load cold-runner"), "{}", ended.stdout);
}

#[test]
fn questions_are_asked_until_the_median_is_known_as_closely_as_is_wanted() {
    let koderz = Koderz::new();
    let ended = koderz.call("speed-test lorem:1000 --host embedded --shape tg128 --repeat 3 --precision 20%");
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("precision"), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("6 repeats; 20 % asked"),
        "three have no interval:\n{}",
        ended.stdout
    );
}
