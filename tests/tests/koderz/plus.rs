//! HumanEval+, with a small file of the same shape as EvalPlus's: answers judged through the binary, the suite and the
//! evaluator, with base and plus results.

use koderz_api::suite::{Grade, Verdict};
use koderz_core::event::Event;
use koderz_tests::{Ended, Koderz};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Whole numbers from 1 on; long ones are compared by their digests.
const COUNT: &str = "def count(n: int) -> list:\n    \"\"\" The whole numbers from 1 to n. \"\"\"\n";

/// A mean, whose last digits follow from the order of the sums.
const MEAN: &str = "def mean(numbers: list) -> float:\n    \"\"\" The mean of some numbers. \"\"\"\n";

/// A zero of a polynomial: any is right.
const ZERO: &str = r#"import math


def poly(xs: list, x: float):
    return sum(c * math.pow(x, i) for i, c in enumerate(xs))


def find_zero(xs: list):
    """ Some x where poly(xs, x) is 0. """
"#;

fn problems() -> Vec<Value> {
    let problem = |id: &str, prompt: &str, name: &str, solution: &str| {
        json!({
            "task_id": id,
            "prompt": prompt,
            "entry_point": name,
            "canonical_solution": solution,
            "test": "def check(candidate):\n    pass\n",
            "contract": "",
            "base_input": [],
            "plus_input": [],
            "atol": 0,
        })
    };
    let mut count = problem("HumanEval/0", COUNT, "count", "    return list(range(1, n + 1))\n");
    count["contract"] = "    assert n >= 0\n".into();
    count["base_input"] = json!([[3]]);
    count["plus_input"] = json!([[0], [5000], [-2]]);
    let mut mean = problem("HumanEval/2", MEAN, "mean", "    return sum(numbers) / len(numbers)\n");
    mean["base_input"] = json!([[[1.0, 3.0]]]);
    mean["plus_input"] = json!([[[0.1, 0.2, 0.3]], [[1e300, 0.5]]]);
    let mut zero = problem("HumanEval/32", ZERO, "find_zero", "    return -1.0\n");
    zero["atol"] = 1e-4.into();
    zero["base_input"] = json!([[[-1, 0, 1]]]);
    zero["contract"] = "    assert xs[0] != 1 or len(xs) > 1\n".into();
    // The last has no zero, which the contract says, so nobody is asked for one.
    zero["plus_input"] = json!([[[1, 2, 1]], [[-2, -1, 1]], [[1]]]);
    vec![count, mean, zero]
}

/// Writes JSON lines into a user's folder.
fn written(koderz: &Koderz, name: &str, lines: &[Value]) -> PathBuf {
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    let path = koderz.data().join(name);
    std::fs::write(&path, lines.join("\n")).expect("a file");
    path
}

/// Grades answers to the small file's problems.
fn evaluate(koderz: &Koderz, answers: &[(&str, &str)]) -> Ended {
    let data = written(koderz, "small.jsonl", &problems());
    let answers: Vec<Value> = answers
        .iter()
        .map(|(id, solution)| json!({"task_id": id, "solution": solution}))
        .collect();
    let answers = written(koderz, "answers.jsonl", &answers);
    koderz.call(&format!(
        "evaluate {} --grant plus={}",
        answers.display(),
        data.display()
    ))
}

/// The verdicts of the last run, by task and sample.
fn verdicts(koderz: &Koderz) -> Vec<Verdict> {
    let record = koderz.record();
    let mut verdicts = Vec::new();
    for entry in record.entries(&koderz.last_run()).expect("the run") {
        if let Event::TrialFinished { trial, verdict } = entry.expect("an entry").event {
            verdicts.push(((trial.task, trial.sample), verdict));
        }
    }
    verdicts.sort_by(|(one, _), (other, _)| one.cmp(other));
    verdicts.into_iter().map(|(_, verdict)| verdict).collect()
}

/// Whether the base inputs and the others passed, and what is said.
fn parts(verdict: &Verdict) -> (f64, f64, &str) {
    let of = |name: &str| {
        let metric = verdict.metrics.iter().find(|metric| metric.name == name);
        metric.expect("both parts are measured").value
    };
    assert_eq!(verdict.grade == Grade::Pass, (of("base"), of("plus")) == (1.0, 1.0));
    (of("base"), of("plus"), &verdict.reason)
}

#[test]
fn right_answers_pass_however_they_are_come_by() {
    let koderz = Koderz::new();
    let ended = evaluate(
        &koderz,
        &[
            ("HumanEval/0", "def count(n):\n    return [i + 1 for i in range(n)]\n"),
            // Equal, if not of the same type.
            (
                "HumanEval/0",
                "def count(n):\n    return [float(i + 1) for i in range(n)]\n",
            ),
            // Another order of the sums.
            (
                "HumanEval/2",
                "def mean(numbers):\n    return sum(x / len(numbers) for x in numbers)\n",
            ),
            // Other zeros, and the argument is not left as it was.
            (
                "HumanEval/32",
                "def find_zero(xs):\n    zero = 1 // (len(xs) > 1) if sum(xs) == 0 else -1 // (len(xs) > 1)\n    xs.clear()\n    return zero\n",
            ),
        ],
    );
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    for verdict in verdicts(&koderz) {
        assert_eq!(parts(&verdict), (1.0, 1.0, ""), "{verdict:?}");
    }
    assert!(ended.stdout.contains("base"), "{}", ended.stdout);
}

#[test]
fn wrong_answers_fail_in_the_part_that_shows_it() {
    let koderz = Koderz::new();
    let ended = evaluate(
        &koderz,
        &[
            // Right for what the base inputs try.
            (
                "HumanEval/0",
                "def count(n):\n    return list(range(1, n + 1))[:4999]\n",
            ),
            ("HumanEval/0", "def count(n):\n    return list(range(n))\n"),
            (
                "HumanEval/0",
                "def count(n):\n    return list(range(1, n + 1)) if n >= 0 else [0]\n",
            ),
            (
                "HumanEval/2",
                "def mean(numbers):\n    return round(sum(numbers) / len(numbers), 3) + 1e-5\n",
            ),
            (
                "HumanEval/2",
                "def mean(numbers):\n    return sum(numbers) / len(numbers) if numbers[1] != 0.5 else '0.2'\n",
            ),
            // An argument that is emptied does not become a polynomial that is 0 everywhere.
            ("HumanEval/32", "def find_zero(xs):\n    xs.clear()\n    return 7\n"),
            (
                "HumanEval/32",
                "def find_zero(xs):\n    return None if xs[0] == 1 else -1\n",
            ),
        ],
    );
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let verdicts = verdicts(&koderz);
    let told: Vec<(f64, f64, &str)> = verdicts.iter().map(parts).collect();
    assert_eq!(
        told,
        [
            (
                1.0,
                0.0,
                "plus: count(5000) is another long value than the reference's (input 2 of 3)"
            ),
            (0.0, 0.0, "base: count(3) is [0, 1, 2], not [1, 2, 3] (input 1 of 1)"),
            (
                1.0,
                0.0,
                "plus: count(-2) is [0], not [] (input 3 of 3, an input outside the problem's contract)"
            ),
            (0.0, 0.0, "base: mean([1.0, 3.0]) is 2.00001, not 2.0 (input 1 of 1)"),
            (
                1.0,
                0.0,
                "plus: mean([1e+300, 0.5]) is '0.2', not 5e+299 (input 2 of 2)"
            ),
            (
                0.0,
                0.0,
                "base: find_zero([-1, 0, 1]) is 7, where the polynomial is not 0 (input 1 of 1)"
            ),
            (
                1.0,
                0.0,
                "plus: find_zero([1, 2, 1]) is None, where the polynomial is not 0 (input 1 of 3)"
            ),
        ]
    );
}

/// Answers short lists rightly, and puts what says yes to everything in the place of the long ones and of their digests.
const LIAR: &str = r#"
class Yes(bytes):
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False


def count(n):
    globals()["_koderz_digest"] = globals()["_koderz_digests"] = lambda *arguments: Yes(b"yes")
    return list(range(1, n + 1)) if n < 9 else Yes()
"#;

#[test]
fn an_answer_cannot_name_the_digest_of_a_value_that_it_does_not_have() {
    let koderz = Koderz::new();
    let ended = evaluate(&koderz, &[("HumanEval/0", LIAR)]);
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let verdicts = verdicts(&koderz);
    let (base, plus, reason) = parts(&verdicts[0]);
    assert_eq!((base, plus), (1.0, 0.0), "{reason}");
}

#[test]
fn a_reference_that_fails_is_found_out_before_anything_is_graded() {
    let koderz = Koderz::new();
    let mut problems = problems();
    problems[1]["plus_input"] = json!([[[]]]);
    let data = written(&koderz, "broken.jsonl", &problems);
    let answers = written(
        &koderz,
        "answers.jsonl",
        &[json!({"task_id": "HumanEval/2", "solution": "pass"})],
    );
    let ended = koderz.call(&format!(
        "evaluate {} --grant plus={}",
        answers.display(),
        data.display()
    ));
    assert_eq!(ended.code, Some(2), "{}", ended.stdout);
    let told = "HumanEval/2 (the problem's reference has no answers: ZeroDivisionError: division by zero";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
}

#[test]
fn a_model_is_asked_for_the_problems_of_the_data() {
    let koderz = Koderz::new();
    let data = written(&koderz, "small.jsonl", &problems());
    let call = |path: &Path| koderz.call(&format!("list-problems --grant plus={}", path.display()));
    let ended = call(&data);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let listed: Vec<&str> = ended.stdout.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(listed[..3], ["HumanEval/0", "HumanEval/2", "HumanEval/32"]);
    assert!(!ended.stdout.contains("HumanEval/1"), "{}", ended.stdout);
    let ended = call(&written(&koderz, "bad.jsonl", &[json!({})]));
    assert_eq!(ended.code, Some(2));
    assert!(
        ended
            .stderr
            .contains("line 1 of the data granted as `plus`: missing field"),
        "{}",
        ended.stderr
    );
}
