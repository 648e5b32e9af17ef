//! Where to find the rest of a run, and how to go on with it.

use super::layout::lines_of;
use crate::line::harmless;
use crate::report::{Paths, Report};

/// Where to find the rest, which is the end of the summary, and how to go on with what is unfinished.
pub fn whereabouts(run: &str, paths: &Paths, unfinished: bool) -> String {
    lines_of(places_of(run, paths, unfinished).into_iter())
}

pub(crate) fn places(report: &Report<'_>) -> Vec<String> {
    places_of(&report.manifest().run, report.paths, report.unfinished())
}

fn places_of(run: &str, paths: &Paths, unfinished: bool) -> Vec<String> {
    let run = harmless(run);
    let mut lines = vec![format!("run      {run}")];
    lines.push(format!("record   {}", harmless(&paths.record.display().to_string())));
    if let Some(page) = &paths.report {
        lines.push(format!("report   {}", harmless(&page.display().to_string())));
    }
    if unfinished {
        lines.push(format!("hint: koderz resume {run} tries what is left or inconclusive"));
    }
    lines
}
