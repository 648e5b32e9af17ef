//! Where the time of answers went.

use super::{ROWS, Row, Rows, Taken, nanos, of, some, span};
use crate::html::plot::Bar;
use koderz_api::statistics::{middle, sorted};
use koderz_api::waterfall::Waterfall;

/// A bar for each answer, in parts.
pub(super) fn parts(taken: &[Taken<'_>]) -> Option<Rows> {
    let told = taken
        .iter()
        .filter_map(|taken| Some((taken.task, taken.answer.waterfall?)));
    let all: Vec<(&str, Waterfall)> = told.collect();
    let drawn = some(&all, ROWS);
    let longest = drawn.iter().map(|(_, waterfall)| waterfall.whole).max()?;
    let reconciled = all.iter().filter(|(_, waterfall)| waterfall.reconciled).count();
    let (_, any) = all.first()?;
    let names = any.parts().map(|(name, _)| name);
    let usual = names.into_iter().enumerate().map(|(part, name)| {
        let times = all.iter().map(|(_, waterfall)| nanos(waterfall.parts()[part].1));
        format!("{name} {}", span(middle(&sorted(times)).unwrap_or_default()))
    });
    Some(Rows {
        name: "Where the time went",
        told: format!(
            "{}, in parts; those of {reconciled} of {} come to the time that passed. The medians: {}.",
            of(drawn.len(), all.len()),
            all.len(),
            usual.collect::<Vec<_>>().join(", ")
        ),
        rows: drawn
            .iter()
            .map(|(task, waterfall)| row(task, waterfall, nanos(longest)))
            .collect(),
        legend: names
            .into_iter()
            .map(|name| (class(name), name.to_owned()))
            .chain([("unexplained", "not explained".to_owned())])
            .collect(),
        from: "0 s".to_owned(),
        to: span(nanos(longest)),
    })
}

fn class(part: &str) -> &'static str {
    match part {
        "lag" => "p-lag",
        "connect" => "p-connect",
        "load" => "p-load",
        "queue" => "p-queue",
        "prefill" => "p-prefill",
        "decode" => "p-decode",
        _ => "p-tail",
    }
}

fn row(task: &str, waterfall: &Waterfall, longest: f64) -> Row {
    let mut at = 0.0;
    let mut bars = Vec::new();
    for (name, time) in waterfall.parts() {
        let width = nanos(time) / longest * 100.0;
        let says = format!("{name}: {}", span(nanos(time)));
        bars.push(Bar::new(
            class(name),
            [at, 0.0],
            [width.min(100.0 - at), 100.0],
            Some(says),
        ));
        at = (at + width).min(100.0);
    }
    let whole = nanos(waterfall.whole) / longest * 100.0;
    if !waterfall.reconciled {
        // What is missing of the whole, or a mark at its end where the parts are more than it.
        let width = (whole - at).max(0.8);
        let at = at.min(whole).min(100.0 - width);
        bars.push(Bar::new(
            "unexplained",
            [at, 0.0],
            [width, 100.0],
            Some("not explained".to_owned()),
        ));
    }
    let parts = waterfall
        .parts()
        .map(|(name, time)| format!("{name} {}", span(nanos(time))));
    Row {
        name: task.to_owned(),
        says: parts.join(", "),
        bars,
        end: span(nanos(waterfall.whole)),
    }
}
