//! The suite as a host meets it.

mod answers;
mod plus;
mod repairs;
mod robustness;
mod suite;

use crate::HumanEval;
use crate::problem::{Check, Problem};
use koderz_plugin::prelude::*;
use koderz_plugin::testing::{open, outcome, reply};

/// A small problem with a helper.
fn problem() -> Problem {
    Problem {
        prompt: r#"from typing import List


def double(x: int) -> int:
    return 2 * x


def add(x: int, y: int) -> int:
    """ Adds two numbers.
    >>> add(1, 2)
    3
    """
"#
        .to_owned(),
        entry_point: "add".to_owned(),
        check: Check::Test("def check(candidate):\n    assert candidate(1, 2) == 3\n".to_owned()),
    }
}

fn suite(style: &str) -> HumanEval {
    open(&format!(r#"{{"prompt-style": "{style}"}}"#)).expect("the settings are right")
}

/// An answer that reached the output bound.
fn cut(text: &str) -> Reply {
    Reply {
        stop: StopReason::Length,
        ..reply(text)
    }
}

/// The values of a verdict's labels of one name.
fn labelled<'v>(verdict: &'v Verdict, name: &str) -> Vec<&'v str> {
    let labels = verdict.labels.iter().filter(|(label, _)| label == name);
    labels.map(|(_, value)| value.as_str()).collect()
}
