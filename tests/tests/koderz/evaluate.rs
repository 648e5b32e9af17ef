//! Answers that were collected elsewhere, graded as a run.

use koderz_tests::Koderz;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The programs of the right answers to the first two tasks, from a run that was exported.
fn solutions(koderz: &Koderz) -> BTreeMap<String, String> {
    let ran = koderz.call("benchmark --host embedded --local-model reference --end 2");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let exported = koderz.call("export last --format human-eval");
    let lines = exported
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    lines
        .map(|line: Value| (text(&line["task_id"]), text(&line["solution"])))
        .collect()
}

fn written(koderz: &Koderz, lines: &[String]) -> PathBuf {
    let path = koderz.data().join("samples.jsonl");
    std::fs::write(&path, lines.join("\n")).expect("a file");
    path
}

#[test]
fn answers_are_graded_and_written_again_in_their_order_with_what_came_of_them() {
    let koderz = Koderz::new();
    let solutions = solutions(&koderz);
    let line = |task: &str, solution: &str| json!({"task_id": task, "solution": solution, "mine": 1}).to_string();
    let right = line("HumanEval/1", &solutions["HumanEval/1"]);
    let path = written(&koderz, &[right.clone(), line("HumanEval/0", "import numpy\n"), right]);
    let ended = koderz.call(&format!("evaluate {}", path.display()));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("pass               2"), "{}", ended.stdout);
    let results = std::fs::read_to_string(koderz.data().join("samples.jsonl_results.jsonl")).expect("results");
    let results: Vec<Value> = results
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let of = |field: &str| results.iter().map(|result| result[field].clone()).collect::<Vec<_>>();
    assert_eq!(of("passed"), [json!(true), json!(false), json!(true)]);
    assert_eq!(
        of("task_id"),
        [json!("HumanEval/1"), json!("HumanEval/0"), json!("HumanEval/1")]
    );
    assert_eq!(results[0]["result"], "passed");
    assert!(
        results[1]["result"].as_str().expect("a text").starts_with("failed: "),
        "{}",
        results[1]
    );
    assert_eq!(results[0]["mine"], 1, "what else is in a line stays there");
}

#[test]
fn bad_lines_are_named_with_their_numbers_and_the_others_are_graded() {
    let koderz = Koderz::new();
    let good = json!({"task_id": "HumanEval/1", "solution": solutions(&koderz)["HumanEval/1"]}).to_string();
    let path = written(
        &koderz,
        &[
            "{".to_owned(),
            good,
            json!({"task_id": "HumanEval/1"}).to_string(),
            json!({"task_id": "no", "solution": ""}).to_string(),
        ],
    );
    let ended = koderz.call(&format!("evaluate {}", path.display()));
    assert_eq!(ended.code, Some(2), "{}\n{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("pass               1"), "{}", ended.stdout);
    for part in [
        "samples.jsonl: 3 lines cannot be graded:\n",
        "\n  line 1: it is no JSON object: ",
        "\n  line 3: it has no `solution`\n",
        "\n  line 4: the suite has no task `no`\n",
    ] {
        assert!(ended.stderr.contains(part), "{part} in {}", ended.stderr);
    }
}

#[test]
fn a_file_without_answers_begins_no_run() {
    let koderz = Koderz::new();
    let path = written(&koderz, &[]);
    let ended = koderz.call(&format!("evaluate {}", path.display()));
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("samples.jsonl holds no answers\nhint: "),
        "{}",
        ended.stderr
    );
    assert!(!koderz.record_path().exists());
    let missing = koderz.call("evaluate nowhere.jsonl");
    assert_eq!(missing.code, Some(2));
    assert!(
        missing.stderr.starts_with("error: read nowhere.jsonl: "),
        "{}",
        missing.stderr
    );
}

/// A call with an empty cache, and what it said of the processor time of the first answer's program.
fn with_cache(koderz: &Koderz, call: &str, cache: &Path) -> f64 {
    let ended = koderz_tests::end(koderz.command(call).env("KODERZ_CACHE_DIR", cache));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let shown = koderz.call("runs show last --problem HumanEval/1 --json");
    let shown: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    shown[0]["program"]["outcome"]["cpu_seconds"]
        .as_f64()
        .unwrap_or_else(|| panic!("{shown:#}"))
}

#[test]
fn a_program_is_not_run_again_unless_that_is_asked_for() {
    let koderz = Koderz::new();
    let solution = &solutions(&koderz)["HumanEval/1"];
    let path = written(
        &koderz,
        &[json!({"task_id": "HumanEval/1", "solution": solution}).to_string()],
    );
    let cache = tempfile::tempdir().expect("a folder");
    let evaluate = format!("evaluate {}", path.display());
    // No two runs of a program take the same time to the nanosecond.
    let first = with_cache(&koderz, &evaluate, cache.path());
    assert_eq!(with_cache(&koderz, &evaluate, cache.path()), first);
    assert_eq!(with_cache(&koderz, "grade last", cache.path()), first);
    assert_ne!(
        with_cache(&koderz, &format!("{evaluate} --no-cache"), cache.path()),
        first
    );
    assert_eq!(with_cache(&koderz, &evaluate, cache.path()), first);
}

#[test]
fn programs_whose_instructions_are_counted_cost_the_same_every_time_and_the_run_says_so() {
    let koderz = Koderz::new();
    let solution = &solutions(&koderz)["HumanEval/1"];
    let path = written(
        &koderz,
        &[json!({"task_id": "HumanEval/1", "solution": solution}).to_string()],
    );
    let evaluate = format!("evaluate {} --no-cache --deterministic", path.display());
    let cost = || {
        let ended = koderz.call(&evaluate);
        assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
        let shown = koderz.call("runs show last --problem HumanEval/1 --json");
        let shown: Value = serde_json::from_str(&shown.stdout).expect("JSON");
        shown[0]["program"]["outcome"]["cpu_seconds"].clone()
    };
    let (first, second) = (cost(), cost());
    assert!(first.as_f64().is_some_and(|cost| cost > 0.0), "{first}");
    assert_eq!(first, second);
    let manifest = koderz.record().manifest(&koderz.last_run()).expect("its manifest");
    assert_eq!(manifest.evaluators[0].settings["deterministic"], true);
}

#[test]
fn an_imported_file_is_a_run_in_the_record_and_is_not_needed_any_more() {
    let koderz = Koderz::new();
    let solutions = solutions(&koderz);
    let line = |solution: &str| json!({"task_id": "HumanEval/0", "solution": solution}).to_string();
    let path = written(&koderz, &[line(&solutions["HumanEval/0"]), line("import numpy\n")]);
    let imported = koderz.call(&format!("import {} --model of-others --tag paper", path.display()));
    assert_eq!(imported.code, Some(0), "{}\n{}", imported.stdout, imported.stderr);
    assert!(!koderz.data().join("samples.jsonl_results.jsonl").exists());
    std::fs::remove_file(path).expect("the file");

    let listed = koderz.call("runs --tag paper --model of-others");
    assert!(listed.stdout.contains("1/1/0/0"), "{}", listed.stdout);
    let graded = koderz.call("grade last");
    assert_eq!(graded.code, Some(0), "{}", graded.stderr);
    assert!(
        graded.stdout.contains("every verdict is as it was"),
        "{}",
        graded.stdout
    );
}

#[test]
fn a_file_that_is_an_array_is_refused_with_what_makes_lines_of_it() {
    let koderz = Koderz::new();
    let line = json!({"task_id": "HumanEval/0", "completion": "x"}).to_string();
    for lines in [vec![format!("[{line}]")], vec!["[".to_owned(), line, "]".to_owned()]] {
        let path = written(&koderz, &lines);
        let ended = koderz.call(&format!("evaluate {}", path.display()));
        assert_eq!(ended.code, Some(2), "{}", ended.stdout);
        let said = format!(
            "error: {} is a JSON array, and one JSON object a line is needed",
            path.display()
        );
        assert!(ended.stderr.starts_with(&said), "{}", ended.stderr);
        assert!(ended.stderr.contains("hint: jq -c '.[]' "), "{}", ended.stderr);
    }
}
