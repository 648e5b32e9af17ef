//! Samples of a run by what they are samples of.

use crate::report::Report;
use koderz_core::summary::{Sample, SampleId};
use std::collections::{HashMap, HashSet};

/// What a task of a stage that measures times is a repeat of: its id without a number at its end.
fn group(task: &str) -> &str {
    match task.rsplit_once('/') {
        Some((group, number)) if number.chars().all(|c| c.is_ascii_digit()) => group,
        _ => task,
    }
}

/// The samples of the stages in which times are measured, or all where there is none, by group and in the order of tasks.
/// Where only some stages are measured, the others were for them.
pub(super) fn grouped<'a>(report: &Report<'a>) -> Vec<(&'a str, Vec<(&'a SampleId, &'a Sample)>)> {
    let story = report.story;
    let timed: HashSet<&str> = story.timed().map(|stage| stage.name.as_str()).collect();
    let is_wanted = |id: &SampleId| {
        let stage = story.tale(id).map(|tale| tale.stage.as_str());
        timed.is_empty() || stage.is_none_or(|stage| timed.contains(stage))
    };
    let mut groups: Vec<(&str, Vec<_>)> = Vec::new();
    // A benchmark may have as many groups as samples.
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (id, sample) in story.summary().samples.iter().filter(|(id, _)| is_wanted(id)) {
        let name = match timed.is_empty() {
            true => id.task.as_str(),
            false => group(&id.task),
        };
        let place = *places.entry(name).or_insert(groups.len());
        if place == groups.len() {
            groups.push((name, Vec::new()));
        }
        groups[place].1.push((id, sample));
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_at_the_end_counts_repeats() {
        for (task, of) in [
            ("pp512/512+1/0", "pp512/512+1"),
            ("clients/4/12", "clients/4"),
            ("essay", "essay"),
            ("a/b", "a/b"),
        ] {
            assert_eq!(group(task), of);
        }
    }
}
