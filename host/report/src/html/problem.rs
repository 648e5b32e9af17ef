//! A task in the page, with its samples.

use crate::html::sample::Row;

pub(super) struct Problem {
    pub(super) task: String,
    /// What all of its samples were asked, where they are several; they do not repeat it.
    pub(super) question: Vec<(&'static str, String)>,
    pub(super) rows: Vec<Row>,
}

/// Samples by task; they come in the order of tasks.
pub(super) fn problems(rows: impl Iterator<Item = Row>) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    for row in rows {
        match problems.last_mut() {
            Some(last) if last.task == row.task => last.rows.push(row),
            _ => problems.push(Problem {
                task: row.task.clone(),
                question: Vec::new(),
                rows: vec![row],
            }),
        }
    }
    problems.iter_mut().for_each(Problem::ask_once);
    problems
}

impl Problem {
    fn ask_once(&mut self) {
        let [first, others @ ..] = self.rows.as_mut_slice() else {
            return;
        };
        if others.is_empty() || others.iter().any(|row| row.question != first.question) {
            return;
        }
        self.question = std::mem::take(&mut first.question);
        others.iter_mut().for_each(|row| row.question.clear());
    }

    /// How many of its samples are right.
    pub(super) fn passes(&self) -> usize {
        self.rows.iter().filter(|row| row.class == "pass").count()
    }
}
