//! What is counted against a limit of processor time, and what is remembered of programs.

use super::python::{CHECK, LIMITS, program, python};
use koderz_api::execution::{Exit, Limits, Outcome, Program};
use koderz_core::ports::Evaluator;
use koderz_loader::{ComponentEvaluator, Counting, Engines, Plugin};
use koderz_tests::{cache, plugin};
use std::time::Duration;

fn open(counting: Counting) -> ComponentEvaluator {
    let engines = Engines::counting(Some(&cache().join("compiled")), counting).expect("engines");
    let plugin = Plugin::load(&engines, &plugin("python")).expect("the evaluator loads");
    plugin.open_evaluator().expect("the evaluator opens")
}

fn run(evaluator: &ComponentEvaluator, program: &Program) -> Outcome {
    evaluator.execute(program).expect("the evaluator works")
}

#[test]
fn where_instructions_are_counted_a_program_takes_the_same_number_of_them_each_time() {
    let evaluator = open(Counting::Instructions);
    let busy = program("def f(x):\n    sum(range(10 ** 5))\n    return x * x\n", Some(CHECK));
    let first = run(&evaluator, &busy);
    assert_eq!(first.exit, Exit::Passed);
    assert!(first.cpu > Duration::ZERO);
    for _ in 0..3 {
        assert_eq!(run(&evaluator, &busy).cpu, first.cpu);
    }
    let mut endless = program("def f(x):\n    while True: pass\n", Some(CHECK));
    endless.limits.cpu = Duration::from_millis(100);
    assert_eq!(run(&evaluator, &endless).exit, Exit::CpuLimit);
    let mut sleepy = program("import time\ndef f(x):\n    time.sleep(1e9)\n", Some(CHECK));
    sleepy.limits.cpu = Duration::from_millis(100);
    assert_eq!(run(&evaluator, &sleepy).exit, Exit::CpuLimit);
}

#[test]
fn a_program_that_sleeps_for_ever_is_not_said_to_have_worked_for_ever() {
    let mut sleepy = program("import time\ndef f(x):\n    time.sleep(1e9)\n", Some(CHECK));
    sleepy.limits.cpu = Duration::from_secs(2);
    let outcome = run(python(), &sleepy);
    assert_eq!(outcome.exit, Exit::CpuLimit);
    assert!(outcome.cpu < Duration::from_secs(3), "{:?}", outcome.cpu);
    assert!(outcome.wall < Duration::from_secs(2), "{:?}", outcome.wall);
}

#[test]
fn a_program_that_was_judged_before_is_not_run_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let open = || open(Counting::ProcessorTime).remembering(folder.path().to_owned());
    let right = program("def f(x):\n    return x * x\n", Some(CHECK));
    let first = run(&open(), &right);
    assert_eq!(first.exit, Exit::Passed);
    // To the nanosecond: nothing was measured anew, also by another that shares the folder.
    assert_eq!(run(&open(), &right), first);
    let with = |cpu| Program {
        limits: Limits { cpu, ..LIMITS },
        ..right.clone()
    };
    let more = with(Duration::from_secs(4));
    assert_eq!(run(&open(), &more), first, "it had room enough, and has more now");
    let scant = with(first.cpu);
    assert_ne!(
        run(&open(), &scant).wall,
        first.wall,
        "so little might not be enough today"
    );
}
