//! The evaluator that all tests share, and the ways to put a program to it.

use koderz_api::execution::{Exit, Limits, Outcome, Program};
use koderz_core::ports::Evaluator;
use koderz_loader::{ComponentEvaluator, Engines, Plugin};
use koderz_tests::{cache, plugin};
use std::sync::OnceLock;
use std::time::Duration;

/// One for all tests: loading it is what takes time.
pub(super) fn python() -> &'static ComponentEvaluator {
    static PYTHON: OnceLock<ComponentEvaluator> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let engines = Engines::new(Some(&cache().join("compiled"))).expect("engines");
        let plugin = Plugin::load(&engines, &plugin("python")).expect("the evaluator loads");
        plugin.open_evaluator().expect("the evaluator opens")
    })
}

pub(super) const LIMITS: Limits = Limits {
    cpu: Duration::from_secs(5),
    wall: Duration::from_secs(300),
    memory_bytes: 256 << 20,
    output_bytes: 64 << 10,
};

pub(super) fn program(subject: &str, judge: Option<&str>) -> Program {
    Program {
        language: "python".to_owned(),
        subject: subject.to_owned(),
        judge: judge.map(str::to_owned),
        entry_points: judge.map(|_| "f".to_owned()).into_iter().collect(),
        stdin: Vec::new(),
        limits: LIMITS,
    }
}

pub(super) fn run(program: &Program) -> Outcome {
    python().execute(program).expect("the evaluator works")
}

pub(super) fn judged(subject: &str, judge: &str) -> Exit {
    run(&program(subject, Some(judge))).exit
}

pub(super) fn alone(subject: &str) -> Outcome {
    run(&program(subject, None))
}

/// A check that only the right function passes.
pub(super) const CHECK: &str = "assert f(2) == 4\nassert f(-3) == 9\n";
