//! What a run came to, and what became of one task.

use super::{interrupt, told, user_with_runs};
use serde_json::Value;
use std::fs;

#[test]
fn a_run_is_shown_as_at_its_end() {
    let koderz = crate::plugins::user_with_adder();
    let suite = koderz_tests::test_plugin("sums");
    let ended = koderz.call(&format!(
        "benchmark --host embedded --local-model adder --suite {}",
        suite.display()
    ));
    let run = koderz.last_run();
    for named in ["last", run.as_str(), &run.as_str()[..19], ""] {
        let shown = koderz.call(&format!("runs show {named}"));
        assert_eq!((shown.code, &shown.stdout), (Some(0), &ended.stdout), "{named}");
    }
}

#[test]
fn the_document_of_a_run_is_the_one_that_an_export_has() {
    let (koderz, runs) = user_with_runs();
    let shown = koderz.call(&format!("runs show {} --json", runs[1]));
    let document: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    assert_eq!(document["counts"]["fail"], 1);
    assert_eq!(document["end"], "finished");
    assert_eq!(document["manifest"]["run"], runs[1].as_str());
}

#[test]
fn a_task_is_shown_with_its_question_answer_and_verdict() {
    let (koderz, runs) = user_with_runs();
    let shown = koderz.call(&format!("runs show {} --problem sum/2", runs[1]));
    assert!(!shown.stdout.contains(['\u{1b}', '\u{202e}']), "{:?}", shown.stdout);
    insta::assert_snapshot!(without_times(&told(&shown, &koderz, &runs)), @r#"
    sum/2

    question, user
      What is 20 + 22?

    answer: ended by itself, TIME, first token after TIME
      =1
      "a", 'b'

      pass [2J </failure><error/>]]>&amp;

    fail
      42 is not in: =1
      "a", 'b'

      pass [2J </failure><error/>]]>&amp;

    notes
      took TIME from its beginning to its verdict

    run      20261124-143412-0001
    record   DATA/runs.db
    report   DATA/reports/20261124-143412-0001.html
    exit code 0
    "#);

    let shown = koderz.call(&format!("runs show {} --problem sum/2 --sample 0 --json", runs[1]));
    assert!(!shown.stdout.contains(['\u{1b}', '\u{202e}']), "{:?}", shown.stdout);
    let samples: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    assert_eq!(samples.as_array().map(Vec::len), Some(1));
    assert_eq!(samples[0]["question"][0]["text"], "What is 20 + 22?");
    let answer = samples[0]["answer"]["text"].as_str().expect("a text");
    assert!(answer.contains("\u{1b}[2J\u{202e}"), "{answer:?}");
}

/// A word for each length of time.
fn without_times(text: &str) -> String {
    let line = |line: &str| {
        let mut words = line.split(' ').peekable();
        let mut shown = Vec::new();
        while let Some(word) = words.next() {
            let unit = |next: &&str| matches!(next.trim_end_matches(','), "ms" | "s");
            match words.next_if(|next| word.parse::<f64>().is_ok() && unit(next)) {
                Some(unit) if unit.ends_with(',') => shown.push("TIME,"),
                Some(_) => shown.push("TIME"),
                None => shown.push(word),
            }
        }
        shown.join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_task_or_a_run_that_is_not_there_is_refused_with_what_there_is() {
    let (koderz, runs) = user_with_runs();
    let told = [
        "last --problem SUM",
        "last --problem x",
        "last --problem sum/1 --sample 1",
        "nosuch",
        "2",
    ]
    .map(|wanted| told(&koderz.call(&format!("runs show {wanted}")), &koderz, &runs));
    insta::assert_snapshot!(told.join("\n"), @"
    error: run 20261124-143412-0001 has no task `SUM`
    hint: it has 2, such as sum/1, sum/2
    exit code 2
    error: run 20261124-143412-0001 has no task `x`
    hint: it has 2, such as sum/1, sum/2
    exit code 2
    error: run 20261124-143412-0001 has no sample 1 of task `sum/1`
    hint: it has 1, counted from 0
    exit code 2
    error: no run `nosuch` in the record
    hint: the latest run is 20261124-143412-0001, and `last` means it
    exit code 2
    error: `2` may mean 20261124-143412-0001, 20261124-143412-0000
    hint: give more of the id
    exit code 2
    ");
}

#[test]
fn a_run_that_is_going_on_is_shown_as_far_as_it_has_come() {
    let (koderz, runs) = user_with_runs();
    interrupt(&koderz, &runs[0]);
    let _working = koderz.record().journal(&runs[0]).expect("nobody else writes");
    let shown = koderz.call(&format!("runs show {}", runs[0]));
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    assert!(shown.stdout.contains("pass               2"), "{}", shown.stdout);
    assert!(shown.stderr.contains("is going on (process"), "{}", shown.stderr);
}

#[test]
fn the_report_of_a_run_is_written_again() {
    let (koderz, runs) = user_with_runs();
    let usual = koderz.data().join("reports").join(format!("{}.html", runs[1]));
    let before = fs::read_to_string(&usual).expect("the report");
    fs::remove_dir_all(koderz.data().join("reports")).expect("removed");
    let shown = koderz.call("runs show");
    assert!(!shown.stdout.contains("report "), "{}", shown.stdout);

    let ended = koderz.call("runs report");
    assert_eq!((ended.code, ended.stdout), (Some(0), format!("{}\n", usual.display())));
    assert_eq!(fs::read_to_string(&usual).expect("the report"), before);

    let other = koderz.data().join("other.html");
    let ended = koderz_tests::end(koderz.command("runs report last -o").arg(&other));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(fs::read_to_string(&other).expect("the report"), before);
}
