//! What crosses between a check and what it checks, and what is said of a failure.

use super::python::{CHECK, judged, program, python, run};
use koderz_api::execution::{ExecutionErrorKind, Exit};
use koderz_core::ports::Evaluator;
use std::time::Duration;

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
from decimal import Decimal
from fractions import Fraction
for value in [None, True, 0, -1, 2 ** 70, -2 ** 70, 0.1, -0.0, float('inf'), 1e308, 3 + 4j, '', 'é', '\\ud800', b'\\x00\\xff',
              bytearray(b'x'), [], [[1], [2, [3]]], (), (1,), {}, {1: [2], 'a': {}}, set(), {1, 2}, frozenset([3]),
              range(1, 9, 2), [1, 1.0, True], {(1, 2): 3}, Fraction(-1, 3), Decimal('1.50'), Decimal('-0')]:
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

#[test]
fn an_exception_says_to_a_check_what_it_said_where_it_was_raised() {
    let subject = "def f(x):\n    if x: raise KeyError('key')\n    raise OSError(2, 'gone')\n";
    let judge = "try:\n    f(1)\nexcept KeyError as error:\n    assert str(error) == \"'key'\"\n\
                 try:\n    f(0)\nexcept OSError as error:\n    assert str(error) == '[Errno 2] gone'\n";
    assert_eq!(judged(subject, judge), Exit::Passed);
}

#[test]
fn words_that_are_not_fit_to_be_shown_are_written_out() {
    let subject = "def f(x):\n    raise ValueError('\\x1b[2J \\ud800')\n";
    let Exit::Failed(why) = judged(subject, CHECK) else {
        panic!("an exception passed");
    };
    assert!(why.starts_with("ValueError: \\u{1b}[2J \\ud800\n"), "{why}");
}

#[test]
fn a_value_without_an_end_is_a_failure_that_says_so_at_once() {
    for (body, said) in [
        (
            "a = []\n    a.append(a)\n    return a",
            "TooLarge: the value holds itself",
        ),
        (
            "a = {}\n    b = [1, (a, 2)]\n    a[0] = b\n    return b",
            "TooLarge: the value holds itself",
        ),
        (
            "a = []\n    for _ in range(100_000): a = [a]\n    return a",
            "TooLarge: the value is nested too deep",
        ),
        (
            "a = ()\n    for _ in range(100_000): a = (a,)\n    return a",
            "TooLarge: the value is nested too deep",
        ),
        (
            "a = {}\n    for _ in range(100_000): a = {0: a}\n    return a",
            "TooLarge: the value is nested too deep",
        ),
        ("x.append(x)", "TooLarge: the value holds itself"),
    ] {
        let outcome = run(&program(&format!("def f(x):\n    {body}\n"), Some("f([1])\n")));
        let Exit::Failed(why) = &outcome.exit else {
            panic!("{body}: {:?}", outcome.exit);
        };
        assert!(why.starts_with(said), "{body}: {why}");
        assert!(outcome.cpu < Duration::from_secs(3), "{body}: {:?}", outcome.cpu);
    }
}

#[test]
fn an_iterator_reaches_the_function_as_it_was_sent() {
    assert_eq!(
        judged(
            "def f(x):\n    return list(x)\n",
            "assert f(iter([1, 2])) == [1, 2]\nassert f(map(abs, [-3])) == [3]\n"
        ),
        Exit::Passed
    );
}

#[test]
fn a_failing_assertion_shows_both_sides_wherever_it_stands_and_the_message_of_the_check() {
    for (judge, said) in [
        (
            "def check(g):\n    for x in [2]:\n        if x:\n            assert g(x) == 4, 'square'\ncheck(f)\n",
            "AssertionError: 5 on the left, 4 on the right (square)\n  line 4, in check: assert g(x) == 4, 'square'",
        ),
        (
            "try:\n    pass\nfinally:\n    assert [f(2)] == [4]\n",
            "AssertionError: [5] on the left, [4] on the right\n  line 4, in <module>: assert [f(2)] == [4]",
        ),
        (
            "match 1:\n    case 1:\n        assert f(2) < 4\n",
            "AssertionError: 5 on the left, 4 on the right\n  line 3, in <module>: assert f(2) < 4",
        ),
        (
            "class Case:\n    def run(self):\n        assert not f(2), 'no'\nCase().run()\n",
            "AssertionError: no\n  line 3, in run: assert not f(2), 'no'",
        ),
    ] {
        assert_eq!(
            judged("def f(x):\n    return 5\n", judge),
            Exit::Failed(said.to_owned())
        );
    }
}

#[test]
fn an_exception_shows_the_answers_own_lines() {
    let subject = "def g(x):\n    return 1 / x\n\ndef f(x):\n    return g(x - 2)\n";
    let Exit::Failed(why) = judged(subject, CHECK) else {
        panic!("an exception passed");
    };
    let said = "ZeroDivisionError: division by zero\n  line 5, in f: return g(x - 2)\n  line 2, in g: return 1 / x";
    assert_eq!(why, said);
}
