//! HumanEval+: its data, its steps and its verdicts. What its programs do is for the tests with an evaluator.

use super::labelled;
use crate::HumanEval;
use flate2::Compression;
use flate2::write::GzEncoder;
use koderz_plugin::prelude::*;
use koderz_plugin::testing::{all_tasks, grant, open, outcome, reply, trial};
use serde_json::{Value, json};
use std::io::Write;

fn line(id: &str) -> Value {
    json!({
        "task_id": id,
        "prompt": "def double(x):\n    \"\"\" Twice a number. \"\"\"\n",
        "entry_point": "double",
        "canonical_solution": "    return 2 * x\n",
        "test": "def check(candidate):\n    assert candidate(1) == 2\n",
        "contract": "    assert type(x) == int\n",
        "base_input": [[1]],
        "plus_input": [[0], [-1]],
        "atol": 0,
    })
}

/// The suite with these lines as its data.
fn suite_of(lines: &[Value]) -> HumanEval {
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    grant("plus", lines.join("\n"));
    open("{}").expect("the settings are right")
}

fn refusal(data: impl Into<Vec<u8>>) -> String {
    grant("plus", data);
    let suite: HumanEval = open("{}").expect("the settings are right");
    all_tasks(&suite).expect_err("no such data")
}

fn printed(stdout: &str) -> Completion {
    Completion::Executed(Ok(Outcome {
        stdout: stdout.into(),
        ..outcome(Exit::Passed)
    }))
}

fn ended(exit: Exit) -> Completion {
    Completion::Executed(Ok(outcome(exit)))
}

const RIGHT: &str = "```python\ndef double(x):\n    return x + x\n```";

fn answered(text: &str) -> Completion {
    Completion::Asked(Ok(reply(text)))
}

/// The verdict after these rounds.
fn verdict(history: &[Round]) -> Verdict {
    let suite = suite_of(&[line("HumanEval/0")]);
    let task = all_tasks(&suite).expect("a task").remove(0);
    match suite.next(&trial(task), history).expect("a step") {
        Step::Finish(verdict) => verdict,
        Step::Perform(commands) => panic!("{commands:?}"),
    }
}

/// The verdict on an answer whose parts ended so.
fn of_parts(base: Exit, plus: Exit) -> Verdict {
    verdict(&[
        vec![answered(RIGHT), printed("YQ==\nYg==\n")],
        vec![ended(base), ended(plus)],
    ])
}

fn measured(verdict: &Verdict) -> Vec<(&str, f64)> {
    let metrics = verdict.metrics.iter();
    metrics.map(|metric| (metric.name.as_str(), metric.value)).collect()
}

#[test]
fn tasks_are_those_of_the_data_page_by_page_and_compressed_or_not() {
    let ids: Vec<String> = (0..120).map(|number| format!("HumanEval/{number}")).collect();
    let lines: Vec<Value> = ids.iter().map(|id| line(id)).collect();
    let plain = suite_of(&lines);
    let tasks = all_tasks(&plain).expect("tasks");
    assert_eq!(tasks.iter().map(|task| task.id.clone()).collect::<Vec<_>>(), ids);
    assert_eq!(plain.describe().task_count, Some(120));
    assert!(plain.tasks(Some("120")).is_err());

    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    for line in &lines {
        writeln!(encoder, "{line}").expect("memory takes it");
    }
    grant("plus", encoder.finish().expect("memory takes it"));
    let compressed: HumanEval = open("{}").expect("the settings are right");
    assert_eq!(all_tasks(&compressed), Ok(tasks));
}

#[test]
fn without_the_data_the_suite_has_neither_its_metrics_nor_its_tasks() {
    let plus = suite_of(&[line("HumanEval/0")]).describe();
    assert_eq!(
        plus.metrics
            .iter()
            .map(|metric| metric.name.as_str())
            .collect::<Vec<_>>(),
        ["base", "plus"]
    );
    // Grants are a thread's.
    let plain = std::thread::spawn(|| open::<HumanEval>("{}").map(|suite| suite.describe()));
    let plain = plain
        .join()
        .expect("it does not panic")
        .expect("the settings are right");
    assert_eq!((plain.metrics.len(), plain.task_count), (0, Some(164)));
}

#[test]
fn what_is_wrong_with_the_data_is_said_with_its_line() {
    let good = line("HumanEval/0").to_string();
    let without = good.replace("\"contract\"", "\"contact\"");
    let cases = [
        (format!("{good}\n\n{{"), "line 3 of the data granted as `plus`: EOF"),
        (
            without,
            "line 1 of the data granted as `plus`: missing field `contract`",
        ),
        (
            format!("{good}\n{good}"),
            "line 2 of the data granted as `plus`: HumanEval/0 is there twice",
        ),
        (
            good.replace("\"atol\":0", "\"atol\":-1"),
            "line 1 of the data granted as `plus`: its `atol` is -1",
        ),
        ("\u{1f}\u{8b}".to_owned(), "line 1 of the data granted as `plus`: "),
    ];
    for (data, begins) in cases {
        let refusal = refusal(data);
        assert!(refusal.starts_with(begins), "{refusal}");
    }
    let cut_off = refusal(b"\x1f\x8b\x08\0\0\0\0\0".to_vec());
    assert!(
        cut_off.starts_with("line 1 of the data granted as `plus`: "),
        "{cut_off}"
    );
}

#[test]
fn numbers_of_any_size_stay_what_they_are() {
    let mut wide = line("HumanEval/0");
    wide["base_input"] = json!([]);
    let text = wide.to_string().replace(
        "\"base_input\":[]",
        "\"base_input\":[[1e400,123456789012345678901234567890]]",
    );
    grant("plus", text);
    let suite: HumanEval = open("{}").expect("the settings are right");
    assert_eq!(all_tasks(&suite).expect("tasks").len(), 1);
}

#[test]
fn the_reference_is_run_while_the_model_answers_and_alike_for_every_sample_and_setting() {
    let program = |settings: &str| {
        suite_of(&[line("HumanEval/0")]);
        let suite: HumanEval = open(settings).expect("the settings are right");
        let task = all_tasks(&suite).expect("a task").remove(0);
        match suite.next(&trial(task), &[]) {
            Ok(Step::Perform(commands)) => match commands.as_slice() {
                [Command::Ask(_), Command::Execute(program)] => program.clone(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    };
    let usual = program("{}");
    assert_eq!(usual.judge, None);
    assert_eq!(
        usual,
        program(r#"{"cpu-seconds": 1, "memory-mib": 64, "prompt-style": "solution"}"#)
    );
}

#[test]
fn each_part_is_tried_apart_with_what_the_reference_answered() {
    let suite = suite_of(&[line("HumanEval/0")]);
    let task = all_tasks(&suite).expect("a task").remove(0);
    let history = [vec![answered(RIGHT), printed("noise\nYmFzZQ==\ncGx1cw==\n")]];
    let Ok(Step::Perform(commands)) = suite.next(&trial(task), &history) else {
        panic!("it has programs run");
    };
    let [Command::Execute(base), Command::Execute(plus)] = commands.as_slice() else {
        panic!("it has two programs run");
    };
    let judge = |program: &Program| program.judge.clone().expect("a judge");
    assert!(judge(base).contains("YmFzZQ==") && !judge(base).contains("cGx1cw=="));
    assert!(judge(plus).contains("cGx1cw==") && !judge(plus).contains("YmFzZQ=="));
    for program in [base, plus] {
        assert!(program.subject.contains("return x + x"));
        assert!(
            !program.subject.contains("2 * x"),
            "the subject does not hold the reference"
        );
    }
}

#[test]
fn an_answer_passes_where_both_parts_do_and_says_which_failed() {
    let wrong = || Exit::Failed("AssertionError: double(0) is 1, not 0 (input 1 of 2)\n  raise …".to_owned());
    let verdict = of_parts(Exit::Passed, Exit::Passed);
    assert_eq!(verdict.grade, Grade::Pass);
    assert_eq!(measured(&verdict), [("base", 1.0), ("plus", 1.0)]);

    let verdict = of_parts(Exit::Passed, wrong());
    assert_eq!(verdict.grade, Grade::Fail);
    assert_eq!(verdict.reason, "plus: double(0) is 1, not 0 (input 1 of 2)");
    assert_eq!(measured(&verdict), [("base", 1.0), ("plus", 0.0)]);
    assert_eq!(labelled(&verdict, "part"), ["plus"]);
    assert_eq!(labelled(&verdict, "failure"), ["wrong-answer"]);

    let verdict = of_parts(Exit::CpuLimit, wrong());
    assert_eq!(verdict.reason, "base: it used up its processor time");
    assert_eq!(labelled(&verdict, "part"), ["base", "plus"]);
    assert_eq!(labelled(&verdict, "failure"), ["time"]);
}

#[test]
fn an_answer_without_code_fails_in_both_parts() {
    let verdict = verdict(&[vec![answered("I cannot."), printed("YQ==\nYg==\n")]]);
    assert_eq!(verdict.grade, Grade::Fail);
    assert_eq!(measured(&verdict), [("base", 0.0), ("plus", 0.0)]);
}

#[test]
fn a_reference_without_answers_is_not_held_against_the_model() {
    let crashed = ended(Exit::Crashed("ZeroDivisionError: division by zero".to_owned()));
    for (execution, reason) in [
        (
            crashed,
            "the problem's reference has no answers: ZeroDivisionError: division by zero",
        ),
        (
            printed("one\"\ntwo\n"),
            "the problem's reference has no answers: it printed no answers",
        ),
        (
            ended(Exit::CpuLimit),
            "the problem's reference has no answers: it did not end in time",
        ),
    ] {
        let verdict = verdict(&[vec![answered(RIGHT), execution]]);
        assert_eq!((verdict.grade, verdict.reason.as_str()), (Grade::Inconclusive, reason));
    }
}

#[test]
fn the_right_answer_is_the_reference_of_the_data() {
    let suite = suite_of(&[line("HumanEval/7")]);
    let task = all_tasks(&suite).expect("a task").remove(0);
    let answer = suite.answer(&task).expect("it can be said").expect("there is one");
    assert!(answer.contains("    return 2 * x\n```"), "{answer}");
}
