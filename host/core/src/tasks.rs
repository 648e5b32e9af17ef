//! What there is to do: the tasks of a suite, page by page.

use crate::ports::{PluginError, Suite};
use crate::scheduler::RunError;
use crate::shared::Shared;
use koderz_api::seed::Stream;
use koderz_api::suite::{SuiteInfo, Task};
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// The tasks that a run has selected of its suite, in the run's order.
pub(crate) struct Selected<'a> {
    shared: &'a Shared,
    info: &'a SuiteInfo,
    tasks: Tasks,
    /// All of them, where they come in another order than the suite's.
    shuffled: Option<std::vec::IntoIter<Task>>,
    given: u64,
}

impl<'a> Selected<'a> {
    pub(crate) fn new(shared: &'a Shared, info: &'a SuiteInfo) -> Self {
        Selected {
            shared,
            info,
            tasks: Tasks::new(shared.suite.clone()),
            shuffled: None,
            given: 0,
        }
    }

    pub(crate) async fn next(&mut self) -> Result<Option<Task>, RunError> {
        let selection = &self.shared.plan.selection;
        if selection.limit.is_some_and(|limit| self.given >= limit) {
            return Ok(None);
        }
        let next = match (selection.shuffle, &mut self.shuffled) {
            (false, _) => self.in_order().await?,
            (true, Some(shuffled)) => shuffled.next(),
            (true, None) => {
                let mut all = Vec::new();
                while let Some(task) = self.in_order().await? {
                    all.push(task);
                }
                shuffle(&mut all, self.shared.plan.seed);
                self.shuffled.insert(all.into_iter()).next()
            }
        };
        self.given += u64::from(next.is_some());
        Ok(next)
    }

    async fn in_order(&mut self) -> Result<Option<Task>, RunError> {
        while let Some((index, task)) = self.tasks.next(self.info).await? {
            if self.shared.plan.selection.contains(index, &task.id) {
                return Ok(Some(task));
            }
        }
        Ok(None)
    }
}

/// Fisher and Yates' shuffle.
fn shuffle(tasks: &mut [Task], seed: u64) {
    let mut chance = Stream::new(seed);
    for last in (1..tasks.len()).rev() {
        tasks.swap(last, chance.below(last + 1));
    }
}

/// Tasks that a suite may have.
const MOST: u64 = 10_000_000;

/// Bytes of all tasks, where all are held at once.
const MOST_HELD: usize = 1 << 30;

/// Pages without a task that may follow each other.
const EMPTY: u32 = 1000;

/// The tasks of a suite in its own order, a page at a time.
pub(crate) struct Tasks {
    suite: Arc<dyn Suite>,
    page: std::vec::IntoIter<Task>,
    cursor: Option<String>,
    index: u64,
    last: bool,
    pages: u64,
    empty: u32,
    /// A cursor of before. Kept for twice as many pages each time, it is met again wherever pages lead in a circle (Brent,
    /// 1980).
    met: Option<String>,
}

impl Tasks {
    pub(crate) fn new(suite: Arc<dyn Suite>) -> Self {
        Tasks {
            suite,
            page: Vec::new().into_iter(),
            cursor: None,
            index: 0,
            last: false,
            pages: 0,
            empty: 0,
            met: None,
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
                if self.index > MOST {
                    return Err(self.broken(None, format!("it has more than {MOST} tasks")));
                }
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
            if page.next.is_some() && page.next == self.met {
                return Err(self.broken(None, "the pages lead in a circle".to_owned()));
            }
            self.pages += 1;
            if self.pages.is_power_of_two() {
                self.met = page.next.clone();
            }
            self.empty = if page.tasks.is_empty() { self.empty + 1 } else { 0 };
            if self.empty > EMPTY {
                return Err(self.broken(
                    None,
                    format!("more than {EMPTY} pages without a task follow each other"),
                ));
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
    let info = described(&suite).await?;
    let mut tasks = Tasks::new(suite);
    let (mut all, mut held) = (Vec::new(), 0);
    while let Some((_, task)) = tasks.next(&info).await? {
        let labels = task.labels.iter().map(|(name, value)| name.len() + value.len());
        held += size_of::<Task>() + task.id.len() + task.stage.len() + task.input.len() + labels.sum::<usize>();
        if held > MOST_HELD {
            return Err(tasks.broken(None, format!("its tasks take more than {} MiB", MOST_HELD >> 20)));
        }
        all.push(task);
    }
    Ok(all)
}

/// How many tasks a suite has; `most` where it has as many or more, which are not looked at.
///
/// # Errors
/// If the suite cannot say what there is to do.
pub async fn count(suite: Arc<dyn Suite>, most: u64) -> Result<u64, RunError> {
    let info = described(&suite).await?;
    let mut tasks = Tasks::new(suite);
    let mut count = 0;
    while count < most && tasks.next(&info).await?.is_some() {
        count += 1;
    }
    Ok(count)
}

pub(crate) async fn described(suite: &Arc<dyn Suite>) -> Result<SuiteInfo, RunError> {
    let suite = suite.clone();
    let described = spawn_blocking(move || suite.describe()).await;
    Ok(described.map_err(RunError::from_join)??)
}
