//! Suites in Rust.

use super::{answer, benchmark, question, user_with, verdicts};
use koderz_api::execution::Exit;
use koderz_api::suite::{Completion, Grade, Round, Task};
use koderz_core::event::Event;
use koderz_example_judge::Judge;
use koderz_example_mbpp::Mbpp;
use koderz_example_needle::Needle;
use koderz_example_repair::Repair;
use koderz_example_schema::Schema;
use koderz_plugin::testing::{all_tasks, grant, open, outcome, reply, trial};
use koderz_plugin::{Reference, Suite};
use koderz_tests::{Koderz, end, example_plugin};
use serde_json::json;
use std::fs;

/// The answers of the model `m` to the first question of each task, which `said` says.
fn first_answers<S: Suite>(suite: &S, said: impl Fn(&Task) -> String) -> Vec<String> {
    let tasks = all_tasks(suite).expect("tasks");
    let line = |task: Task| {
        let text = said(&task);
        answer("m", &question(suite.next(&trial(task), &[])), &text)
    };
    tasks.into_iter().map(line).collect()
}

fn asked(text: &str) -> Round {
    vec![Completion::Asked(Ok(reply(text)))]
}

#[test]
fn mbpp_reads_its_problems_from_a_file_that_is_granted_and_judges_by_their_tests() {
    let problem = |id: u32, name: &str, code: &str, test: &str| {
        json!({"source_file": "made up", "task_id": id, "prompt": format!("Write a function {name}."), "code": code,
            "test_imports": ["import math"], "test_list": [test]})
    };
    let data = json!([
        problem(
            2,
            "twice",
            "def twice(x):\n    return 2 * x",
            "assert twice(math.floor(4.5)) == 8"
        ),
        problem(3, "same", "def same(x):\n    return x", "assert same(1) == 1"),
        problem(9, "none", "def none(x):\n    return None", "assert none(1) is None"),
    ]);
    grant("mbpp", data.to_string());
    let suite: Mbpp = open("{}").expect("the suite");
    let koderz = user_with(&first_answers(&suite, |task| match task.id.as_str() {
        "mbpp/2" => suite.answer(task).expect("an answer").expect("there is one"),
        "mbpp/3" => "Sure.\n```python\ndef same(x):\n    return x + 1\n```".to_owned(),
        _ => "I do not know".to_owned(),
    }));
    let file = koderz.data().join("sanitized-mbpp.json");
    fs::write(&file, data.to_string()).expect("a file");
    let ended = benchmark(&koderz, "mbpp", "m", &format!("--grant mbpp={}", file.display()));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let grades = verdicts(&koderz);
    let shown: Vec<String> = grades
        .iter()
        .map(|(task, verdict)| format!("{task}: {:?} {:?}", verdict.grade, verdict.reason))
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    mbpp/2: Pass ""
    mbpp/3: Fail "AssertionError: 2 on the left, 1 on the right\n  line 2, in <module>: assert same(1) == 1"
    mbpp/9: Fail "SyntaxError: invalid syntax (line 1)"
    "#);
    let manifest = koderz.record().manifest(&koderz.last_run()).expect("the run");
    assert_eq!(manifest.suite.grants[0].name, "mbpp");
}

#[test]
fn mbpp_without_its_data_says_what_to_grant() {
    let ended = benchmark(&Koderz::new(), "mbpp", "reference", "");
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("--grant mbpp=FILE"), "{}", ended.stderr);
}

#[test]
fn a_model_that_is_told_why_its_program_failed_repairs_it() {
    let suite: Repair = open("{}").expect("the suite");
    let tasks = all_tasks(&suite).expect("tasks");
    let task = |id: &str| trial(tasks.iter().find(|task| task.id == id).expect("a task").clone());
    let wrong = "```python\ndef rotate(rows):\n    return rows\n```";
    let right = "```python\ndef rotate(rows):\n    return [list(row) for row in zip(*rows[::-1])]\n```";
    let why = "AssertionError: [[1, 2], [3, 4]] on the left, [[3, 1], [4, 2]] on the right\n  line 1, in <module>: \
               assert rotate([[1, 2], [3, 4]]) == [[3, 1], [4, 2]]";
    let judged: Round = vec![Completion::Executed(Ok(outcome(Exit::Failed(why.to_owned()))))];
    let first = question(suite.next(&task("rotate"), &[]));
    let second = question(suite.next(&task("rotate"), &[asked(wrong), judged]));
    let koderz = user_with(&[answer("m", &first, wrong), answer("m", &second, right)]);
    let ended = benchmark(&koderz, "repair", "m", "--problem-ids rotate");
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let [(_, verdict)] = verdicts(&koderz).try_into().expect("one verdict");
    assert_eq!((verdict.grade, verdict.metrics[0].value), (Grade::Pass, 2.0));
    assert!(ended.stdout.contains("tries"), "{}", ended.stdout);
}

#[test]
fn an_answer_of_the_wrong_shape_is_told_from_one_with_wrong_values() {
    let suite: Schema = open("{}").expect("the suite");
    let koderz = user_with(&first_answers(&suite, |task| {
        let right = suite.answer(task).expect("an answer").expect("there is one");
        match task.id.as_str() {
            "plain" => right,
            "absent" => right.replace("75", "15"),
            _ => right.replace("\"Tony\"", "1"),
        }
    }));
    let ended = benchmark(&koderz, "schema", "m", "");
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let told: Vec<_> = verdicts(&koderz)
        .into_iter()
        .map(|(task, verdict)| (task, verdict.grade, verdict.labels))
        .collect();
    let label = |failure: &str| vec![("failure".to_owned(), failure.to_owned())];
    let expected = [
        ("absent".to_owned(), Grade::Partial(0.5), label("values")),
        ("plain".to_owned(), Grade::Pass, Vec::new()),
        ("quoted".to_owned(), Grade::Fail, label("shape")),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_needle_that_is_lost_in_the_middle_is_a_failure_with_its_length_and_depth() {
    let suite: Needle = open(r#"{"lengths": [200, 400], "depths": [0, 50]}"#).expect("the suite");
    let koderz = user_with(&first_answers(&suite, |task| {
        let found = all_numbers(&question(suite.next(&trial(task.clone()), &[])));
        match task.id.as_str() {
            "needle/400/50" => "It is not said.".to_owned(),
            _ => format!("It is {found}."),
        }
    }));
    let options = "--set suite.lengths=[200,400] --set suite.depths=[0,50]";
    let ended = benchmark(&koderz, "needle", "m", options);
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let lost: Vec<String> = verdicts(&koderz)
        .into_iter()
        .filter(|(_, verdict)| verdict.grade == Grade::Fail)
        .map(|(task, _)| task)
        .collect();
    assert_eq!(lost, ["needle/400/50"]);
    let samples = koderz.call("export last --format jsonl");
    assert!(samples.stdout.contains("\"depth\":\"50 %\""), "{}", samples.stdout);
}

/// The digits of a question that stand together and are six.
fn all_numbers(request: &koderz_api::chat::Request) -> String {
    let text = format!("{:?}", request.prompt);
    let numbers = text.split(|c: char| !c.is_ascii_digit());
    numbers.filter(|number| number.len() == 6).collect()
}

#[test]
fn a_second_model_in_another_slot_judges_what_the_first_one_said() {
    let suite: Judge = open("{}").expect("the suite");
    let tasks = all_tasks(&suite).expect("tasks");
    let mut answers = Vec::new();
    for task in tasks {
        let said = format!("About {}.", task.id);
        let score = if task.id == "ice" { 5 } else { 2 };
        let trial = trial(task);
        answers.push(answer("m", &question(suite.next(&trial, &[])), &said));
        let opinion = json!({"reason": "So it is.", "score": score}).to_string();
        answers.push(answer("j", &question(suite.next(&trial, &[asked(&said)])), &opinion));
    }
    let koderz = user_with(&answers);
    let ended = benchmark(&koderz, "judge", "m", "--slot judge=j");
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let credits: Vec<Grade> = verdicts(&koderz)
        .into_iter()
        .map(|(_, verdict)| verdict.grade)
        .collect();
    assert_eq!(
        credits,
        [Grade::Partial(1.0), Grade::Partial(0.25), Grade::Partial(0.25)]
    );
    let ended = benchmark(&koderz, "judge", "m", "");
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("--slot judge=MODEL"), "{}", ended.stderr);
}

#[test]
fn latency_is_measured_alone_and_beside_others_and_its_warm_up_is_in_no_figure() {
    let koderz = Koderz::new();
    let options = "--set suite.questions=3 --set suite.clients=2 --set suite.tokens=8";
    let ended = benchmark(&koderz, "latency", "lorem:2000", options);
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    assert_eq!(verdicts(&koderz).len(), 1 + 3 + 3);
    for shown in ["first-token, alone", "later-token, together", "slowdown"] {
        assert!(ended.stdout.contains(shown), "{shown}: {}", ended.stdout);
    }
    // Three and three: the warm-up would be a seventh.
    assert!(ended.stdout.contains("median of 6"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("median of 7"), "{}", ended.stdout);
    let record = koderz.record();
    let mut entries = record.entries(&koderz.last_run()).expect("the run");
    let figures = entries.find_map(|entry| match entry.expect("an entry").event {
        Event::Summarized { figures } => Some(figures),
        _ => None,
    });
    assert!(figures.expect("figures")[0].value > 0.0);
}

#[test]
fn the_projects_own_check_finds_nothing_to_mend_in_any_of_them() {
    let koderz = Koderz::new();
    let file = koderz.data().join("mbpp.json");
    let problem = json!([{"task_id": 1, "prompt": "Write f.", "code": "def f(x):\n    return x",
        "test_list": ["assert f(1) == 1"]}]);
    fs::write(&file, problem.to_string()).expect("a file");
    for name in ["mbpp", "repair", "schema", "needle", "judge", "latency"] {
        let mut command = koderz.command("plugin check --grant");
        command
            .arg(format!("mbpp={}", file.display()))
            .arg(example_plugin(name));
        let ended = end(&mut command);
        assert_eq!(ended.code, Some(0), "{name}: {}\n{}", ended.stdout, ended.stderr);
    }
}
