//! How long the model took to come into memory, by kind of load.

use super::{ROWS, Row, Rows, nanos, some, span};
use crate::html::chart::COLOURS;
use crate::html::plot::Bar;
use crate::report::Report;
use koderz_api::timing::WARM;
use std::time::Duration;

/// A load that was measured.
struct Load<'a> {
    task: &'a str,
    /// What the suite says of it.
    kind: String,
    took: Duration,
}

/// A bar for each load. None where no trial was one.
pub(super) fn residency(report: &Report<'_>) -> Option<Rows> {
    let story = report.story;
    let samples = story.summary().samples.iter();
    let loads = samples.filter_map(|(id, sample)| {
        let labels = &sample.verdict.as_deref()?.labels;
        let kinds: Vec<&str> = labels.iter().map(|(_, value)| value.as_str()).collect();
        Some(Load {
            task: &id.task,
            kind: kinds.join(", "),
            took: story.tale(id)?.prepared?,
        })
    });
    let all: Vec<Load<'_>> = loads.collect();
    // A single load that took so little was none: the model was there.
    if all.len() < 2 && all.iter().all(|load| load.took <= WARM) {
        return None;
    }
    let drawn = some(&all.iter().collect::<Vec<_>>(), ROWS);
    let longest = drawn
        .iter()
        .map(|load| load.took)
        .max()
        .filter(|longest| !longest.is_zero())?;
    let mut kinds: Vec<&str> = Vec::new();
    for load in &drawn {
        if !kinds.contains(&load.kind.as_str()) {
            kinds.push(&load.kind);
        }
    }
    let colour = |kind: &str| {
        let place = kinds.iter().position(|known| *known == kind).unwrap_or(0);
        COLOURS[place % COLOURS.len()]
    };
    let row = |load: &&Load<'_>| {
        let width = nanos(load.took) / nanos(longest) * 100.0;
        let says = format!("{}: {}", load.kind, span(nanos(load.took)));
        Row {
            name: load.task.to_owned(),
            says: span(nanos(load.took)),
            bars: vec![Bar::new(
                colour(&load.kind),
                [0.0, 0.0],
                [width.max(0.3), 100.0],
                Some(says),
            )],
            end: span(nanos(load.took)),
        }
    };
    Some(Rows {
        name: "Bringing the model into memory",
        told: format!(
            "{}. Times of several kinds have nothing to do with each other.",
            drawn
                .iter()
                .map(|load| format!("{} {}", load.kind, span(nanos(load.took))))
                .collect::<Vec<_>>()
                .join(", ")
        ),
        rows: drawn.iter().map(row).collect(),
        legend: kinds.iter().map(|kind| (colour(kind), (*kind).to_owned())).collect(),
        from: "0 s".to_owned(),
        to: span(nanos(longest)),
    })
}
