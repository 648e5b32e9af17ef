//! Drawings in the page: how many answers took how long, and what happened when.
//!
//! A drawing says nothing that its caption does not: whoever cannot see it, or its colours, has the same figures. Its
//! lengths are in hundredths of its box, which is stretched to the room there is.

use crate::numbers::{counted, grouped, span};
use crate::pulse::{Pulse, SLOTS};
use crate::report::Report;
use crate::tale::Answer;
use std::time::Duration;

/// Into how many parts the values of a histogram are divided.
const PARTS: usize = 24;

/// Values that are needed for a histogram to say more than they do.
const FEWEST: usize = 3;

/// Values from which on it is said where nine of ten lie: ten are beyond that, as for every percentile in a report.
const ENOUGH: usize = 100;

pub(super) struct Plot {
    pub(super) name: &'static str,
    /// What is to be seen, in words.
    pub(super) told: String,
    pub(super) bars: Vec<Bar>,
    /// What is written below its left and its right end.
    pub(super) from: String,
    pub(super) to: String,
}

/// A rectangle.
pub(super) struct Bar {
    pub(super) class: &'static str,
    pub(super) x: String,
    pub(super) y: String,
    pub(super) width: String,
    pub(super) height: String,
    /// What it stands for, where that is said of it alone.
    pub(super) says: Option<String>,
}

impl Bar {
    pub(super) fn new(class: &'static str, [x, y]: [f64; 2], [width, height]: [f64; 2], says: Option<String>) -> Self {
        let short = |number: f64| format!("{number:.2}");
        Bar {
            class,
            x: short(x),
            y: short(y),
            width: short(width),
            height: short(height),
            says,
        }
    }
}

/// The drawings of a run: those for which there is enough to draw. Histograms of times are left out where there are better
/// drawings of them.
pub(super) fn plots(report: &Report<'_>, histograms: bool) -> Vec<Plot> {
    let answers = || {
        report
            .story
            .tales()
            .filter_map(|tale| tale.answer.as_ref()?.as_ref().ok())
    };
    let seconds = |time: &dyn Fn(&Answer) -> Option<Duration>| -> Vec<f64> {
        answers().filter_map(time).map(|time| time.as_secs_f64()).collect()
    };
    let shown_time = |seconds: f64| span(Duration::try_from_secs_f64(seconds).unwrap_or_default());
    let tokens = answers().filter_map(|answer| answer.usage.output_tokens.map(f64::from));
    let timeline = timeline(report.story.pulse());
    if !histograms {
        return timeline.into_iter().collect();
    }
    [
        timeline,
        histogram(
            "Time to the whole answer",
            seconds(&|answer| Some(answer.timing.total)),
            &shown_time,
        ),
        histogram(
            "Time to the first token",
            seconds(&|answer| answer.timing.first_token),
            &shown_time,
        ),
        histogram("Tokens of an answer", tokens.collect(), &|tokens| {
            grouped(tokens.round() as u64)
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// How many values lie where, from the least to the greatest.
fn histogram(name: &'static str, mut values: Vec<f64>, shown: &dyn Fn(f64) -> String) -> Option<Plot> {
    values.sort_by(f64::total_cmp);
    let (&least, &greatest) = values.first().zip(values.last())?;
    if values.len() < FEWEST || least == greatest {
        return None;
    }
    let part = (greatest - least) / PARTS as f64;
    let mut counts = [0_u64; PARTS];
    for value in &values {
        counts[(((value - least) / part) as usize).min(PARTS - 1)] += 1;
    }
    let most = counts.iter().copied().max().filter(|most| *most > 0)?;
    let width = 100.0 / PARTS as f64;
    let bars = counts.iter().enumerate().filter(|(_, count)| **count > 0);
    let bar = |(place, count): (usize, &u64)| {
        let height = *count as f64 / most as f64 * 100.0;
        let from = least + part * place as f64;
        let says = format!(
            "{} to {}: {}",
            shown(from),
            shown(from + part),
            counted(*count, "answer")
        );
        let at = [place as f64 * width, 100.0 - height];
        Bar::new("some", at, [width * 0.9, height], Some(says))
    };
    let within = |share: f64| shown(values[((values.len() as f64 * share).ceil() as usize).max(1) - 1]);
    let most_of_them = if values.len() >= ENOUGH {
        format!(" nine of ten within {},", within(0.9))
    } else {
        String::new()
    };
    Some(Plot {
        name,
        told: format!(
            "Half of {} within {},{most_of_them} all within {}.",
            counted(values.len() as u64, "answer"),
            within(0.5),
            shown(greatest)
        ),
        bars: bars.map(bar).collect(),
        from: shown(least),
        to: shown(greatest),
    })
}

/// Answers go up from the middle, failed attempts go down, and an outage is a band behind them.
fn timeline(pulse: &Pulse) -> Option<Plot> {
    let beats = pulse.beats();
    let most = beats.iter().map(|beat| beat.answers.max(beat.failed)).max()?;
    let whole = (pulse.slot() * SLOTS as u32).min(pulse.took().max(pulse.slot() * beats.len() as u32));
    let place = |time: Duration| time.as_secs_f64() / whole.as_secs_f64() * 100.0;
    let outages = pulse.outages();
    let mut bars: Vec<Bar> = outages
        .iter()
        .map(|(from, to)| {
            let says = format!("the server was away for {}", span(to.saturating_sub(*from)));
            let width = place(*to) - place(*from);
            Bar::new("away", [place(*from), 0.0], [width.max(0.2), 100.0], Some(says))
        })
        .collect();
    bars.push(Bar::new("axis", [0.0, 49.6], [100.0, 0.8], None));
    let width = place(pulse.slot());
    for (number, beat) in beats.iter().enumerate() {
        let x = number as f64 * width;
        let length = |count: u64| count as f64 / most as f64 * 48.0;
        let from = pulse.slot() * number as u32;
        let says = |what: String| Some(format!("from {} on, {}: {what}", span(from), span(pulse.slot())));
        if beat.answers > 0 {
            let height = length(beat.answers);
            let said = says(counted(beat.answers, "answer"));
            bars.push(Bar::new("some", [x, 50.0 - height], [width * 0.9, height], said));
        }
        if beat.failed > 0 {
            let said = says(counted(beat.failed, "failed attempt"));
            bars.push(Bar::new("bad", [x, 50.0], [width * 0.9, length(beat.failed)], said));
        }
    }
    let all = |count: fn(&crate::pulse::Beat) -> u64| beats.iter().map(count).sum::<u64>();
    let mut told = format!(
        "Upwards {}, downwards {}",
        counted(all(|beat| beat.answers), "answer"),
        counted(all(|beat| beat.failed), "failed attempt")
    );
    if !outages.is_empty() {
        told += &format!("; shaded, {} of the server", counted(outages.len() as u64, "outage"));
    }
    Some(Plot {
        name: "What happened when",
        told: told + ".",
        bars,
        from: "0 s".to_owned(),
        to: span(whole),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(values: &[f64]) -> Option<Plot> {
        histogram("of something", values.to_vec(), &|value| value.to_string())
    }

    #[test]
    fn a_histogram_has_every_value_and_says_what_it_shows() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        let plot = drawn(&values).expect("there is something to draw");
        assert_eq!(
            plot.told,
            "Half of 100 answers within 50, nine of ten within 90, all within 100."
        );
        let counted: u64 = plot
            .bars
            .iter()
            .filter_map(|bar| {
                bar.says
                    .as_deref()?
                    .split(": ")
                    .nth(1)?
                    .split(' ')
                    .next()?
                    .parse::<u64>()
                    .ok()
            })
            .sum();
        assert_eq!(counted, 100);
        assert_eq!((plot.from.as_str(), plot.to.as_str()), ("1", "100"));
    }

    #[test]
    fn few_values_say_nothing_of_their_tail() {
        let values: Vec<f64> = (1..=99).map(f64::from).collect();
        let told = drawn(&values).map(|plot| plot.told);
        assert_eq!(told.as_deref(), Some("Half of 99 answers within 50, all within 99."));
    }

    #[test]
    fn too_few_values_or_only_one_are_not_drawn() {
        for values in [&[][..], &[1.0], &[1.0, 2.0], &[3.0, 3.0, 3.0]] {
            assert!(drawn(values).is_none(), "{values:?}");
        }
    }
}
