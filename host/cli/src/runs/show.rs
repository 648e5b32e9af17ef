//! `koderz runs show`: what a run came to, or all that is known of one of its tasks.

use super::say;
use crate::arguments::Show;
use crate::places::Places;
use crate::recorded::{self, Recorded};
use crate::{Outcome, came_to, print};
use anyhow::{Result, bail};
use koderz_core::event::End;
use koderz_record::{Record, RunId, RunState};
use koderz_report::{Story, Which};

pub(super) fn show(arguments: &Show, places: &Places) -> Result<Outcome> {
    let record = recorded::open(places)?;
    let run = record.find(&arguments.run)?;
    let state = record.state(&run)?;
    if let RunState::Running { pid } = state {
        eprintln!("{}; this is what is there so far", recorded::going_on(&run, pid));
    }
    let text = match &arguments.problem {
        Some(task) => {
            let recorded = Recorded::of_task(&record, &run, task, places)?;
            let which = Which {
                task,
                sample: arguments.sample,
            };
            match task_of(&recorded, which, arguments.json) {
                Some(text) => text,
                None => {
                    let all = Recorded::outline(&record, &run, places)?;
                    bail!("run {run} has {}", missing(all.story(), which))
                }
            }
        }
        None if arguments.json => {
            let recorded = Recorded::read(&record, &run, places, Story::new)?;
            koderz_report::escaped_pretty(&koderz_report::json(&recorded.report())) + "\n"
        }
        None => whole(&record, &run, &state, places)? + &say::said(&record, &run)?,
    };
    print(&text)?;
    Ok(Outcome::Done)
}

fn task_of(recorded: &Recorded, which: Which<'_>, json: bool) -> Option<String> {
    let report = recorded.report();
    if json {
        koderz_report::closeup_json(&report, which)
    } else {
        koderz_report::closeup(&report, which)
    }
}

/// The summary of a run. That of a long one is read rather than made where it was kept.
fn whole(record: &Record, run: &RunId, state: &RunState, places: &Places) -> Result<String> {
    if let Some(findings) = came_to::shown(record, run)? {
        let counts = came_to::figures(record, run)?.counts;
        let unfinished = counts.inconclusive + counts.open > 0 || *state != RunState::Ended(End::Finished);
        let paths = recorded::paths(record, run, places);
        return Ok(findings + "\n" + &koderz_report::whereabouts(run.as_str(), &paths, unfinished));
    }
    let recorded = Recorded::read(record, run, places, Story::new)?;
    if !matches!(state, RunState::Running { .. }) {
        came_to::keep_read(record, run, &recorded);
    }
    Ok(koderz_report::text(&recorded.report()))
}

/// Names of tasks that are shown where one is missing.
const SHOWN: usize = 5;

/// What there is not, and what there is instead.
fn missing(story: &Story, which: Which<'_>) -> String {
    let wanted = which.task.to_lowercase();
    let mut tasks: Vec<&str> = story.summary().samples.keys().map(|id| id.task.as_str()).collect();
    let samples = tasks.iter().filter(|task| **task == which.task).count();
    if let (1.., Some(sample)) = (samples, which.sample) {
        return format!(
            "no sample {sample} of task `{}`\nhint: it has {samples}, counted from 0",
            which.task
        );
    }
    tasks.dedup();
    if tasks.is_empty() {
        return format!("no task `{}`: none has begun", which.task);
    }
    let near = tasks.iter().filter(|task| task.to_lowercase().contains(&wanted));
    let mut shown: Vec<&str> = near.copied().take(SHOWN).collect();
    if shown.is_empty() {
        shown = tasks.iter().copied().take(SHOWN).collect();
    }
    format!(
        "no task `{}`\nhint: it has {}, such as {}",
        which.task,
        tasks.len(),
        shown.join(", ")
    )
}
