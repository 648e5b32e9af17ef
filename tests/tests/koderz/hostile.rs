//! Plugins that mean no good, or do none: what each comes to, and that nothing else is harmed.

mod components;

use crate::contract::load;
use koderz_api::suite::Grade;
use koderz_core::event::Event;
use koderz_tests::{Ended, Koderz, native_plugin, test_plugin};
use std::path::Path;

/// A run of the suite `faulty`, which has a fifth of a second for each call.
fn run(koderz: &Koderz, file: &Path, settings: &str, rest: &str) -> Ended {
    let settings: String = settings
        .split_whitespace()
        .map(|setting| format!(" --set suite.{setting}"))
        .collect();
    koderz.call(&format!(
        "benchmark --host embedded --local-model reference --suite {} --plugin-time faulty=0.2{settings}{rest}",
        file.display()
    ))
}

/// What it says where it is not begun.
fn refusal(ended: &Ended) -> String {
    assert_eq!(ended.code, Some(2), "{}{}", ended.stdout, ended.stderr);
    let errors = ended.stderr.split("error: ").nth(1).unwrap_or_default();
    errors
        .trim_end()
        .replace(&test_plugin("faulty").display().to_string(), "faulty.wasm")
}

/// The reason of the only verdict, of a trial that the machinery failed.
fn reason(koderz: &Koderz, ended: &Ended) -> String {
    assert_eq!(ended.code, Some(1), "{}{}", ended.stdout, ended.stderr);
    assert!(!ended.stderr.contains("panicked at host"), "{}", ended.stderr);
    let record = koderz.record();
    let mut entries = record.entries(&koderz.last_run()).expect("the run");
    let verdict = entries.find_map(|entry| match entry.expect("an entry").event {
        Event::TrialFinished { verdict, .. } => Some(verdict),
        _ => None,
    });
    let verdict = verdict.expect("a verdict");
    assert_eq!(verdict.grade, Grade::Inconclusive, "{}", verdict.reason);
    verdict.reason
}

#[test]
fn what_goes_wrong_in_any_call_is_ended_and_named() {
    let faulty = test_plugin("faulty");
    let mut told = String::new();
    for at in ["open", "describe", "tasks", "next"] {
        for fault in ["hang", "recurse", "allocate", "huge", "panic"] {
            let koderz = Koderz::new();
            // What is ended by its memory takes a while to fill it, and how long is a matter of the machine.
            let time = if fault == "hang" {
                ""
            } else {
                " --plugin-time faulty=60"
            };
            let ended = run(&koderz, &faulty, &format!("fault={fault} at={at}"), time);
            let words = match at {
                "next" => reason(&koderz, &ended),
                _ => refusal(&ended),
            };
            told.push_str(&format!("{at}, {fault}: {words}\n"));
        }
    }
    insta::assert_snapshot!(told, @r"
    open, hang: load plugin faulty.wasm: plugin faulty 0.1.0, call open: no answer within 0.2 s
    open, recurse: load plugin faulty.wasm: plugin faulty 0.1.0, call open: wasm trap: call stack exhausted
    open, allocate: load plugin faulty.wasm: plugin faulty 0.1.0, call open: memory limit of 256 MiB reached
    open, huge: load plugin faulty.wasm: plugin faulty 0.1.0, call open: memory limit of 256 MiB reached
    open, panic: load plugin faulty.wasm: plugin faulty 0.1.0, call open: panic: the sky is falling (tests/plugins/faulty/src/lib.rs:98)
    describe, hang: plugin faulty 0.1.0, call describe: no answer within 0.2 s
    describe, recurse: plugin faulty 0.1.0, call describe: wasm trap: call stack exhausted
    describe, allocate: plugin faulty 0.1.0, call describe: memory limit of 256 MiB reached
    describe, huge: plugin faulty 0.1.0, call describe: memory limit of 256 MiB reached
    describe, panic: plugin faulty 0.1.0, call describe: panic: the sky is falling (tests/plugins/faulty/src/lib.rs:98)
    tasks, hang: plugin faulty 0.1.0, call tasks: no answer within 0.2 s
    tasks, recurse: plugin faulty 0.1.0, call tasks: wasm trap: call stack exhausted
    tasks, allocate: plugin faulty 0.1.0, call tasks: memory limit of 256 MiB reached
    tasks, huge: plugin faulty 0.1.0, call tasks: memory limit of 256 MiB reached
    tasks, panic: plugin faulty 0.1.0, call tasks: panic: the sky is falling (tests/plugins/faulty/src/lib.rs:98)
    next, hang: plugin faulty 0.1.0, call next, task only: no answer within 0.2 s
    next, recurse: plugin faulty 0.1.0, call next, task only: wasm trap: call stack exhausted
    next, allocate: plugin faulty 0.1.0, call next, task only: memory limit of 256 MiB reached
    next, huge: plugin faulty 0.1.0, call next, task only: memory limit of 256 MiB reached
    next, panic: plugin faulty 0.1.0, call next, task only: panic: the sky is falling (tests/plugins/faulty/src/lib.rs:98)
    ");
}

#[test]
fn a_list_of_tasks_that_leads_nowhere_is_ended() {
    let faulty = test_plugin("faulty");
    let mut told = String::new();
    for fault in ["circle", "empty"] {
        let koderz = Koderz::new();
        let listed = koderz.call(&format!(
            "list-problems --suite {} --set suite.fault={fault}",
            faulty.display()
        ));
        told.push_str(&format!("{fault}: {}\n", refusal(&listed)));
    }
    insta::assert_snapshot!(told, @r"
    circle: plugin faulty 0.1.0, call tasks: the pages lead in a circle
    empty: plugin faulty 0.1.0, call tasks: more than 1000 pages without a task follow each other
    ");
    // One without an end can be run as far as one likes.
    let koderz = Koderz::new();
    let ended = run(&koderz, &faulty, "fault=tasks", " --limit 3 --plugin-time faulty=60");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("pass               3"), "{}", ended.stdout);
}

#[test]
fn what_is_too_much_at_once_is_refused_with_the_bound() {
    let faulty = test_plugin("faulty");
    let mut told = String::new();
    for fault in ["crowd", "wordy", "curious"] {
        let koderz = Koderz::new();
        let ended = run(&koderz, &faulty, &format!("fault={fault}"), " --plugin-time faulty=60");
        told.push_str(&format!("{fault}: {}\n", reason(&koderz, &ended)));
    }
    insta::assert_snapshot!(told, @r"
    crowd: the suite asked for 10000 commands at once; 64 are allowed
    wordy: the suite's verdict holds 104857600 bytes; 1048576 are allowed
    curious: the suite's step holds 104857600 bytes; 67108864 are allowed
    ");
}

#[test]
fn a_flood_of_lines_is_cut_and_its_call_ended() {
    let koderz = Koderz::new();
    let ended = run(&koderz, &test_plugin("faulty"), "fault=chatty", "");
    let words = reason(&koderz, &ended);
    assert!(words.contains("no answer within 0.2 s"), "{words}");
    let lines = ended.stderr.matches("and another thing").count();
    assert!(lines <= 1000, "{lines} lines");
    assert_eq!(
        ended.stderr.matches("the rest is left out").count(),
        1,
        "{}",
        ended.stderr
    );
}

#[test]
fn a_bound_of_memory_is_the_users_to_set() {
    let koderz = Koderz::new();
    let ended = run(
        &koderz,
        &test_plugin("faulty"),
        "fault=allocate",
        " --plugin-time faulty=60 --plugin-memory faulty=32",
    );
    assert!(reason(&koderz, &ended).contains("memory limit of 32 MiB reached"));
}

#[test]
fn a_suite_that_fails_at_one_task_harms_no_other_run_beside_it() {
    let (hanging, sound) = (Koderz::new(), Koderz::new());
    std::thread::scope(|scope| {
        let hung = scope.spawn(|| run(&hanging, &test_plugin("faulty"), "fault=hang", ""));
        let ended = sound.call("benchmark --host embedded --local-model reference --limit 5");
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let hung = hung.join().expect("it ends");
        assert!(reason(&hanging, &hung).contains("no answer within 0.2 s"));
    });
}

#[test]
fn a_library_that_panics_ends_its_call_and_not_the_host() {
    let plugin = load(&native_plugin("faulty"));
    let settings = |fault: &str, at: &str| {
        let pairs = [("fault", fault), ("at", at)].map(|(name, value)| (name.to_owned(), value.to_owned()));
        plugin
            .settings(koderz_loader::Interface::Suite, &pairs)
            .expect("the settings fit")
    };
    let refused = plugin
        .open_suite(&settings("refuse", "next"))
        .err()
        .expect("it refuses");
    let chain = |error: &dyn std::error::Error| {
        let mut words = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            words.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        words
    };
    assert_eq!(chain(&refused), "settings of plugin faulty 0.1.0: this will not do");
    let lost = plugin.open_suite(&settings("panic", "open")).err().expect("it panics");
    assert!(
        chain(&lost).contains("call open: panic: the sky is falling"),
        "{}",
        chain(&lost)
    );
    let suite = plugin.open_suite(&settings("panic", "describe")).expect("it opens");
    for _ in 0..3 {
        let error = suite.describe().expect_err("it panics each time");
        assert!(error.what.contains("the sky is falling"), "{}", error.what);
    }
    let suite = plugin.open_suite(&settings("error", "next")).expect("it opens");
    let task = suite.tasks(None).expect("a page").tasks.remove(0);
    let error = suite
        .next(&koderz_plugin::testing::trial(task), &[])
        .expect_err("an error");
    assert_eq!(error.what, "no idea");
}
