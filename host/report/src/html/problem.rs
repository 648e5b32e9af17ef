//! A task in the page, with its samples.

use crate::html::sample::Row;

pub(super) struct Problem {
    pub(super) task: String,
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
                rows: vec![row],
            }),
        }
    }
    problems
}

impl Problem {
    /// How many of its samples are right.
    pub(super) fn passes(&self) -> usize {
        self.rows.iter().filter(|row| row.class == "pass").count()
    }
}
