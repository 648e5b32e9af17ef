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

use crate::answer::Missing;
use koderz_plugin::prelude::{Exit, Grade, Outcome, Reply, Step, StopReason, Verdict};

/// Characters of a reason.
const REASON: usize = 600;

/// The verdict on a program.
pub(crate) fn of(reply: &Reply, outcome: &Outcome, repairs: impl IntoIterator<Item = &'static str>) -> Step {
    let labels = repairs.into_iter().map(|repair| label("repair", repair)).collect();
    let (kind, reason) = match &outcome.exit {
        Exit::Passed => return finish(Grade::Pass, String::new(), labels),
        Exit::Failed(why) | Exit::Crashed(why) => (kind_of(why), why.as_str()),
        Exit::CpuLimit => ("time", "it used up its processor time"),
        Exit::WallLimit => ("time", "it did not end in time"),
        Exit::MemoryLimit => ("memory", "it asked for more memory than it may have"),
        Exit::OutputLimit => ("output", "it printed more than it may"),
    };
    fail(reply, kind, reason, labels)
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
