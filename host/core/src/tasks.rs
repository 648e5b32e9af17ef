//! What there is to do: the tasks of a suite, page by page.

use crate::ports::{PluginError, Suite};
use crate::scheduler::RunError;
use koderz_api::suite::{SuiteInfo, Task};
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// The tasks of a suite in its own order, a page at a time.
pub(crate) struct Tasks {
    suite: Arc<dyn Suite>,
    page: std::vec::IntoIter<Task>,
    cursor: Option<String>,
    index: u64,
    last: bool,
}

impl Tasks {
    pub(crate) fn new(suite: Arc<dyn Suite>) -> Self {
        Tasks {
            suite,
            page: Vec::new().into_iter(),
            cursor: None,
            index: 0,
            last: false,
        }
    }

    pub(crate) async fn next(&mut self, info: &SuiteInfo) -> Result<Option<(u64, Task)>, RunError> {
        loop {
            if let Some(task) = self.page.next() {
                if !info.stages.iter().any(|stage| stage.name == task.stage) {
                    return Err(self.broken(
                        Some(task.id),
                        format!("the task names no stage of its suite: {}", task.stage),
                    ));
                }
                let index = self.index;
                self.index += 1;
                return Ok(Some((index, task)));
            }
            if self.last {
                return Ok(None);
            }
            let (suite, cursor) = (self.suite.clone(), self.cursor.clone());
            let page = spawn_blocking(move || suite.tasks(cursor.as_deref()))
                .await
                .map_err(RunError::from_join)??;
            if page.next.is_some() && page.next == self.cursor {
                return Err(self.broken(None, "the next page is the same page".to_owned()));
            }
            self.last = page.next.is_none();
            self.cursor = page.next;
            self.page = page.tasks.into_iter();
        }
    }

    fn broken(&self, task: Option<String>, what: String) -> RunError {
        let identity = self.suite.identity().clone();
        RunError::Suite(PluginError {
            plugin: identity.name,
            version: identity.version,
            call: "tasks",
            task,
            what,
            hint: None,
        })
    }
}

/// All tasks of a suite that a user may name, for looking one up before a run.
///
/// # Errors
/// If the suite fails.
pub async fn catalogue(suite: Arc<dyn Suite>) -> Result<Vec<Task>, RunError> {
    let describing = suite.clone();
    let info = spawn_blocking(move || describing.describe())
        .await
        .map_err(RunError::from_join)??;
    let mut tasks = Tasks::new(suite);
    let mut all = Vec::new();
    while let Some((_, task)) = tasks.next(&info).await? {
        all.push(task);
    }
    Ok(all)
}
