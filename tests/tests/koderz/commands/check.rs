//! `koderz plugin check`: what an author is told before anybody uses a plugin.

use koderz_tests::{Ended, Koderz, native_plugin, test_plugin};
use serde_json::Value;

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

/// What is found out about a shared library, which can remember.
fn faults_of_library(plugin: &str, options: &str) -> Vec<String> {
    let file = native_plugin(plugin);
    let digest = koderz_loader::digest::of(&std::fs::read(&file).expect("the library"));
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
