//! How often the lengths of a shape are asked: as often as is said, or until their medians are known closely enough.

use crate::measure::{DECODE, FIRST_TOKEN};
use crate::plan::of;
use crate::settings::Test;
use koderz_plugin::api::statistics::{Estimate, median};
use koderz_plugin::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;

/// The most that a length is asked, however much its times vary.
const MOST: u32 = 200;

/// What the name of a stage that goes on with another has after that one's.
const MORE: &str = "/more/";

/// Whether a stage is this one or goes on with it.
pub(crate) fn belongs(stage: &str, to: &str) -> bool {
    let rest = stage.strip_prefix(to);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(MORE))
}

/// The name of the stage of some turns.
pub(crate) fn stage(name: &str, turns: &Range<u32>) -> String {
    match turns.start {
        0 => name.to_owned(),
        start => format!("{name}{MORE}{start}"),
    }
}

/// The turns that come next; none where it is enough.
pub(crate) fn turns(test: &Test, results: &[Graded]) -> Option<Range<u32>> {
    let done = done(test, results);
    if done == 0 {
        return Some(0..test.repeat);
    }
    let wanted = test.precision?;
    let enough = worst(test, results).is_some_and(|worst| worst <= wanted);
    // Half as many again: an interval that is too wide by little needs little more.
    let more = (done / 2).max(test.repeat).max(3).min(MOST.saturating_sub(done));
    (!enough && more > 0).then(|| done..done + more)
}

/// Turns that were planned: their numbers are the ends of the tasks' names.
fn done(test: &Test, results: &[Graded]) -> u32 {
    let turns = of(results, test.shape.name()).into_iter();
    let turns = turns.filter_map(|graded| graded.task_id.rsplit('/').next()?.parse::<u32>().ok());
    turns.max().map_or(0, |turn| turn + 1)
}

/// Half of the widest interval, as a share of its median. None where there are too few values for an interval.
fn worst(test: &Test, results: &[Graded]) -> Option<f64> {
    let mut lengths: BTreeMap<&str, Vec<&Graded>> = BTreeMap::new();
    for graded in of(results, test.shape.name()) {
        lengths
            .entry(graded.task_id.split('/').nth(1)?)
            .or_default()
            .push(graded);
    }
    let halves = lengths.values().map(|results| {
        let of = |name: &str| median(results.iter().filter_map(|graded| graded.verdict.metric(name)));
        let Estimate { value, interval } = of(DECODE).or_else(|| of(FIRST_TOKEN))?;
        let (low, high) = interval?;
        Some((high - low) / 2.0 / value)
    });
    let halves = halves.collect::<Option<Vec<f64>>>()?;
    halves.into_iter().reduce(f64::max)
}

/// How closely the medians are known, where that was asked for.
pub(crate) fn figure(test: &Test, results: &[Graded]) -> Option<Figure> {
    let wanted = test.precision?;
    let (worst, done) = (worst(test, results)?, done(test, results));
    let met = if worst <= wanted { "" } else { ", and was not met" };
    Some(Figure {
        name: "precision".to_owned(),
        unit: "%".to_owned(),
        value: 100.0 * worst,
        interval: None,
        note: format!("{done} repeats; {} % asked{met}", 100.0 * wanted),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use std::time::Duration;

    fn test() -> Test {
        let settings = r#"{"shape": "tg128", "repeat": 3, "precision": "2%"}"#;
        Test::of(serde_json::from_str::<Settings>(settings).expect("settings")).expect("a test")
    }

    fn graded(turn: usize, rate: f64) -> Graded {
        Graded {
            task_id: format!("tg128/16+128/{turn}"),
            stage: "tg128".to_owned(),
            sample: 0,
            labels: Vec::new(),
            began: Duration::ZERO,
            ended: Duration::ZERO,
            verdict: Verdict {
                grade: Grade::Ungraded,
                metrics: vec![Metric {
                    name: DECODE.to_owned(),
                    value: rate,
                }],
                reason: String::new(),
                labels: Vec::new(),
            },
        }
    }

    fn next(rates: impl Iterator<Item = f64>) -> Option<Range<u32>> {
        let results: Vec<Graded> = rates.enumerate().map(|(turn, rate)| graded(turn, rate)).collect();
        turns(&test(), &results)
    }

    #[test]
    fn it_is_asked_again_until_the_interval_is_narrow_or_it_is_too_much() {
        assert_eq!(next([].into_iter()), Some(0..3));
        assert_eq!(next([100.0; 3].into_iter()), Some(3..6), "three have no interval");
        assert_eq!(next([100.0; 6].into_iter()), None);
        // From 50 to 150, evenly and in no order.
        let wild = |count| (0..count).map(|turn: u32| f64::from(50 + turn * 37 % 101));
        assert_eq!(next(wild(40)), Some(40..60));
        assert_eq!(next(wild(190)), Some(190..200));
        assert_eq!(next(wild(200)), None, "it ends, and says that it was not met");
        let results: Vec<Graded> = wild(200).enumerate().map(|(turn, rate)| graded(turn, rate)).collect();
        assert!(
            figure(&test(), &results)
                .expect("a figure")
                .note
                .ends_with("was not met")
        );
    }

    #[test]
    fn a_stage_that_goes_on_belongs_to_the_one_before() {
        let named = |start| stage("chat", &(start..start + 3));
        assert_eq!([named(0), named(6)], ["chat", "chat/more/6"]);
        assert!(belongs("chat", "chat") && belongs("chat/more/6", "chat"));
        assert!(!belongs("clients/10", "clients/1") && !belongs("calibrate", "chat"));
    }
}
