//! How fast the latest answers of a stage that measures times were written, as a row of bars that fits into a line.
//!
//! It is for whoever looks on: rates are those of single answers by this machine's clock, and are in no figure.

use crate::numbers::grouped;
use koderz_api::chat::Reply;
use koderz_api::suite::{Completion, Pacing};
use koderz_core::event::Event;

/// Answers that have a bar.
const LATEST: usize = 24;

/// Steps from one token to the next that a rate is taken from: fewer say nothing.
const FEWEST_STEPS: u32 = 8;

/// What bars are made of, from the lowest to the highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Glyphs {
    /// Blocks of an eighth to a whole.
    Blocks,
    /// Characters that every terminal has.
    Ascii,
}

impl Glyphs {
    /// By the locale, of which the first of these variables that is not empty counts (POSIX, "Environment Variables").
    pub(crate) fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable);
        let locale = set.into_iter().find(|value| !value.is_empty()).unwrap_or_default();
        let locale = locale.to_lowercase();
        match cfg!(windows) || locale.contains("utf-8") || locale.contains("utf8") {
            true => Glyphs::Blocks,
            false => Glyphs::Ascii,
        }
    }

    fn levels(self) -> [char; 8] {
        match self {
            Glyphs::Blocks => ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
            Glyphs::Ascii => ['_', '.', ':', '-', '=', '+', '*', '#'],
        }
    }
}

/// The latest rates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trend {
    /// Tokens a second, the latest last.
    rates: [u32; LATEST],
    /// How many of them there are, at the end.
    count: usize,
    /// Whether the stage under way measures times.
    timed: bool,
}

impl Trend {
    /// Takes in an event.
    pub(crate) fn observe(&mut self, event: &Event) {
        match event {
            Event::StageBegan { warm_up, pacing, .. } => {
                self.timed = !warm_up && pacing.is_some_and(Pacing::is_timed);
            }
            Event::Completed {
                completion: Completion::Asked(Ok(reply)),
                ..
            } if self.timed => {
                if let Some(rate) = rate(reply) {
                    self.rates.rotate_left(1);
                    self.rates[LATEST - 1] = rate;
                    self.count = (self.count + 1).min(LATEST);
                }
            }
            _ => {}
        }
    }

    /// A bar for each of the latest answers and the rate of the last one, in so many columns; nothing where there is no
    /// answer or no room for a bar.
    pub(crate) fn drawn(&self, glyphs: Glyphs, columns: usize) -> Option<String> {
        let rates = &self.rates[LATEST - self.count..];
        let last = format!(" {} tokens/s", grouped((*rates.last()?).into()));
        let room = columns.checked_sub(last.len()).filter(|room| *room > 0)?;
        let bars = bars(&rates[rates.len().saturating_sub(room)..], glyphs);
        Some(bars + &last)
    }
}

/// Tokens a second from the first token of an answer to its last.
fn rate(reply: &Reply) -> Option<u32> {
    let steps = reply.usage.output_tokens?.checked_sub(1)?;
    let time = reply.timing.last_token?.checked_sub(reply.timing.first_token?)?;
    let rate = f64::from(steps) / time.as_secs_f64();
    (steps >= FEWEST_STEPS && rate.is_finite()).then_some(rate.round() as u32)
}

/// A bar for each of some numbers. The highest is a whole one and 0 the lowest, so that what hardly differs looks alike.
fn bars(numbers: &[u32], glyphs: Glyphs) -> String {
    let levels = glyphs.levels();
    let highest = numbers.iter().copied().max().unwrap_or(0).max(1);
    let top = levels.len() - 1;
    let level = |number: &u32| (f64::from(*number) / f64::from(highest) * top as f64).round() as usize;
    numbers.iter().map(|number| levels[level(number)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Tape, timed_reply};
    use koderz_api::suite::Grade;

    #[test]
    fn bars_begin_at_nothing_and_the_highest_is_whole() {
        assert_eq!(bars(&[0, 50, 100, 200, 198, 199], Glyphs::Blocks), "▁▃▅███");
        assert_eq!(bars(&[0, 50, 100, 200], Glyphs::Ascii), "_:=#");
        assert_eq!(bars(&[0], Glyphs::Ascii), "_");
        assert_eq!(bars(&[], Glyphs::Blocks), "");
    }

    fn trend(answers: u32, pacing: Pacing) -> Trend {
        let tape = Tape::new().began(answers.into(), 0).timed("stage", pacing);
        let tape = (0..answers).fold(tape, |tape, number| {
            tape.trial_in("stage", &format!("stage/{number}"), 0, |trial| {
                trial
                    .questioned("?")
                    .completed(Completion::Asked(Ok(timed_reply(100, 0, number % 2 == 1))))
                    .verdict(Grade::Ungraded, "")
            })
        });
        let mut trend = Trend::default();
        tape.entries().iter().for_each(|entry| trend.observe(&entry.event));
        trend
    }

    #[test]
    fn the_latest_answers_have_a_bar_each_and_the_last_one_its_rate() {
        let few = trend(3, Pacing::Exclusive)
            .drawn(Glyphs::Blocks, 79)
            .expect("there are answers");
        assert!(few.starts_with("█▂█ "), "{few}");
        assert!(few.ends_with(" tokens/s"), "{few}");
        let many = trend(500, Pacing::Closed(2))
            .drawn(Glyphs::Ascii, 79)
            .expect("there are answers");
        assert!(many.is_ascii() && many.len() < 50, "{many}");
        assert_eq!(many.split(' ').next().map(str::len), Some(LATEST));
    }

    #[test]
    fn where_there_is_little_room_the_latest_are_kept() {
        let trend = trend(24, Pacing::Exclusive);
        let narrow = trend.drawn(Glyphs::Blocks, 20).expect("there is room");
        assert_eq!(narrow.chars().count(), 20);
        assert!(
            trend
                .drawn(Glyphs::Blocks, 79)
                .is_some_and(|wide| wide.ends_with(&narrow))
        );
        assert_eq!(trend.drawn(Glyphs::Blocks, 8), None);
    }

    #[test]
    fn a_stage_that_measures_no_times_has_none() {
        assert_eq!(trend(3, Pacing::Shared).drawn(Glyphs::Blocks, 79), None);
        assert_eq!(trend(0, Pacing::Exclusive).drawn(Glyphs::Blocks, 79), None);
    }

    #[test]
    fn the_locale_says_whether_there_are_blocks() {
        let of = |set: &'static [(&str, &str)]| {
            Glyphs::of(|name| {
                set.iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(&[("LANG", "de_DE.UTF-8")]), Glyphs::Blocks);
        assert_eq!(of(&[("LC_ALL", ""), ("LC_CTYPE", "en_GB.utf8")]), Glyphs::Blocks);
        if !cfg!(windows) {
            assert_eq!(of(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")]), Glyphs::Ascii);
            assert_eq!(of(&[]), Glyphs::Ascii);
        }
    }
}
