//! The problems of the data set, and what a model is asked of one.

use crate::plus::Inputs;
use koderz_plugin::prelude::{Limits, Program};
use serde::{Deserialize, Serialize};

/// One line for each problem.
const DATA: &str = include_str!(concat!(env!("OUT_DIR"), "/HumanEval.jsonl"));

/// A problem as a trial knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Problem {
    /// Imports, helpers, and the function's head with its docstring.
    pub(crate) prompt: String,
    /// The function's name.
    pub(crate) entry_point: String,
    #[serde(flatten)]
    pub(crate) check: Check,
}

/// How an answer is tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Check {
    /// By the data set's own test: source that defines `check`.
    #[serde(rename = "test")]
    Test(String),
    /// With inputs and a reference.
    #[serde(rename = "inputs")]
    Inputs(Inputs),
}

/// A line of the data set.
#[derive(Debug, Deserialize)]
pub(crate) struct Entry {
    pub(crate) task_id: String,
    #[serde(flatten)]
    pub(crate) problem: Problem,
    pub(crate) canonical_solution: String,
}

/// The whole data set, in its own order. Reading it takes a while, so a step takes its problem from its trial instead.
///
/// # Errors
/// Which line is none of a data set like this.
pub(crate) fn all() -> Result<Vec<Entry>, String> {
    let read = |(index, line)| {
        serde_json::from_str(line).map_err(|error| format!("line {} of the data set: {error}", index + 1))
    };
    DATA.lines().enumerate().map(read).collect()
}

/// The problems from a place on by their tasks' ids, no more than so many, and whether more follow.
///
/// # Errors
/// As [`all`].
pub(crate) fn page(start: usize, most: usize) -> Result<(Vec<(String, Problem)>, bool), String> {
    let mut rest = all()?.into_iter().skip(start);
    let page = rest.by_ref().take(most);
    let page = page.map(|entry| (entry.task_id, entry.problem)).collect();
    Ok((page, rest.next().is_some()))
}

/// The right answer to a task, if the data set has it.
///
/// # Errors
/// As [`all`].
pub(crate) fn solution(task: &str) -> Result<Option<String>, String> {
    let entry = all()?.into_iter().find(|entry| entry.task_id == task);
    Ok(entry.map(|entry| entry.canonical_solution))
}

/// How many problems there are.
pub(crate) fn count() -> usize {
    DATA.lines().count()
}

impl Problem {
    /// The problem as a question in a conversation.
    pub(crate) fn question(&self) -> String {
        format!(
            "Complete this Python function. Answer with one fenced code block that holds the whole function, with the \
             imports and helpers that it needs.\n\n```python\n{}\n```",
            self.prompt.trim_end()
        )
    }

    /// A program with the data set's own check.
    ///
    /// The prompt defines a stub of the function, which would hide the way to the subject; the check is given that way
    /// under another name until the prompt has run. The prompt has to run, because some checks use its helpers.
    pub(crate) fn program(&self, test: &str, subject: String, limits: Limits) -> Program {
        let Problem {
            prompt, entry_point, ..
        } = self;
        let judge =
            format!("_subject = {entry_point}\n{prompt}\n{entry_point} = _subject\n{test}\ncheck({entry_point})\n");
        Program {
            language: "python".to_owned(),
            subject,
            judge: Some(judge),
            entry_points: vec![entry_point.clone()],
            stdin: Vec::new(),
            limits,
        }
    }
}
