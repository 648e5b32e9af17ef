//! The tasks of a suite, as far as a user names or bounds them.

use crate::equipment::Equipment;
use anyhow::{Result, bail};
use koderz_core::plan::Selection;
use koderz_core::scheduler;
use std::collections::BTreeSet;

/// Names of tasks that are shown where one is missing.
const SHOWN: usize = 5;

/// Sees that there are tasks to try.
pub(crate) async fn check(selection: &Selection, equipment: &Equipment) -> Result<()> {
    match (&selection.ids, equipment.info.task_count) {
        (None, Some(count)) => return in_range(selection, count),
        (None, None) => {
            let enough = selection.start.saturating_add(1);
            let count = scheduler::count(equipment.suite.clone(), enough).await?;
            return in_range(selection, count);
        }
        (Some(_), _) => {}
    }
    let tasks = scheduler::catalogue(equipment.suite.clone()).await?;
    in_range(selection, tasks.len() as u64)?;
    let ids = || tasks.iter().map(|task| task.id.as_str());
    let known: BTreeSet<&str> = ids().collect();
    match selection.ids.iter().flatten().find(|id| !known.contains(id.as_str())) {
        Some(id) => bail!(missing(id, ids())),
        None => Ok(()),
    }
}

/// That a suite has no such task, and what it has.
pub(crate) fn missing<'a>(id: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    let is_near = |task: &&str| task.to_lowercase().contains(&id.to_lowercase());
    let mut shown: Vec<&str> = known.iter().copied().filter(is_near).take(SHOWN).collect();
    // Who types a number means the task that is called by it.
    let called = |task: &&str| task.rsplit(|c: char| !c.is_alphanumeric()).next() == Some(id);
    let meant = known.iter().copied().find(called);
    let meant = meant.map_or(String::new(), |meant| format!("did you mean `{meant}`? "));
    if shown.is_empty() {
        shown = known.iter().copied().take(SHOWN).collect();
    }
    format!(
        "the suite has no task `{id}`\nhint: {meant}it has {}, such as {}",
        known.len(),
        shown.join(", ")
    )
}

fn in_range(selection: &Selection, count: u64) -> Result<()> {
    if count == 0 {
        bail!("the suite has no tasks");
    }
    if selection.start >= count {
        bail!(
            "--start {} is past the last task; the suite has {count}, counted from 0",
            selection.start
        );
    }
    Ok(())
}
