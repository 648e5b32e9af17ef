//! Programs that try to pass without being right. None passes, each ends as it should, and the host goes on.

use super::python::{CHECK, LIMITS, program, python};
use koderz_api::execution::{Exit, Limits};
use koderz_core::ports::Evaluator;
use std::time::Duration;

/// One attempt at getting away with something.
struct Hack<'a> {
    name: &'a str,
    /// How it may end. More than one where the speed of the machine decides which limit is met first.
    ends: Vec<&'a str>,
    check: String,
    source: String,
}

/// The hacks of a file, each after a line `## name -> end`.
fn hacks(file: &str) -> Vec<Hack<'_>> {
    let blocks = file.split("\n## ").skip(1).map(|block| {
        let (head, body) = block.split_once('\n').expect("a line with the name");
        let (name, ends) = head.split_once(" -> ").expect("a name and how it ends");
        let (check, source): (Vec<_>, Vec<_>) = body.lines().partition(|line| line.starts_with("#? "));
        let check = check.iter().map(|line| format!("{}\n", &line[3..])).collect::<String>();
        Hack {
            name,
            ends: ends.split(" or ").collect(),
            check: if check.is_empty() { CHECK.to_owned() } else { check },
            source: source.join("\n"),
        }
    });
    blocks.collect()
}

/// What is wrong with how a program ended, if anything is.
fn complaint(hack: &Hack) -> Option<String> {
    let mut program = program(&hack.source, Some(&hack.check));
    program.limits = Limits {
        cpu: Duration::from_secs(1),
        memory_bytes: 128 << 20,
        ..LIMITS
    };
    let said = |what: String| Some(format!("{}: {what}", hack.name));
    let outcome = match python().execute(&program) {
        Ok(outcome) => outcome,
        Err(error) => return said(error.message),
    };
    let (end, words) = match &outcome.exit {
        Exit::Passed => ("passed", ""),
        Exit::Failed(words) => ("failed", words.as_str()),
        Exit::Crashed(words) => ("crashed", words.as_str()),
        Exit::CpuLimit => ("cpu", ""),
        Exit::WallLimit => ("wall", ""),
        Exit::MemoryLimit => ("memory", ""),
        Exit::OutputLimit => ("output", ""),
    };
    if !hack.ends.contains(&end) {
        return said(format!("{end}, not {}: {words}", hack.ends.join(" or ")));
    }
    if words.chars().count() > 5000 || words.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return said("its words are not fit to be shown".to_owned());
    }
    None
}

#[track_caller]
fn none_gets_away(file: &str) {
    let hacks = hacks(file);
    assert!(!hacks.is_empty());
    let complaints: Vec<_> = hacks.iter().filter_map(complaint).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn a_program_that_leaves_before_its_check_is_done_has_not_passed() {
    none_gets_away(include_str!("hacks/leaving.py"));
}

#[test]
fn an_answer_that_is_not_what_it_seems_is_judged_by_what_it_is() {
    none_gets_away(include_str!("hacks/values.py"));
}

#[test]
fn what_a_program_changes_in_its_own_instance_changes_nothing_for_its_judge() {
    none_gets_away(include_str!("hacks/patches.py"));
}

#[test]
fn the_check_and_what_it_expects_are_nowhere_to_be_found() {
    none_gets_away(include_str!("hacks/looking.py"));
}

#[test]
fn an_exception_that_lies_is_still_a_failure_with_words() {
    none_gets_away(include_str!("hacks/failing.py"));
}

#[test]
fn whatever_uses_up_more_than_it_may_is_ended() {
    none_gets_away(include_str!("hacks/using-up.py"));
}

#[test]
fn a_source_that_no_parser_likes_is_a_crash() {
    for (name, source) in [
        ("a null", "def f(x): return 4\0".to_owned()),
        (
            "too deep",
            format!("def f(x): return {}4{}", "(".repeat(3000), ")".repeat(3000)),
        ),
        ("far too deep", format!("def f(x): return {}", "[".repeat(1_000_000))),
        ("one long sum", format!("def f(x): return 0{}", "+1".repeat(30_000))),
        ("many minus signs", format!("def f(x): return {}4", "-".repeat(100_000))),
        (
            "blocks in blocks",
            (0..200).map(|depth| format!("{}if 1:\n", " ".repeat(depth))).collect(),
        ),
    ] {
        let hack = Hack {
            name,
            ends: vec!["crashed"],
            check: CHECK.to_owned(),
            source,
        };
        assert_eq!(complaint(&hack), None);
    }
}

/// As natively: what a call does to its arguments is part of what it does, and a check that compares with them
/// afterwards compares with what is left of them.
#[test]
fn a_check_that_looks_at_an_argument_after_the_call_sees_what_the_call_made_of_it() {
    let hack = Hack {
        name: "empties its argument",
        ends: vec!["passed"],
        check: "x = [2, 1]\nassert f(x) == sorted(x)\n".to_owned(),
        source: "def f(x):\n    x.clear()\n    return []\n".to_owned(),
    };
    assert_eq!(complaint(&hack), None);
}
