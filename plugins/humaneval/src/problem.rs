//! The problems of the data set, and what a model is asked of one.

use koderz_plugin::prelude::{Limits, Program};
use serde::{Deserialize, Serialize};

/// One line for each problem.
const DATA: &str = include_str!(concat!(env!("OUT_DIR"), "/HumanEval.jsonl"));

/// A problem as a trial knows it: the right answer is not part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Problem {
    /// Imports, helpers, and the function's head with its docstring.
    pub(crate) prompt: String,
    /// The function's name.
    pub(crate) entry_point: String,
    /// Source that defines `check`.
    pub(crate) test: String,
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
    pub(crate) fn program(&self, subject: String, limits: Limits) -> Program {
        let Problem {
            prompt,
            entry_point,
            test,
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
