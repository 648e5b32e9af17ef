//! Data that is granted to a suite: how it is named, what is recorded of it, and what becomes of a run when it changes.

use koderz_tests::{Ended, Koderz, end};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// Data of one problem with this many inputs.
fn data(koderz: &Koderz, name: &str, inputs: usize) -> PathBuf {
    let inputs: Vec<Value> = (0..inputs).map(|input| json!([input])).collect();
    let line = json!({
        "task_id": "HumanEval/5",
        "prompt": "def double(x):\n    \"\"\" Twice a number. \"\"\"\n",
        "entry_point": "double",
        "canonical_solution": "    return 2 * x\n",
        "test": "",
        "contract": "",
        "base_input": [[1]],
        "plus_input": inputs,
        "atol": 0,
    });
    let path = koderz.data().join(name);
    fs::write(&path, line.to_string()).expect("a file");
    path
}

fn answers(koderz: &Koderz) -> PathBuf {
    let path = koderz.data().join("answers.jsonl");
    let answer = json!({"task_id": "HumanEval/5", "solution": "def double(x):\n    return x + x\n"});
    fs::write(&path, answer.to_string()).expect("a file");
    path
}

/// Grades one right answer with this data.
fn evaluate(koderz: &Koderz, data: &Path) -> Ended {
    let answers = answers(koderz);
    let ended = koderz.call(&format!(
        "evaluate {} --grant plus={}",
        answers.display(),
        data.display()
    ));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    ended
}

/// Begins a run with this data that has something left to go on with: its model has no answer to the question.
fn unfinished(koderz: &Koderz, data: &Path) {
    let cassettes = koderz.data().join("cassettes");
    fs::create_dir_all(&cassettes).expect("a folder");
    let other = json!({
        "model": "silent",
        "messages": [{"role": "user", "content": "another question"}],
        "reply": {"response": "an answer", "done": true},
    });
    fs::write(cassettes.join("silent.jsonl"), other.to_string()).expect("a file");
    let ended = koderz.call(&format!(
        "benchmark --host embedded --local-model silent --problem-ids HumanEval/5 --grant plus={}",
        data.display()
    ));
    assert_eq!(ended.code, Some(1), "{}\n{}", ended.stdout, ended.stderr);
}

fn refusal(ended: &Ended) -> &str {
    assert_eq!(ended.code, Some(2), "{}\n{}", ended.stdout, ended.stderr);
    &ended.stderr
}

#[test]
fn what_cannot_be_granted_is_refused_by_name() {
    let koderz = Koderz::new();
    let file = data(&koderz, "data.jsonl", 1).display().to_string();
    let folder = koderz.data().display().to_string();
    for (typed, told) in [
        ("--grant plus".to_owned(), "NAME=FILE is needed".to_owned()),
        ("--grant =file".to_owned(), "NAME=FILE is needed".to_owned()),
        (
            format!("--grant plus={folder}/none"),
            format!("read {folder}/none, which is granted as `plus`: "),
        ),
        (
            format!("--grant plus={folder}"),
            format!("{folder}, which is granted as `plus`, is not a file"),
        ),
        (
            format!("--grant plus={file} --grant plus={file}"),
            "--grant names `plus` twice".to_owned(),
        ),
    ] {
        for command in ["benchmark --host embedded --local-model reference", "list-problems"] {
            let ended = koderz.call(&format!("{command} {typed}"));
            assert!(refusal(&ended).contains(&told), "{typed}: {}", ended.stderr);
        }
    }
}

#[test]
fn data_that_a_suite_never_asks_for_changes_nothing() {
    let koderz = Koderz::new();
    let file = data(&koderz, "data.jsonl", 1);
    let ended = koderz.call(&format!(
        "benchmark --host embedded --local-model reference --end 1 --grant other={}",
        file.display()
    ));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("pass               1"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("plus"), "{}", ended.stdout);
}

#[test]
fn a_run_records_the_digest_of_what_was_granted_and_goes_on_with_it() {
    let koderz = Koderz::new();
    let file = data(&koderz, "data.jsonl", 2);
    evaluate(&koderz, &file);
    let manifest = koderz.record().manifest(&koderz.last_run()).expect("the run");
    let [grant] = manifest.suite.grants.as_slice() else {
        panic!("{:?}", manifest.suite.grants);
    };
    assert_eq!((grant.name.as_str(), Path::new(&grant.file)), ("plus", file.as_path()));
    assert_eq!(grant.digest.len(), 64);
    let ended = koderz.call("resume last");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[test]
fn a_run_does_not_go_on_with_other_data_unless_that_is_allowed() {
    let koderz = Koderz::new();
    let file = data(&koderz, "data.jsonl", 2);
    unfinished(&koderz, &file);
    data(&koderz, "data.jsonl", 3);
    let ended = koderz.call("resume last");
    assert!(
        refusal(&ended).contains("the data granted as `plus` was "),
        "{}",
        ended.stderr
    );
    let ended = koderz.call("resume last --allow-changes");
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("the data granted as `plus` was "),
        "{}",
        ended.stderr
    );
}

#[test]
fn data_that_has_moved_is_named_anew() {
    let koderz = Koderz::new();
    let file = data(&koderz, "data.jsonl", 2);
    unfinished(&koderz, &file);
    let elsewhere = koderz.data().join("elsewhere.jsonl");
    fs::rename(&file, &elsewhere).expect("it is moved");
    let ended = koderz.call("resume last");
    assert!(
        refusal(&ended).contains("hint: --grant NAME=FILE names where it is now"),
        "{}",
        ended.stderr
    );
    let ended = koderz.call(&format!("resume last --grant plus={}", elsewhere.display()));
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
}

#[test]
fn a_configuration_file_grants_as_the_command_line_does() {
    let koderz = Koderz::new();
    let file = data(&koderz, "data.jsonl", 2);
    let answers = answers(&koderz);
    fs::write(
        koderz.data().join("koderz.toml"),
        format!("grant = {{ plus = {} }}\n", json!(file)),
    )
    .expect("a file");
    let mut command = koderz.command(&format!("evaluate {}", answers.display()));
    let ended = end(command.current_dir(koderz.data()));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("plus   1.00"), "{}", ended.stdout);
}

#[test]
fn a_run_that_was_made_without_data_is_graded_again_with_it() {
    let koderz = Koderz::new();
    let file = data(&koderz, "data.jsonl", 2);
    let ended = koderz.call(&format!("evaluate {}", answers(&koderz).display()));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("fail               1"), "{}", ended.stdout);
    let ended = koderz.call(&format!("grade last --grant plus={}", file.display()));
    assert_eq!(ended.code, Some(1), "{}\n{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("pass               1"), "{}", ended.stdout);
}
