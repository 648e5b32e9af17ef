//! How many answers took how long at most, with the objective where there is one.

use super::{Taken, by_stage, nanos, some, span};
use crate::html::chart::{Axis, COLOURS, Canvas, Chart};
use crate::numbers::percent;
use crate::report::Report;
use koderz_api::statistics::sorted;
use koderz_api::timing::{EACH_TOKEN, OBJECTIVE};

/// Points of a curve: as many as can be seen.
const POINTS: usize = 200;

/// Values that are needed for a curve to say more than they do.
const FEWEST: usize = 3;

type Time = fn(&Taken<'_>) -> Option<f64>;

/// The times that are drawn, by the name that an objective gives them.
const TIMES: [(&str, &str, Time); 3] = [
    ("first-token", "Until the first token", |taken| {
        Some(nanos(taken.first_token()?))
    }),
    ("each-token", "From one token to the next", |taken| {
        taken.verdict?.metric(EACH_TOKEN)
    }),
    ("whole", "Until the end", |taken| Some(nanos(taken.whole()))),
];

/// A curve for each stage, of each time.
pub(super) fn spreads(report: &Report<'_>, taken: &[Taken<'_>]) -> Vec<Chart> {
    let figures = &report.story.summary().figures;
    let objective = |name: &str| {
        let figure = figures
            .iter()
            .find(|figure| figure.name.strip_prefix(OBJECTIVE) == Some(name));
        figure.map(|figure| figure.value)
    };
    let spreads = TIMES
        .iter()
        .filter_map(|(name, title, time)| spread(title, taken, *time, objective(name)));
    spreads.collect()
}

fn spread(title: &str, taken: &[Taken<'_>], time: Time, objective: Option<f64>) -> Option<Chart> {
    let curves = by_stage(taken).map(|stage| (stage[0].stage.name.as_str(), sorted(stage.iter().filter_map(time))));
    let curves: Vec<(&str, Vec<f64>)> = curves.filter(|(_, values)| values.len() >= FEWEST).collect();
    let all = sorted(curves.iter().flat_map(|(_, values)| values.iter().copied()));
    // What came all at once took no time that such an axis has, and one of a hundred that came almost so would leave the
    // others no room. They are drawn at its beginning.
    let above: Vec<f64> = all.iter().copied().filter(|time| *time > 0.0).collect();
    let (least, greatest) = (*above.get(above.len() / 100)?, *all.last()?);
    if least == greatest {
        return None;
    }
    let ends = |end: f64, choose: fn(f64, f64) -> f64| objective.map_or(end, |objective| choose(end, objective));
    let x = Axis::by_factors(ends(least, f64::min), ends(greatest, f64::max), "time", &span);
    let percents = |share: f64| format!("{:.0} %", share * 100.0);
    let mut canvas = Canvas::new(title, x, Axis::from_zero(1.0, "", &percents));
    let drawn = some(&curves.iter().collect::<Vec<_>>(), COLOURS.len());
    for ((name, values), class) in drawn.into_iter().zip(COLOURS) {
        let share = |place: usize| (place + 1) as f64 / values.len() as f64;
        let places = some(&(0..values.len()).collect::<Vec<_>>(), POINTS);
        let last = values.len() - 1;
        let places = places.into_iter().filter(|place| *place != last).chain([last]);
        let steps = places.flat_map(|place| {
            [
                (values[place], place as f64 / values.len() as f64),
                (values[place], share(place)),
            ]
        });
        canvas.stroke(
            class,
            steps,
            format!("{name}: half within {}", span(values[values.len() / 2])),
        );
        if curves.len() > 1 {
            canvas.legend(class, name.to_owned());
        }
    }
    let mut told = format!(
        "Half of {} answers within {}, all within {}.",
        all.len(),
        span(all[(all.len() - 1) / 2]),
        span(greatest)
    );
    if curves.len() > COLOURS.len() {
        told += &format!(" {} of {} stages are drawn.", COLOURS.len(), curves.len());
    }
    if let Some(objective) = objective {
        canvas.upright("objective", objective, format!("objective: {}", span(objective)));
        canvas.legend("objective", format!("the objective, {}", span(objective)));
        let within = all.iter().filter(|time| **time <= objective).count();
        told += &format!(" {} within the objective.", percent(within as f64 / all.len() as f64));
    }
    Some(canvas.told(told))
}
