//! `koderz plugin check`: what an author is told before anybody uses a plugin.

use koderz_tests::{Ended, Koderz, native_plugin, test_plugin};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn check(plugin: &str, options: &str) -> Ended {
    let file = test_plugin(plugin);
    Koderz::new().call(&format!("plugin check {} {options}", file.display()))
}

/// The faults that are named, and how it ended.
fn faults(plugin: &str, options: &str) -> (Option<i32>, Vec<String>) {
    let ended = check(plugin, options);
    let lines = ended.stdout.lines().filter_map(|line| line.strip_prefix("fault: "));
    let faults = lines.map(str::to_owned).collect();
    (ended.code, faults)
}

#[test]
fn the_plugins_that_are_installed_are_fit_for_use() {
    for plugin in ["humaneval", "speed", "exponential", "python"] {
        let ended = Koderz::new().call(&format!("plugin check {plugin}"));
        assert_eq!(ended.code, Some(0), "{plugin}: {}\n{}", ended.stdout, ended.stderr);
        assert!(ended.stdout.ends_with("fine\n"), "{}", ended.stdout);
    }
}

#[test]
fn every_right_answer_of_a_suite_is_tried_and_one_that_fails_is_a_fault() {
    let sound = check("sums", "");
    assert_eq!(sound.code, Some(0), "{}\n{}", sound.stdout, sound.stderr);
    assert!(
        sound
            .stdout
            .contains("tasks       2; 2 with a right answer, of which 2 pass\n"),
        "{}",
        sound.stdout
    );
    let (code, faults) = faults("sums", "--set suite.mistaken=true");
    assert_eq!(code, Some(1));
    assert_eq!(
        faults,
        ["tasks that their own right answer fails: sum/2 (42 is not in: 41)"]
    );
}

#[test]
fn each_planted_fault_is_named() {
    let (code, found) = faults("faulty", "--set suite.fault=blame");
    assert_eq!(code, Some(1));
    let blamed = "a failure of the machinery is held against the model, where it should be inconclusive: only";
    assert_eq!(found, [blamed]);
    let (_, found) = faults("faulty", "--set suite.fault=miscount");
    assert_eq!(found, ["it says that it has 2 tasks, and has 1"]);
    let (_, found) = faults("faulty", "--set suite.fault=endless");
    assert_eq!(found, ["trials that come to no verdict in 64 steps: only"]);
    let (_, found) = faults("faulty", "--set suite.fault=error");
    assert_eq!(
        found,
        ["next fails: plugin faulty 0.1.0, call next, task only: no idea"]
    );
    let (_, found) = faults("faulty", "--set suite.fault=slow --plugin-time faulty=600");
    assert!(
        found.len() == 1 && found[0].starts_with("next is slow: a call took "),
        "{found:?}"
    );
    let (code, found) = faults("steady", "--set retry.impure=true");
    assert_eq!(code, Some(1));
    assert!(
        found.len() == 1 && found[0].starts_with("equal calls of decide have different answers: attempt 1 "),
        "{found:?}"
    );
}

/// A copy of the evaluator `flawed` with a flaw in it.
fn flawed(folder: &Path, flaw: &str) -> PathBuf {
    let mut bytes = fs::read(test_plugin("flawed")).expect("the evaluator");
    let (none, planted) = ("koderz-flaw:none        :", format!("koderz-flaw:{flaw:<12}:"));
    let mut places = bytes
        .windows(none.len())
        .enumerate()
        .filter(|(_, part)| *part == none.as_bytes());
    let place = places.next().expect("it has a place for a flaw").0;
    assert!(places.next().is_none(), "and only one");
    bytes[place..place + planted.len()].copy_from_slice(planted.as_bytes());
    let file = folder.join(format!("{flaw}.wasm"));
    fs::write(&file, bytes).expect("a new file");
    file
}

#[test]
fn an_evaluator_that_cannot_work_is_not_fit_for_use_and_is_found_out_before_one_waits() {
    let koderz = Koderz::new();
    let mut told = String::new();
    for flaw in [
        "new-panic",
        "run-panic",
        "run-loop",
        "load-panic",
        "load-loop",
        "call-loop",
        "judge-panic",
        "judge-loop",
    ] {
        let file = flawed(koderz.data(), flaw);
        let ended = koderz.call(&format!("plugin check {}", file.display()));
        assert_eq!(ended.code, Some(1), "{flaw}: {}{}", ended.stdout, ended.stderr);
        let faults = ended.stdout.lines().filter(|line| line.starts_with("fault: "));
        faults.for_each(|fault| told.push_str(&format!("{flaw}, {fault}\n")));
    }
    insta::assert_snapshot!(told, @"
    new-panic, fault: run of an empty program does not come back: panic: new is broken (tests/plugins/flawed/src/lib.rs:21)
    new-panic, fault: load of an empty program does not come back: panic: new is broken (tests/plugins/flawed/src/lib.rs:21)
    run-panic, fault: run of an empty program does not come back: panic: run is broken (tests/plugins/flawed/src/lib.rs:21)
    run-loop, fault: run of an empty program used up its time on the processor, which was 2.0 s
    load-panic, fault: load of an empty program does not come back: panic: load is broken (tests/plugins/flawed/src/lib.rs:21)
    load-loop, fault: load of an empty program used up its time on the processor, which was 2.0 s
    call-loop, fault: call of an empty program used up its time on the processor, which was 2.0 s
    judge-panic, fault: judge of an empty check: plugin flawed 0.1.0: the judge: panic: judge is broken (tests/plugins/flawed/src/lib.rs:21)
    judge-loop, fault: judge of an empty check: the judge used up its time on the processor, and had heard nothing of the program
    ");
}

#[test]
fn an_objection_is_no_fault_of_an_evaluator_and_a_panic_at_a_text_that_no_judge_sends_a_remark() {
    let koderz = Koderz::new();
    let check = |flaw: &str| koderz.call(&format!("plugin check {}", flawed(koderz.data(), flaw).display()));
    let sound = check("none");
    assert_eq!(sound.code, Some(0), "{}{}", sound.stdout, sound.stderr);
    assert!(!sound.stdout.contains("remark"), "{}", sound.stdout);
    let panics = check("call-panic");
    assert_eq!(panics.code, Some(0), "{}{}", panics.stdout, panics.stderr);
    let remark = "remark: call of an empty program does not come back: panic: call is broken (";
    assert!(panics.stdout.contains(remark), "{}", panics.stdout);
}

#[test]
fn an_evaluator_is_tried_with_a_program_and_a_check_of_the_authors() {
    let koderz = Koderz::new();
    let file = |name: &str, text: &str| {
        let file = koderz.data().join(name);
        fs::write(&file, text).expect("a new file");
        file.display().to_string()
    };
    let (subject, judge) = (file("subject", "add more 2"), file("judge", "expect more 40 42"));
    let tally = test_plugin("tally");
    let check = |rest: &str| koderz.call(&format!("plugin check {} {rest}", tally.display()));
    let passed = check(&format!("--subject {subject} --judge {judge} --entry-points more,less"));
    assert_eq!(passed.code, Some(0), "{}{}", passed.stdout, passed.stderr);
    assert!(passed.stdout.contains("  tried       passed; "), "{}", passed.stdout);
    // Without the entry point the check cannot be run.
    let broken = check(&format!("--subject {subject} --judge {judge}"));
    assert_eq!(broken.code, Some(1), "{}{}", broken.stdout, broken.stderr);
    let words = "fault: the program that was named could not be judged: more is no entry point";
    assert!(broken.stdout.contains(words), "{}", broken.stdout);
    let panics = check(&format!("--subject {}", file("panics", "panic")));
    let words = "fault: run of the program that was named does not come back: panic: as it was told (";
    assert!(panics.stdout.contains(words), "{}", panics.stdout);
    let none = koderz.call(&format!("plugin check exponential --subject {subject}"));
    assert_eq!(none.code, Some(2), "{}", none.stdout);
}

#[test]
fn an_evaluator_of_a_language_that_another_runs_too_is_told_which_of_them_a_run_takes() {
    let koderz = Koderz::new();
    let folder = koderz.data().join("plugins");
    fs::create_dir(&folder).expect("a folder");
    let flawed = flawed(&folder, "none");
    let tally = test_plugin("tally");
    for (rest, used) in [
        (String::new(), "a run takes flawed, unless --plugin names this file"),
        (format!("--plugin {}", tally.display()), "a run takes tally"),
    ] {
        let ended = koderz.call(&format!("plugin check {} {rest}", tally.display()));
        assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
        let remark = format!(
            "remark: tally is claimed by flawed ({}) too: {used}\n",
            flawed.display()
        );
        assert!(ended.stdout.contains(&remark), "{}", ended.stdout);
    }
}

#[test]
fn a_policy_that_remembers_is_found_out_however_it_remembers() {
    let (code, found) = faults("steady", "--set retry.weary=true");
    assert_eq!(code, Some(1));
    let first = "equal calls of decide have different answers: attempt 1 (unreachable, with Retry-After) retry after 0.1 s, \
                 then give up: weary";
    assert!(found.len() == 1 && found[0].starts_with(first), "{found:?}");
}

#[test]
fn a_call_that_fails_is_told_with_its_attempt_in_the_contracts_words() {
    let (code, found) = faults("steady", "--set retry.clock=true");
    assert_eq!(code, Some(1));
    assert_eq!(found.len(), 1, "{found:?}");
    let begun = "decide fails: attempt 3 (rate-limited) panic: time not implemented on this platform (";
    assert!(found[0].starts_with(begun), "{found:?}");
    let hint = "; plugins have no clock; a policy finds the time in its attempt's `elapsed` and `remaining`";
    assert!(found[0].contains(hint), "{found:?}");
}

/// What is found out about a shared library, which can remember.
fn faults_of_library(plugin: &str, options: &str) -> Vec<String> {
    let file = native_plugin(plugin);
    let digest = koderz_loader::digest::of(&fs::read(&file).expect("the library"));
    let ended = Koderz::new().call(&format!(
        "plugin check {} --native --pin {plugin}={digest} {options}",
        file.display()
    ));
    assert_eq!(ended.code, Some(1), "{}{}", ended.stdout, ended.stderr);
    let lines = ended.stdout.lines().filter_map(|line| line.strip_prefix("fault: "));
    lines.map(str::to_owned).collect()
}

#[test]
fn an_order_of_tasks_that_changes_and_a_schema_that_says_nothing_are_faults() {
    let found = faults_of_library("faulty", "--set suite.fault=unstable");
    let order = "the tasks come in another order, or are others, when they are asked for again";
    assert!(found.contains(&order.to_owned()), "{found:?}");
    let found = faults_of_library("noise", "");
    let schema = "the settings-schema of `suite` documents no setting and refuses none, so a slip goes unnoticed";
    assert_eq!(found.first().map(String::as_str), Some(schema));
}

#[test]
fn what_may_be_meant_so_is_remarked_on_and_changes_no_exit_code() {
    let ended = check("steady", "--json");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let document: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let remark = document["remarks"][0].as_str().expect("a remark");
    assert!(
        remark.starts_with("it tries again earlier than the server asks for"),
        "{remark}"
    );
    assert_eq!(document["faults"], Value::Array(Vec::new()));
}

#[test]
fn what_is_no_plugin_or_does_not_open_ends_with_exit_code_2() {
    let refused = check("faulty", "--set suite.fault=refuse");
    assert_eq!(refused.code, Some(2), "{}", refused.stdout);
    assert!(refused.stderr.contains("this will not do"), "{}", refused.stderr);
    let absent = Koderz::new().call("plugin check ./nothing.wasm");
    assert_eq!(absent.code, Some(2));
    assert!(absent.stderr.contains("nothing.wasm"), "{}", absent.stderr);
}
