//! The programs of the real suite.

use super::python::run;
use koderz_api::execution::Exit;
use koderz_api::suite::{Command, Completion, Step};
use koderz_humaneval::HumanEval;
use koderz_plugin::testing::{all_tasks, open, reply, trial};
use koderz_plugin::{Reference, Suite};

#[test]
fn every_reference_solution_passes_its_own_test() {
    let suite: HumanEval = open("{}").expect("the suite opens");
    let tasks = all_tasks(&suite).expect("the suite has tasks");
    assert_eq!(tasks.len(), 164);
    let failed: Vec<String> = tasks
        .into_iter()
        .filter_map(|task| {
            let answer = suite.answer(&task).expect("an answer").expect("a reference");
            let id = task.id.clone();
            let trial = trial(task);
            let history = [vec![Completion::Asked(Ok(reply(answer)))]];
            let Ok(Step::Perform(commands)) = suite.next(&trial, &history) else {
                return Some(format!("{id}: no program"));
            };
            let [Command::Execute(program)] = commands.as_slice() else {
                return Some(format!("{id}: no program"));
            };
            match run(program).exit {
                Exit::Passed => None,
                other => Some(format!("{id}: {other:?}")),
            }
        })
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}
