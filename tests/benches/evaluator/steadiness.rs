//! Whether verdicts depend on how busy the machine is.

use crate::grading::{self, Way};
use koderz_api::execution::{Exit, Limits, Program};
use koderz_core::ports::Evaluator;
use koderz_tests::built;
use std::hint::black_box;
use std::mem::discriminant;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const PAIRS: usize = 100;

/// Judges programs on a machine that has nothing else to do, then the same on one that has too much.
pub(crate) fn print() {
    let cache = built().with_file_name("setup").join("cache/compiled");
    let python = grading::python(&cache);
    let programs = programs();
    let ends = || -> Vec<Exit> {
        let end = |program| python.execute(program).expect("the evaluator works").exit;
        programs.iter().map(end).collect()
    };
    let idle = ends();
    let done = AtomicBool::new(false);
    let busy = thread::scope(|scope| {
        for _ in 0..2 * grading::threads() {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    black_box((0..10_000_u64).fold(0, |sum, value| sum ^ value.wrapping_mul(31)));
                }
            });
        }
        let busy = ends();
        done.store(true, Ordering::Relaxed);
        busy
    });
    let pairs = idle.iter().zip(&busy);
    let differences = pairs
        .filter(|(idle, busy)| discriminant(*idle) != discriminant(*busy))
        .count();
    let limited = idle.iter().filter(|exit| **exit == Exit::CpuLimit).count();
    println!(
        "\n{PAIRS} programs judged idle and with {} busy threads beside: {differences} differences",
        2 * grading::threads()
    );
    println!("  {limited} of them met the limit of processor time");
}

/// References, loops without an end, and programs that take a good part of their time.
fn programs() -> Vec<Program> {
    let references = grading::references(Way::Apart);
    let limits = Limits {
        cpu: Duration::from_secs(1),
        ..references[0].limits
    };
    let bodies = ["while True: pass", "sum(i * i for i in range(1_500_000))"];
    let bodies = bodies.into_iter().cycle().map(|body| Program {
        subject: format!("def f():\n    {body}\n    return 1\n"),
        judge: Some("assert f() == 1\n".to_owned()),
        entry_points: vec!["f".to_owned()],
        limits,
        ..references[0].clone()
    });
    let references = references.iter().cloned().map(|program| Program { limits, ..program });
    bodies.take(PAIRS / 2).chain(references.take(PAIRS / 2)).collect()
}
