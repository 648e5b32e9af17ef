//! Runs that cannot be resumed.

use super::refusal::{refusal, refusals};
use crate::plugins::{ADDER, user_with_adder, variant};
use koderz_tests::test_plugin;
use std::fs;

#[test]
fn there_is_nothing_to_resume_where_nothing_was_begun() {
    insta::assert_snapshot!(refusals(&["resume"]), @"
    error: there is no record of runs at DATA/runs.db
    hint: koderz benchmark begins one; --data-dir names another folder
    ");
    assert_eq!(refusals(&["resume nosuch"]), refusals(&["resume last"]));
}

#[test]
fn a_run_that_is_not_in_the_record_or_not_the_only_one_is_refused_with_those_that_are() {
    let koderz = user_with_adder();
    let command = format!(
        "benchmark --host embedded --local-model adder --suite {}",
        test_plugin("sums").display()
    );
    let runs = [(); 2].map(|()| {
        assert_eq!(koderz.call(&command).code, Some(0));
        koderz.last_run()
    });
    let told = ["nosuch", "20", "No-Run"].map(|id| refusal(&koderz, &mut koderz.command(&format!("resume {id}"))));
    let told = told
        .join("\n")
        .replace(runs[0].as_str(), "FIRST")
        .replace(runs[1].as_str(), "SECOND");
    insta::assert_snapshot!(told, @"
    error: no run `nosuch` in the record
    hint: the latest run is SECOND, and `last` means it
    error: `20` may mean SECOND, FIRST
    hint: give more of the id
    error: no run `No-Run` in the record
    hint: the latest run is SECOND, and `last` means it
    ");
}

#[test]
fn a_run_whose_suite_or_model_has_changed_goes_on_only_if_that_is_wanted() {
    let koderz = user_with_adder();
    let cassette = koderz.data().join("cassettes/adder.jsonl");
    // One of its two questions has no answer, so that something is left to go on with.
    fs::write(&cassette, ADDER.trim().lines().next().expect("an answer")).expect("the file");
    let suite = koderz.data().join("sums.wasm");
    fs::copy(test_plugin("sums"), &suite).expect("a copy");
    let begun = koderz.call(&format!(
        "benchmark --host embedded --local-model adder --suite {}",
        suite.display()
    ));
    assert_eq!(begun.code, Some(1), "{}", begun.stderr);
    let before = koderz.record().manifest(&koderz.last_run()).expect("the run");

    variant(&test_plugin("sums"), &suite);
    fs::write(&cassette, ADDER.replace("It is", "That makes")).expect("the file");
    let told = refusal(&koderz, &mut koderz.command("resume"));
    let digests = told.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| {
        let hexadecimal = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        word.len() == 12 && word.chars().all(hexadecimal)
    });
    let old = [&before.suite.digest, &before.model_digests["adder"]];
    let told = digests.fold(told.clone(), |told, digest| {
        let known = old.iter().any(|old| old.starts_with(digest));
        told.replace(digest, if known { "BEFORE" } else { "NOW" })
    });
    let told = told.replace(koderz.last_run().as_str(), "RUN");
    insta::assert_snapshot!(told, @"
    error: run RUN cannot go on as it was begun: the suite was sums 0.1.0 (BEFORE) and is sums 0.1.0 (NOW); the model adder had digest BEFORE and has NOW
    hint: --allow-changes goes on all the same, and its verdicts are then not all of one kind
    ");

    let resumed = koderz.call("resume --allow-changes");
    assert_eq!(resumed.code, Some(0), "{}", resumed.stderr);
    for warned in ["WARN the suite was sums 0.1.0", "WARN the model adder had digest"] {
        assert!(resumed.stderr.contains(warned), "{}", resumed.stderr);
    }
}
