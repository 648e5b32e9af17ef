//! The Python evaluator, with the programs of the real suite and with programs that try to get away with something.

use koderz_api::execution::{ExecutionErrorKind, Exit, Limits, Outcome, Program};
use koderz_api::suite::{Command, Completion, Step};
use koderz_core::ports::Evaluator;
use koderz_humaneval::HumanEval;
use koderz_loader::{ComponentEvaluator, Engines, Plugin};
use koderz_plugin::testing::{all_tasks, open, reply, trial};
use koderz_plugin::{Reference, Suite};
use koderz_tests::{cache, plugin};
use std::sync::OnceLock;
use std::time::Duration;

/// One for all tests: loading it is what takes time.
fn python() -> &'static ComponentEvaluator {
    static PYTHON: OnceLock<ComponentEvaluator> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let engines = Engines::new(Some(&cache().join("compiled"))).expect("engines");
        let plugin = Plugin::load(&engines, &plugin("python")).expect("the evaluator loads");
        plugin.open_evaluator().expect("the evaluator opens")
    })
}

const LIMITS: Limits = Limits {
    cpu: Duration::from_secs(5),
    wall: Duration::from_secs(300),
    memory_bytes: 256 << 20,
    output_bytes: 64 << 10,
};

fn program(subject: &str, judge: Option<&str>) -> Program {
    Program {
        language: "python".to_owned(),
        subject: subject.to_owned(),
        judge: judge.map(str::to_owned),
        entry_points: judge.map(|_| "f".to_owned()).into_iter().collect(),
        stdin: Vec::new(),
        limits: LIMITS,
    }
}

fn run(program: &Program) -> Outcome {
    python().execute(program).expect("the evaluator works")
}

fn judged(subject: &str, judge: &str) -> Exit {
    run(&program(subject, Some(judge))).exit
}

fn alone(subject: &str) -> Outcome {
    run(&program(subject, None))
}

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

/// A check that only the right function passes.
const CHECK: &str = "assert f(2) == 4\nassert f(-3) == 9\n";

#[test]
fn a_right_answer_passes_and_a_wrong_one_fails_with_both_sides_shown() {
    assert_eq!(judged("def f(x):\n    return x * x\n", CHECK), Exit::Passed);
    let Exit::Failed(why) = judged("def f(x):\n    return x + 2\n", CHECK) else {
        panic!("a wrong answer passed");
    };
    assert_eq!(
        why,
        "AssertionError: -1 on the left, 9 on the right\n  line 2, in <module>: assert f(-3) == 9"
    );
}

#[test]
fn leaving_early_is_no_way_to_pass() {
    for leave in [
        "import sys; sys.exit(0)",
        "exit(0)",
        "quit()",
        "raise SystemExit",
        "import os; os._exit(0)",
        "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
        "import os; os.abort()",
    ] {
        for subject in [
            format!("{leave}\ndef f(x):\n    return x * x\n"),
            format!("def f(x):\n    {leave}\n    return 0\n"),
        ] {
            let exit = judged(&subject, CHECK);
            assert!(
                matches!(exit, Exit::Crashed(_) | Exit::Failed(_)),
                "{subject}: {exit:?}"
            );
        }
        assert_ne!(alone(leave).exit, Exit::Passed, "{leave}");
    }
}

#[test]
fn what_is_never_equal_to_anything_cannot_be_forged() {
    for subject in [
        // Equal to everything.
        "class A:\n    def __eq__(self, other): return True\n    def __ne__(self, other): return False\n\
         def f(x): return A()\n",
        "class A(int):\n    def __eq__(self, other): return True\n    __hash__ = int.__hash__\ndef f(x): return A(7)\n",
        // The check is looked for where it might be.
        "import sys\ndef f(x):\n    frame = sys._getframe()\n    while frame:\n        frame.f_globals['f'] = lambda x: x * x\n\
        \x20       frame = frame.f_back\n    return None\n",
        "import gc\ndef f(x):\n    for o in gc.get_objects():\n        if isinstance(o, dict) and 'check' in o:\n\
        \x20           o['check'] = lambda f: None\n    return None\n",
        "import builtins\nbuiltins.AssertionError = Exception\ndef f(x): raise AssertionError()\n",
        "import wit_world.imports.subject as s\ndef f(x):\n    return s.call('f', '[]')\n",
        "import judge\njudge.judge = lambda *a: (None, None)\ndef f(x): return 5\n",
        "import subject\nsubject.call = lambda *a: ('[{\"t\":2},4,null]', None)\ndef f(x): return 5\n",
        "import encoding\nencoding.encode = lambda v: '[{\"t\":2},4,null]'\ndef f(x): return 5\n",
    ] {
        let exit = judged(subject, CHECK);
        assert_ne!(exit, Exit::Passed, "{subject}");
    }
}

#[test]
fn a_program_that_does_not_end_is_ended_by_its_processor_time() {
    let short = Limits {
        cpu: Duration::from_millis(300),
        ..LIMITS
    };
    for body in [
        "while True: pass",
        "while True:\n        try:\n            while True: pass\n        except BaseException: pass",
        "return 9 ** 9 ** 9",
        "import re; return re.match(r'(a+)+$', 'a' * 40 + 'b')",
        "import time; time.sleep(1e9)",
        "return sum(x for x in iter(int, 1))",
    ] {
        let mut program = program(&format!("def f(x):\n    {body}\n"), Some(CHECK));
        program.limits = short;
        let outcome = run(&program);
        assert_eq!(outcome.exit, Exit::CpuLimit, "{body}");
        assert!(outcome.wall < Duration::from_secs(60), "{body}: {:?}", outcome.wall);
    }
}

#[test]
fn memory_output_and_depth_have_bounds_of_their_own() {
    for (body, allowed) in [
        ("return [0] * (2 * 10 ** 8)", Exit::MemoryLimit),
        ("a = []\n    while True: a.append('x' * 10 ** 6)", Exit::MemoryLimit),
        ("while True: print('x' * 1000)", Exit::OutputLimit),
    ] {
        let exit = judged(&format!("def f(x):\n    {body}\n"), CHECK);
        assert_eq!(exit, allowed, "{body}");
    }
    let Exit::Failed(why) = judged("def f(x):\n    return f(x)\n", CHECK) else {
        panic!("endless recursion passed");
    };
    assert!(why.contains("RecursionError"), "{why}");
    let deep = "import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(x):\n    return f(x)\n";
    assert!(matches!(
        judged(deep, CHECK),
        Exit::Crashed(_) | Exit::Failed(_) | Exit::MemoryLimit
    ));
}

#[test]
fn there_is_nothing_of_the_world_to_reach() {
    for (attempt, error) in [
        ("open('/etc/passwd')", "Error"),
        ("open('left-behind', 'w')", "Error"),
        ("import os; os.listdir('/')", "Error"),
        ("import os; os.system('true')", "Error"),
        ("import subprocess; subprocess.run(['true'])", "subprocess"),
        ("import socket; socket.create_connection(('127.0.0.1', 11434), 1)", ""),
        ("import threading; threading.Thread(target=print).start()", "Error"),
        ("import urllib.request; urllib.request.urlopen('http://127.0.0.1')", ""),
    ] {
        match alone(attempt).exit {
            Exit::Crashed(why) => assert!(why.contains(error), "{attempt}: {why}"),
            other => panic!("{attempt}: {other:?}"),
        }
    }
    let outcome = alone("import os, sys\nprint(sorted(os.environ), sys.argv[1:])");
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), "[] []\n");
}

#[test]
fn time_and_chance_are_the_same_in_every_run_and_sleeping_takes_none() {
    let subject = "import random, time, uuid\nprint(time.time(), random.random(), uuid.uuid4())\ntime.sleep(2)\n";
    let (first, second) = (alone(subject), alone(subject));
    assert_eq!((&first.exit, &second.exit), (&Exit::Passed, &Exit::Passed));
    assert_eq!(first.stdout, second.stdout);
    assert!(
        first.cpu >= Duration::from_secs(2),
        "sleeping is charged: {:?}",
        first.cpu
    );
}

#[test]
fn nothing_is_left_of_a_program_for_the_next() {
    assert_eq!(alone("import builtins\nbuiltins.left = 1\n").exit, Exit::Passed);
    assert!(matches!(alone("left").exit, Exit::Crashed(why) if why.contains("NameError")));
}

#[test]
fn a_whole_program_reads_its_input_and_its_output_is_kept() {
    let mut adder = program("print(int(input()) + int(input()))", None);
    adder.stdin = b"2\n3\n".to_vec();
    let outcome = run(&adder);
    assert_eq!((outcome.exit, outcome.stdout), (Exit::Passed, b"5\n".to_vec()));
}

#[test]
fn arguments_that_a_call_changes_are_changed_for_the_check() {
    let subject = "def f(x):\n    x.append(4)\n    x[0][0] = 'new'\n";
    let judge = "inner = ['old']\nouter = [inner]\nassert f(outer) is None\nassert outer == [['new'], 4]\n\
                 assert inner == ['new']\n";
    assert_eq!(judged(subject, judge), Exit::Passed);
}

#[test]
fn plain_values_of_every_kind_come_back_as_they_went() {
    let judge = "
import math
for value in [None, True, 0, -1, 2 ** 70, -2 ** 70, 0.1, -0.0, float('inf'), 1e308, 3 + 4j, '', 'é', '\\ud800', b'\\x00\\xff',
              bytearray(b'x'), [], [[1], [2, [3]]], (), (1,), {}, {1: [2], 'a': {}}, set(), {1, 2}, frozenset([3]),
              range(1, 9, 2), [1, 1.0, True], {(1, 2): 3}]:
    answer = f(value)
    assert answer == value, (answer, value)
    assert type(answer) is type(value), (answer, value)
assert math.isnan(f(float('nan')))
assert math.copysign(1, f(-0.0)) == -1
deep = []
for _ in range(20000):
    deep = [deep]
answer, depth = f(deep), 0
while answer:
    answer, depth = answer[0], depth + 1
assert depth == 20000, depth
";
    assert_eq!(judged("def f(x):\n    return x\n", judge), Exit::Passed);
}

#[test]
fn an_exception_of_the_answer_is_the_one_that_a_check_may_expect() {
    let subject = "class Odd(ValueError): pass\ndef f(x):\n    raise Odd('no')\n";
    let judge = "try:\n    f(1)\nexcept ValueError as error:\n    assert str(error) == 'no'\nelse:\n    assert False\n";
    assert_eq!(judged(subject, judge), Exit::Passed);
    let Exit::Failed(why) = judged(subject, CHECK) else {
        panic!("an exception passed");
    };
    assert_eq!(why, "Odd: no\n  line 3, in f: raise Odd('no')");
}

#[test]
fn a_missing_module_and_a_syntax_error_are_named_as_what_they_are() {
    assert!(matches!(judged("import numpy\n", CHECK), Exit::Crashed(why)
            if why.starts_with("imports numpy, which this evaluator does not have")));
    assert!(matches!(judged("def f(x:\n", CHECK), Exit::Crashed(why) if why.starts_with("SyntaxError: ")));
}

#[test]
fn a_check_that_cannot_be_run_is_nobodys_wrong_answer() {
    let broken = program("def f(x):\n    return x\n", Some("assert f(1 == 1\n"));
    let error = python().execute(&broken).expect_err("the check is broken");
    assert_eq!(error.kind, ExecutionErrorKind::BrokenJudge);
    assert!(error.message.contains("SyntaxError"), "{}", error.message);
}
