//! `koderz runs gc`: what nobody needs any more is removed, after it was said what that is.
//!
//! Runs go by age alone, and never one that the user has tagged. Of the rest only what runs have left behind goes: lock
//! files, reports and room in the record.

use crate::arguments::Gc;
use crate::places::Places;
use crate::recorded;
use crate::{Outcome, figure, print};
use anyhow::{Context, Result};
use koderz_record::{Record, RunId, RunState, timestamp};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

pub(super) fn collect(arguments: &Gc, places: &Places) -> Result<Outcome> {
    let record = recorded::open(places)?;
    let old = match arguments.older_than {
        Some(age) => old(&record, age)?,
        None => Vec::new(),
    };
    let mut files = record.orphans()?;
    files.extend(reports_without_runs(&record, places)?);
    let word = if arguments.yes { "removed" } else { "would remove" };
    for run in &old {
        if arguments.yes {
            record.remove(run)?;
            remove(&places.report(run.as_str()))?;
        }
        print(&format!("{word} run {run}\n"))?;
    }
    for file in &files {
        if arguments.yes {
            remove(file)?;
        }
        print(&format!("{word} {}\n", file.display()))?;
    }
    let free = record.free_bytes()?;
    if arguments.yes && free > 0 {
        record.shrink()?;
    }
    let (free, record) = (figure::memory(free), record.path().display());
    match arguments.yes {
        true => print(&format!("freed {free} in {record}\n"))?,
        false => {
            print(&format!("would free {free} in {record}, and what those runs take\n"))?;
            eprintln!("nothing was removed; --yes does it");
        }
    }
    Ok(Outcome::Done)
}

/// Runs that were begun so long ago, have no tag, and are not going on.
fn old(record: &Record, age: Duration) -> Result<Vec<RunId>> {
    let since = SystemTime::now().checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH);
    // Both are written with the largest unit first and all digits, so the order of texts is that of times.
    let since = timestamp(since);
    let rows = record.runs()?.into_iter();
    let old = rows.filter(|row| row.began <= since && row.tags.is_empty());
    let at_rest = old.filter(|row| !matches!(row.state, RunState::Running { .. }));
    Ok(at_rest.map(|row| row.id).collect())
}

/// Reports whose runs are gone. What is not named like a run is no report of Koderz's.
fn reports_without_runs(record: &Record, places: &Places) -> Result<Vec<PathBuf>> {
    let runs: BTreeSet<RunId> = record.runs()?.into_iter().map(|row| row.id).collect();
    let any = places.report("any");
    let folder = any.parent().unwrap_or(&any);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let files = fs::read_dir(folder).with_context(|| format!("look into {}", folder.display()))?;
    let mut left: Vec<PathBuf> = files
        .flatten()
        .map(|file| file.path())
        .filter(|path| is_left(path, &runs))
        .collect();
    left.sort();
    Ok(left)
}

fn is_left(report: &Path, runs: &BTreeSet<RunId>) -> bool {
    let name = report.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let run = name.strip_suffix(".html").and_then(|name| name.parse::<RunId>().ok());
    run.is_some_and(|run| run.is_dated() && !runs.contains(&run))
}

fn remove(file: &Path) -> Result<()> {
    if file.exists() {
        fs::remove_file(file).with_context(|| format!("remove {}", file.display()))?;
    }
    Ok(())
}
