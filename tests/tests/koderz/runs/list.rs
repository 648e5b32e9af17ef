//! Which runs there are.

use super::{interrupt, told, user_with_runs};
use koderz_tests::Koderz;
use serde_json::Value;
use std::fs;

#[test]
fn where_nothing_was_recorded_a_list_says_so_and_makes_nothing() {
    let koderz = Koderz::new();
    insta::assert_snapshot!(told(&koderz.call("runs"), &koderz, &[]), @"
    no run is recorded yet
    exit code 0
    ");
    insta::assert_snapshot!(told(&koderz.call("runs list --json"), &koderz, &[]), @"
    []
    exit code 0
    ");
    for command in ["runs show", "runs report", "runs rm last --yes", "export --format csv"] {
        let told = told(&koderz.call(command), &koderz, &[]);
        assert!(
            told.starts_with("error: there is no record of runs at DATA/runs.db\nhint: "),
            "{told}"
        );
        assert!(told.ends_with("exit code 2"), "{told}");
    }
    assert_eq!(fs::read_dir(koderz.data()).expect("the folder").count(), 0);
}

#[test]
fn runs_are_listed_with_the_one_begun_last_first_and_how_they_stand() {
    let (koderz, runs) = user_with_runs();
    interrupt(&koderz, &runs[0]);
    let _working = koderz.record().journal(&runs[1]).expect("nobody else writes");
    insta::assert_snapshot!(told(&koderz.call("runs"), &koderz, &runs), @"
    run                   suite  model    state         pass@1  p/f/t/i/o
    20261124-143412-0001  sums   hostile  running       50.0 %  1/1/0/0/0
    20261124-143412-0000  sums   adder    interrupted  100.0 %  2/0/0/0/0

    p/f/t/i/o: pass, fail, truncated, inconclusive, open
    exit code 0
    ");
    insta::assert_snapshot!(told(&koderz.call("runs list --limit 1"), &koderz, &runs), @"
    run                   suite  model    state    pass@1  p/f/t/i/o
    20261124-143412-0001  sums   hostile  running  50.0 %  1/1/0/0/0

    p/f/t/i/o: pass, fail, truncated, inconclusive, open
    and 1 more; --limit 2 lists them too
    exit code 0
    ");
}

#[test]
fn a_list_is_narrowed_by_model_suite_state_and_date() {
    let (koderz, runs) = user_with_runs();
    interrupt(&koderz, &runs[0]);
    for (options, expected) in [
        ("", &[1, 0][..]),
        ("--model ADD", &[0]),
        ("--suite sum", &[1, 0]),
        ("--suite nosuch", &[]),
        ("--state finished", &[1]),
        ("--state interrupted", &[0]),
        ("--state running", &[]),
        ("--since 2020-01-01", &[1, 0]),
        ("--since 9999-12-31", &[]),
        ("--model hostile --state interrupted", &[]),
    ] {
        let ended = koderz.call(&format!("runs {options} --json"));
        assert_eq!(ended.code, Some(0), "{options}: {}", ended.stderr);
        let listed: Value = serde_json::from_str(&ended.stdout).expect("JSON");
        let listed = listed.as_array().expect("an array").iter();
        let listed: Vec<&str> = listed.filter_map(|run| run["run"].as_str()).collect();
        let expected: Vec<&str> = expected.iter().map(|run| runs[*run].as_str()).collect();
        assert_eq!(listed, expected, "{options}");
    }
    let none = koderz.call("runs --suite nosuch");
    assert_eq!(
        (none.code, none.stdout.as_str()),
        (Some(0), "no recorded run is like that\n")
    );
}

#[test]
fn what_cannot_be_listed_by_is_refused() {
    let koderz = Koderz::new();
    for options in [
        "--state gone",
        "--since yesterday",
        "--since 2026-02-30",
        "--limit 0",
        "--limit -1",
    ] {
        let ended = koderz.call(&format!("runs {options}"));
        assert_eq!(ended.code, Some(2), "{options}: {}", ended.stdout);
        assert!(ended.stderr.starts_with("error: invalid value"), "{}", ended.stderr);
    }
}
