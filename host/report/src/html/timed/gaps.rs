//! How evenly the pieces of answers came, and where they stalled.

use super::{ROWS, Row, Rows, Taken, nanos, of, some, span};
use crate::html::plot::Bar;
use crate::strip::{CELLS, Strip};
use std::time::Duration;

/// Shades, by how many usual gaps a gap is.
const SHADES: [(u32, &str, &str); 3] = [
    (2, "gap-1", "up to twice the usual gap"),
    (5, "gap-2", "up to five times"),
    (u32::MAX, "gap-3", "longer"),
];

/// A strip for each answer.
pub(super) fn gaps(taken: &[Taken<'_>]) -> Option<Rows> {
    let strips = taken
        .iter()
        .filter_map(|taken| Some((taken.task, taken.answer.strip.as_ref()?)));
    let all: Vec<(&str, &Strip)> = strips.collect();
    let drawn = some(&all, ROWS);
    let longest = drawn.iter().map(|(_, strip)| strip.length).max()?;
    let stalls: usize = all.iter().map(|(_, strip)| strip.stalled).sum();
    let worst = all
        .iter()
        .flat_map(|(_, strip)| &strip.stalls)
        .map(|(_, gap)| *gap)
        .max();
    let worst = worst.map_or_else(String::new, |worst| format!(", the longest of {}", span(nanos(worst))));
    Some(Rows {
        name: "Gaps between the pieces of an answer",
        told: format!(
            "{}, from the first piece to the last, with the usual gap. {}{worst}: gaps of more than 100 ms and five usual ones.",
            of(drawn.len(), all.len()),
            match stalls {
                0 => "No stall".to_owned(),
                1 => "1 stall".to_owned(),
                stalls => format!("{stalls} stalls"),
            }
        ),
        rows: drawn.iter().map(|(task, strip)| row(task, strip, longest)).collect(),
        legend: SHADES
            .map(|(_, class, words)| (class, words.to_owned()))
            .into_iter()
            .chain([("stall", "a stall".to_owned())])
            .collect(),
        from: "the first piece".to_owned(),
        to: span(nanos(longest)),
    })
}

fn row(task: &str, strip: &Strip, longest: Duration) -> Row {
    let scale = strip.length.as_secs_f64() / longest.as_secs_f64() * 100.0;
    let shade = |gap: Duration| {
        let found = SHADES
            .iter()
            .find(|(most, ..)| gap <= strip.usual.saturating_mul(*most));
        found.map_or("gap-3", |(_, class, _)| *class)
    };
    let width = scale / CELLS as f64;
    // Neighbours of one shade are one bar.
    let mut bars = Vec::new();
    let mut at = 0;
    for same in strip.cells.chunk_by(|a, b| shade(*a) == shade(*b)) {
        let gap = same.iter().max().copied().unwrap_or_default();
        let says = format!("up to {}", span(nanos(gap)));
        let place = [at as f64 * width, 20.0];
        bars.push(Bar::new(
            shade(gap),
            place,
            [same.len() as f64 * width, 60.0],
            Some(says),
        ));
        at += same.len();
    }
    for (began, gap) in &strip.stalls {
        let at = began.as_secs_f64() / longest.as_secs_f64() * 100.0;
        let length = gap.as_secs_f64() / longest.as_secs_f64() * 100.0;
        let says = format!("{} after {}", span(nanos(*gap)), span(nanos(*began)));
        bars.push(Bar::new("stall", [at, 0.0], [length.max(0.6), 100.0], Some(says)));
    }
    Row {
        name: task.to_owned(),
        says: format!("usually {}, {} stalls", span(nanos(strip.usual)), strip.stalled),
        bars,
        end: span(nanos(strip.usual)),
    }
}
