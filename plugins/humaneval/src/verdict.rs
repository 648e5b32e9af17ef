//! What a program's end says of an answer.
//!
//! Every failure carries the label `failure`:
//!
//! | value | what happened |
//! |---|---|
//! | `wrong-answer` | a check of the test does not hold |
//! | `exception` | the function raised one, or returned what the test cannot work with |
//! | `syntax` | the program is not Python |
//! | `missing-module` | the program imports what the evaluator does not have |
//! | `no-code` | there is no code in the answer |
//! | `no-definition` | there is code, and it does not define the function |
//! | `time`, `memory`, `output` | a limit was reached |
//! | `truncated` | any of these, where the output bound cut the answer; which one, says the label `symptom` |
//!
//! With the inputs of HumanEval+, the label `part` says which of `base` and `plus` failed, and metrics of these names are
//! 1 where they passed.

use crate::answer::Missing;
use crate::plus::Part;
use koderz_plugin::prelude::{Exit, Grade, Metric, Outcome, Reply, Step, StopReason, Verdict};

/// Characters of a reason.
const REASON: usize = 600;

/// The verdict on a program.
pub(crate) fn of(reply: &Reply, outcome: &Outcome, repairs: impl IntoIterator<Item = &'static str>) -> Step {
    let labels = repaired(repairs);
    match objection(outcome) {
        None => finish(Grade::Pass, String::new(), labels),
        Some((kind, reason)) => fail(reply, kind, reason, labels),
    }
}

/// The verdict on a program that was tried with each part of the inputs. It passes where it passed with all.
pub(crate) fn of_parts(
    reply: &Reply,
    outcomes: [&Outcome; 2],
    repairs: impl IntoIterator<Item = &'static str>,
) -> Step {
    let tried = Part::ALL.into_iter().zip(outcomes);
    let objections: Vec<(Part, Option<(&str, &str)>)> =
        tried.map(|(part, outcome)| (part, objection(outcome))).collect();
    let failed = || {
        objections
            .iter()
            .filter_map(|(part, objection)| Some((*part, (*objection)?)))
    };
    let mut labels = repaired(repairs);
    labels.extend(failed().map(|(part, _)| label("part", part.name())));
    let step = match failed().next() {
        None => finish(Grade::Pass, String::new(), labels),
        Some((part, (kind, reason))) => {
            // The line of the check that follows is the same for every failure.
            let reason = match reason.strip_prefix("AssertionError: ") {
                Some(said) => said.lines().next().unwrap_or_default(),
                None => reason,
            };
            fail(reply, kind, &format!("{}: {reason}", part.name()), labels)
        }
    };
    measured(
        step,
        objections.iter().map(|(part, objection)| (*part, objection.is_none())),
    )
}

/// The verdict on an answer that no program can be made of, and that therefore fails in every part.
pub(crate) fn missing_in_parts(reply: &Reply, what: Missing, name: &str) -> Step {
    measured(
        missing(reply, what, name),
        Part::ALL.into_iter().map(|part| (part, false)),
    )
}

fn measured(step: Step, passed: impl Iterator<Item = (Part, bool)>) -> Step {
    let metric = |(part, passed): (Part, bool)| Metric {
        name: part.name().to_owned(),
        value: f64::from(u8::from(passed)),
    };
    match step {
        Step::Finish(verdict) => Step::Finish(Verdict {
            metrics: passed.map(metric).collect(),
            ..verdict
        }),
        step => step,
    }
}

/// No verdict, and why.
pub(crate) fn inconclusive(reason: String) -> Step {
    finish(Grade::Inconclusive, reason.chars().take(REASON).collect(), Vec::new())
}

/// What speaks against a program: a kind, and words.
fn objection(outcome: &Outcome) -> Option<(&'static str, &str)> {
    Some(match &outcome.exit {
        Exit::Passed => return None,
        Exit::Failed(why) | Exit::Crashed(why) => (kind_of(why), why.as_str()),
        Exit::CpuLimit => ("time", "it used up its processor time"),
        Exit::WallLimit => ("time", "it did not end in time"),
        Exit::MemoryLimit => ("memory", "it asked for more memory than it may have"),
        Exit::OutputLimit => ("output", "it printed more than it may"),
    })
}

fn repaired(repairs: impl IntoIterator<Item = &'static str>) -> Vec<(String, String)> {
    repairs.into_iter().map(|repair| label("repair", repair)).collect()
}

/// The verdict on an answer that no program can be made of.
pub(crate) fn missing(reply: &Reply, missing: Missing, name: &str) -> Step {
    let (kind, reason) = match missing {
        Missing::Code => ("no-code", "there is no code in the answer".to_owned()),
        Missing::Definition => (
            "no-definition",
            format!("the code of the answer does not define {name}"),
        ),
    };
    fail(reply, kind, &reason, Vec::new())
}

/// The kind of a failure that an evaluator put into words, by the exception they begin with.
fn kind_of(why: &str) -> &'static str {
    let begins = |names: &[&str]| names.iter().any(|name| why.starts_with(name));
    if begins(&["AssertionError"]) {
        "wrong-answer"
    } else if begins(&["imports "]) {
        "missing-module"
    } else if begins(&["SyntaxError", "IndentationError", "TabError"]) {
        "syntax"
    } else {
        "exception"
    }
}

fn label(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn fail(reply: &Reply, kind: &str, reason: &str, mut labels: Vec<(String, String)>) -> Step {
    let mut reason: String = reason.chars().take(REASON).collect();
    if reply.stop == StopReason::Length {
        labels.extend([label("failure", "truncated"), label("symptom", kind)]);
        reason = format!("the answer was cut at the output bound; {reason}");
    } else {
        labels.push(label("failure", kind));
    }
    finish(Grade::Fail, reason, labels)
}

fn finish(grade: Grade, reason: String, labels: Vec<(String, String)>) -> Step {
    Step::Finish(Verdict {
        grade,
        metrics: Vec::new(),
        reason,
        labels,
    })
}
