//! What a longer prompt costs until the first token.

use super::{Taken, nanos, some, span};
use crate::html::chart::{Axis, Canvas, Chart};
use crate::numbers::grouped;
use koderz_api::statistics::{line, sorted};

/// Answers that are drawn and that the line goes through: the slopes between all pairs of them are looked at.
const POINTS: usize = 300;

/// Lengths that are needed for a line to be more than a guess, and how many times as long as the shortest the longest is.
const LENGTHS: usize = 3;
const APART: f64 = 2.0;

/// Points, and the line through them.
pub(super) fn prompts(taken: &[Taken<'_>]) -> Option<Chart> {
    let points = taken.iter().filter(|taken| taken.is_alone()).filter_map(|taken| {
        let tokens = taken.answer.usage.input_tokens?;
        Some((f64::from(tokens), nanos(taken.answer.timing.first_token?)))
    });
    let all: Vec<(f64, f64)> = points.collect();
    let points = some(&all, POINTS);
    let mut lengths = sorted(points.iter().map(|(tokens, _)| *tokens));
    let (shortest, longest) = (*lengths.first()?, *lengths.last()?);
    lengths.dedup();
    if lengths.len() < LENGTHS || longest < APART * shortest {
        return None;
    }
    let greatest = points.iter().map(|(_, time)| *time).reduce(f64::max)?;
    let tokens = |tokens: f64| grouped(tokens.round() as u64);
    let mut canvas = Canvas::new(
        "The first token after prompts of several lengths",
        Axis::from_zero(longest, "tokens of the prompt", &tokens),
        Axis::from_zero(greatest, "", &span),
    );
    for point in &points {
        canvas.dot("c0", *point, format!("{} tokens: {}", tokens(point.0), span(point.1)));
    }
    let mut told = format!("{} answers that had the server for themselves.", points.len());
    if let Some(line) = line(&points).filter(|line| line.slope.value > 0.0) {
        let at = |tokens: f64| (tokens, (line.start + line.slope.value * tokens).max(0.0));
        let rate = |slope: f64| grouped((1e9 / slope).round() as u64);
        let interval = line.slope.interval.filter(|(low, _)| *low > 0.0);
        let interval = interval.map_or_else(String::new, |(low, high)| {
            format!(", 95 % interval {} to {}", rate(high), rate(low))
        });
        let fit = format!(
            "{} and a token of the prompt more for every {} tokens/s",
            span(line.start.max(0.0)),
            rate(line.slope.value)
        );
        canvas.stroke("fit", [at(0.0), at(longest)].into_iter(), fit);
        canvas.legend("fit", "the line through them");
        told += &format!(
            " The line through them begins at {} and rises by a second for {} tokens{interval}.",
            span(line.start.max(0.0)),
            rate(line.slope.value)
        );
    }
    Some(canvas.told(told))
}
