//! `koderz runs rm`: runs are removed, with all that was recorded of them and their reports.
//!
//! Nothing is removed unless all that was named can be: a slip in one name costs no run.

use crate::arguments::Remove;
use crate::places::Places;
use crate::recorded;
use crate::{Outcome, print};
use anyhow::{Context, Result, bail};
use koderz_record::{Record, RunId};
use std::fs;
use std::io::{self, IsTerminal};

pub(super) fn remove(arguments: &Remove, places: &Places) -> Result<Outcome> {
    let record = recorded::open(places)?;
    let runs = named(&record, &arguments.runs)?;
    for run in &runs {
        recorded::at_rest(&record, run)?;
    }
    if !arguments.yes && !confirmed(&runs)? {
        eprintln!("nothing was removed");
        return Ok(Outcome::Incomplete);
    }
    for run in &runs {
        // The report comes second: it can be written again for as long as the run is there.
        record.remove(run)?;
        let report = places.report(run.as_str());
        match fs::remove_file(&report) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error)
                    .with_context(|| format!("run {run} was removed, but its report {} cannot be", report.display()));
            }
            _ => print(&format!("removed {run}\n"))?,
        }
    }
    Ok(Outcome::Done)
}

/// The runs that are meant, each once.
fn named(record: &Record, wanted: &[String]) -> Result<Vec<RunId>> {
    let mut runs = Vec::new();
    for wanted in wanted {
        let run = record.find(wanted)?;
        if !runs.contains(&run) {
            runs.push(run);
        }
    }
    Ok(runs)
}

/// Asks whoever sits at the terminal.
fn confirmed(runs: &[RunId]) -> Result<bool> {
    let names: Vec<&str> = runs.iter().map(RunId::as_str).collect();
    let names = names.join(", ");
    if !io::stdin().is_terminal() {
        bail!("nobody can be asked whether to remove {names}\nhint: --yes removes without asking");
    }
    eprint!("remove {names}, with all that was recorded and the report? [y/N] ");
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).context("read the answer")?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
