//! Runs beside each other: what differs, whether that is more than chance, and gates for a CI.

use koderz_tests::{Ended, Koderz, cassette, end, serve, test_cassette};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A run of the right answers, and one in which every tenth is wrong: which tasks these are is known.
async fn two_runs(koderz: &Koderz) -> [String; 2] {
    let mut runs = Vec::new();
    for (model, file) in [
        ("reference", cassette("reference")),
        ("wrong-every-10", test_cassette("wrong-every-10")),
    ] {
        let server = serve(&[file], &[]).await;
        let ended = koderz.call(&format!("benchmark --host {} --local-model {model}", server.url()));
        assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
        runs.push(koderz.last_run().to_string());
    }
    runs.try_into().expect("two runs")
}

fn document(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}\n{}", ended.stdout, ended.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_the_tasks_that_differ_are_found_and_gates_decide_the_exit_code() {
    let koderz = Koderz::new();
    let [right, wrong] = two_runs(&koderz).await;
    let ended = koderz.call(&format!("compare {right} {wrong} --json"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let against = document(&ended)["others"][0]["against"].clone();
    let tasks = |which: &str| -> BTreeSet<String> {
        let tasks = against[which].as_array().expect("tasks").iter();
        tasks
            .map(|task| task["task"].as_str().expect("an id").to_owned())
            .collect()
    };
    let every_tenth = (0..164)
        .filter(|number| number % 10 == 9)
        .map(|number| format!("HumanEval/{number}"));
    assert_eq!(
        (tasks("better"), tasks("worse")),
        (BTreeSet::new(), every_tenth.collect())
    );
    assert_eq!((&against["tasks"], &against["claimed"]), (&json!(164), &json!(true)));
    // 16 of 16 the same way: two of 2^16.
    let p = against["p"].as_f64().expect("a probability");
    assert!((p * 65536.0 - 2.0).abs() < 1e-9, "{p}");

    let text = koderz.call(&format!("compare {right} {wrong}"));
    assert!(
        text.stdout.contains("B against A: -9.8 points, 95 % interval -14."),
        "{}",
        text.stdout
    );
    assert!(
        text.stdout
            .contains("  a difference: p = below 0.0001, McNemar's exact test\n"),
        "{}",
        text.stdout
    );
    assert!(
        text.stdout
            .contains("better in 0 tasks\nworse in 16 tasks\n  HumanEval/9 "),
        "{}",
        text.stdout
    );
    assert!(
        text.stdout.lines().all(|line| line.chars().count() <= 80),
        "{}",
        text.stdout
    );

    let gate = |words: &[&str]| {
        let mut command = koderz.command(&format!("compare {right} {wrong}"));
        end(command.args(words))
    };
    let failed = gate(&["--fail-if", "pass@1 < -2%"]);
    assert_eq!(failed.code, Some(3), "{}", failed.stderr);
    let said = format!("gate failed: pass@1 < -2%: run {wrong} differs by -9.76 points");
    assert!(failed.stderr.contains(&said), "{}", failed.stderr);
    assert_eq!(gate(&["--fail-if", "pass@1 < -10%"]).code, Some(0));
    assert_eq!(gate(&["--fail-under", "pass@1=0.9"]).code, Some(0));
    assert_eq!(gate(&["--fail-under", "pass@1=91%"]).code, Some(3));
    let unknown = gate(&["--fail-under", "decode=3"]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.stderr.contains("the run has no `decode`"), "{}", unknown.stderr);
    let spelt = gate(&["--fail-if", "pass@1 < -2"]);
    assert_eq!(spelt.code, Some(2));
    assert!(
        spelt.stderr.contains("points of a hundred, such as -2%"),
        "{}",
        spelt.stderr
    );
}

#[test]
fn a_run_with_itself_and_runs_of_different_benchmarks_are_not_compared() {
    let koderz = Koderz::new();
    for call in [
        "benchmark --host embedded --local-model reference --limit 2",
        "speed-test --host embedded lorem:2000 --set suite.max-output-tokens=4",
    ] {
        let ended = koderz.call(call);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
    let runs = koderz.record().runs().expect("the runs");
    let ids: Vec<String> = runs.iter().map(|run| run.id.to_string()).collect();
    let twice = koderz.call(&format!("compare {} {}", ids[0], ids[0]));
    assert_eq!(twice.code, Some(2));
    assert!(twice.stderr.contains("named before"), "{}", twice.stderr);
    let other = koderz.call(&format!("compare {} {}", ids[0], ids[1]));
    assert_eq!(other.code, Some(2));
    assert!(other.stderr.contains("only runs of one benchmark"), "{}", other.stderr);
}

#[test]
fn what_else_differs_is_named_and_a_benchmark_can_have_a_gate_of_its_own() {
    let koderz = Koderz::new();
    let call = |options: &str| {
        koderz.call(&format!(
            "benchmark --host embedded --local-model reference --limit 5 {options}"
        ))
    };
    assert_eq!(call("--fail-under pass@1=0.9").code, Some(0));
    let first = koderz.last_run().to_string();
    let failed = call("--num-ctx 8192 --fail-under pass@1=0.9 --set suite.prompt-style=completion");
    assert_eq!(failed.code, Some(0), "{}", failed.stderr);
    let ended = koderz.call(&format!("compare {first} last"));
    assert!(
        ended.stdout.contains("  not alike: the context window was "),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("  no difference shown: p = 1.0000"),
        "{}",
        ended.stdout
    );
    assert!(
        ended
            .stdout
            .contains("  75.1 points is the least that would have shown"),
        "{}",
        ended.stdout
    );
    let base = koderz.call(
        "benchmark --host embedded --local-model gemma3:270m-base --limit 5 --set suite.prompt-style=completion \
         --fail-under pass@1=0.9",
    );
    assert_eq!(base.code, Some(3), "{}\n{}", base.stdout, base.stderr);
    assert!(base.stderr.contains("gate failed: pass@1=0.9"), "{}", base.stderr);
}
