//! What more load got done, and how long answers took under it.

use super::{Taken, by_stage, nanos, span};
use crate::html::chart::{Axis, Canvas, Chart};
use crate::numbers::grouped;
use koderz_api::statistics::{middle, sorted};
use koderz_api::suite::Pacing;

/// A load and what came of it.
struct Load {
    name: String,
    /// Tokens a second.
    throughput: f64,
    /// Nanoseconds until the end, in the middle.
    time: f64,
}

/// A curve through loads, the least first. The knee is where throughput over time is greatest (Kleinrock's power, 1979):
/// before it more load gets more done, after it answers take longer instead.
pub(super) fn loads(taken: &[Taken<'_>]) -> Option<Chart> {
    let mut loads: Vec<(f64, Load)> = by_stage(taken).filter_map(load).collect();
    loads.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let loads: Vec<Load> = loads.into_iter().map(|(_, load)| load).collect();
    let most = |value: fn(&Load) -> f64| loads.iter().map(value).reduce(f64::max);
    let (throughput, time) = (most(|load| load.throughput)?, most(|load| load.time)?);
    if loads.len() < 2 {
        return None;
    }
    let power = |load: &Load| load.throughput / load.time;
    let knee = loads.iter().max_by(|a, b| power(a).total_cmp(&power(b)))?;
    let rate = |rate: f64| grouped(rate.round() as u64);
    let mut canvas = Canvas::new(
        "Throughput against time",
        Axis::from_zero(throughput, "tokens/s", &rate),
        Axis::from_zero(time, "", &span),
    );
    canvas.stroke("c0", loads.iter().map(|load| (load.throughput, load.time)), "");
    let at = |load: &Load| (load.throughput, load.time);
    let others = || loads.iter().filter(|load| load.name != knee.name);
    others().for_each(|load| canvas.dot("c0", at(load), said(load)));
    // Above the others, and the first to have a label.
    canvas.dot("knee", at(knee), said(knee));
    canvas.label(at(knee), knee.name.clone());
    others().for_each(|load| canvas.label(at(load), load.name.clone()));
    canvas.legend("knee", format!("the knee: {}", knee.name));
    let every: Vec<String> = loads.iter().map(said).collect();
    Some(canvas.told(format!(
        "Half of the answers ended within: {}. The knee, where tokens a second over time are most, is at {}.",
        every.join("; "),
        knee.name
    )))
}

fn said(load: &Load) -> String {
    format!(
        "{} with {} at {} tokens/s",
        span(load.time),
        load.name,
        grouped(load.throughput.round() as u64)
    )
}

fn load(stage: &[Taken<'_>]) -> Option<(f64, Load)> {
    let (order, name) = match stage.first()?.stage.pacing {
        Pacing::Closed(1) => (1.0, "1 client".to_owned()),
        Pacing::Closed(clients) => (f64::from(clients), format!("{clients} clients")),
        Pacing::Open(arrivals) => (arrivals.per_second, format!("{:.3}/s", arrivals.per_second)),
        Pacing::Exclusive | Pacing::Shared => return None,
    };
    // Clocks of several stretches of work have nothing to do with each other.
    let stretch = stage.iter().filter_map(|taken| Some(taken.course?.stretch)).max()?;
    let courses = || {
        let courses = stage.iter().filter_map(|taken| Some((taken.course?, taken.answer)));
        courses.filter(move |(course, _)| course.stretch == stretch)
    };
    let began = courses().map(|(course, _)| course.began).min()?;
    let ended = courses().map(|(course, _)| course.ended).max()?;
    let tokens = courses().filter_map(|(_, answer)| answer.usage.output_tokens);
    let seconds = (ended - began).as_secs_f64();
    let load = Load {
        name,
        throughput: tokens.map(f64::from).sum::<f64>() / seconds,
        time: middle(&sorted(stage.iter().map(|taken| nanos(taken.whole()))))?,
    };
    (seconds > 0.0).then_some((order, load))
}
