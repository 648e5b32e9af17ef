//! What a program may use up, and what it gets of the world.

use super::python::{CHECK, LIMITS, alone, judged, program, run};
use koderz_api::execution::{Exit, Limits};
use std::time::Duration;

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
        ("import subprocess; subprocess.run(['true'])", "processes"),
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
fn what_the_standard_library_imports_late_is_there() {
    let subject = "
import datetime, sys
print(datetime.datetime.strptime('29-02-2024', '%d-%m-%Y').date())
print('é'.encode('latin-1'), 'é'.encode('utf-16-le'), 'é'.encode('cp1252'), 'é'.encode('ascii', 'ignore'))
import asyncio, concurrent.futures, doctest, multiprocessing, subprocess, threading, unittest.mock
";
    let outcome = alone(subject);
    assert_eq!(outcome.exit, Exit::Passed);
    let said = "2024-02-29\nb'\\xe9' b'\\xe9\\x00' b'\\xe9' b''\n";
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), said);
}

/// A module that a packed one needs has to be packed as well; what is listed is no part of Python on this platform.
#[test]
fn every_module_of_the_library_finds_what_it_imports() {
    let subject = "
import packed
missing = set()
for name in sorted(packed._packed):
    try:
        __import__(name)
    except ModuleNotFoundError as error:
        missing.add(error.name)
    except (ImportError, OSError, AttributeError, ValueError):
        pass
print(*sorted(missing))
";
    let outcome = alone(subject);
    assert_eq!(outcome.exit, Exit::Passed);
    let foreign = "_interpreters _multiprocessing _remote_debugging _sysconfigdata__wasi_wasm32-wasi _zstd bz2 ctypes lzma mmap msvcrt termios\n";
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), foreign);
}
