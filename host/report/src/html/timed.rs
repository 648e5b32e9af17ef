//! What is drawn of a run that measured times: how they are spread, what more load did to them, what a longer prompt
//! costs, and where they went.
//!
//! Only stages in which trials begin when they are to are drawn. Drawings have a bound: of many answers some are shown,
//! evenly taken, and it is said of how many.

mod gaps;
mod loads;
mod parts;
mod prompts;
mod residency;
mod spread;

use crate::html::chart::Chart;
use crate::html::plot::Bar;
use crate::measured::shown;
use crate::numbers::micros;
use crate::report::Report;
use crate::story::Timed;
use crate::tale::{Answer, Course};
use koderz_api::suite::{Pacing, Verdict};
use std::time::Duration;

/// Answers that get a row of their own.
const ROWS: usize = 24;

/// All that is drawn of times.
pub(super) struct Drawings {
    pub(super) charts: Vec<Chart>,
    pub(super) tables: Vec<Rows>,
}

/// A drawing with a row for each of several things.
pub(super) struct Rows {
    pub(super) name: &'static str,
    pub(super) told: String,
    pub(super) rows: Vec<Row>,
    /// A colour and what it stands for.
    pub(super) legend: Vec<(&'static str, String)>,
    pub(super) from: String,
    pub(super) to: String,
}

pub(super) struct Row {
    pub(super) name: String,
    /// What it shows, in words.
    pub(super) says: String,
    pub(super) bars: Vec<Bar>,
    pub(super) end: String,
}

/// An answer of a stage in which times are measured.
#[derive(Clone, Copy)]
struct Taken<'a> {
    task: &'a str,
    stage: &'a Timed,
    course: Option<Course>,
    answer: &'a Answer,
    verdict: Option<&'a Verdict>,
}

impl Taken<'_> {
    fn first_token(&self) -> Option<Duration> {
        Some(self.answer.timing.lag + self.answer.timing.first_token?)
    }

    fn whole(&self) -> Duration {
        self.answer.timing.lag + self.answer.timing.total
    }

    fn is_alone(&self) -> bool {
        matches!(self.stage.pacing, Pacing::Exclusive | Pacing::Closed(1))
    }
}

/// The drawings of a run, as far as there is enough to draw.
pub(super) fn drawings(report: &Report<'_>) -> Drawings {
    let taken = taken(report);
    let charts = [
        spread::spreads(report, &taken),
        loads::loads(&taken).into_iter().collect(),
        prompts::prompts(&taken).into_iter().collect(),
    ];
    let mut tables: Vec<Rows> = [parts::parts(&taken), gaps::gaps(&taken), residency::residency(report)]
        .into_iter()
        .flatten()
        .collect();
    let mut charts: Vec<Chart> = charts.into_iter().flatten().collect();
    if let Some(instrument) = report.story.summary().instrument {
        let own = |error| format!(" This machine is off by ±{}.", micros(error));
        let timed = charts.iter_mut().filter(|chart| chart.name.contains("first token"));
        timed.for_each(|chart| chart.told += &own(instrument.first_token));
        let timed = tables.iter_mut().filter(|table| table.name.starts_with("Gaps"));
        timed.for_each(|table| table.told += &own(instrument.gap));
    }
    Drawings { charts, tables }
}

/// In the order of stages, and in each in the order in which they began.
fn taken<'a>(report: &'a Report<'_>) -> Vec<Taken<'a>> {
    let story = report.story;
    let mut all = Vec::new();
    for stage in story.timed() {
        let told = story.summary().samples.iter().filter_map(|(id, sample)| {
            let tale = story.tale(id).filter(|tale| tale.stage == stage.name)?;
            Some(Taken {
                task: &id.task,
                stage,
                course: tale.course,
                answer: tale.answer.as_ref()?.as_ref().ok()?,
                verdict: sample.verdict.as_deref(),
            })
        });
        let mut told: Vec<Taken<'_>> = told.collect();
        told.sort_by_key(|taken| taken.course.map(|course| (course.stretch, course.began)));
        all.extend(told);
    }
    all
}

/// Answers by stage, in the order of stages.
fn by_stage<'a, 'b>(taken: &'b [Taken<'a>]) -> impl Iterator<Item = &'b [Taken<'a>]> {
    taken.chunk_by(|a, b| a.stage.name == b.stage.name)
}

/// Some of many, evenly taken.
fn some<T: Copy>(all: &[T], most: usize) -> Vec<T> {
    if all.len() <= most {
        return all.to_vec();
    }
    (0..most).map(|place| all[place * all.len() / most]).collect()
}

fn nanos(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

/// A time with as many figures as tell it from others nearby: three for what is shorter than 100 ms.
fn span(nanos: f64) -> String {
    let fine = |value: f64, unit: &str| {
        let digits = match value {
            value if value < 9.995 => 2,
            value if value < 99.95 => 1,
            _ => 0,
        };
        let number = format!("{value:.digits$}");
        let number = match number.contains('.') {
            true => number.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => number,
        };
        format!("{number} {unit}")
    };
    match nanos {
        nanos if nanos < 0.5 => "0".to_owned(),
        nanos if nanos < 999.5e3 => fine(nanos / 1e3, "µs"),
        nanos if nanos < 99.95e6 => fine(nanos / 1e6, "ms"),
        nanos => shown(nanos, "ns"),
    }
}

/// `40 answers`, or how many of more.
fn of(shown: usize, all: usize) -> String {
    match shown == all {
        true => format!("{all} answers"),
        false => format!("{shown} of {all} answers"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::fixture::{Tape, timed_reply};
    use crate::report::Paths;
    use koderz_api::suite::Completion;
    use koderz_api::summary::Figure;
    use koderz_api::timing::EACH_TOKEN;
    use koderz_core::event::Event;

    fn asked(tape: Tape, stage: &str, number: u32, reply: koderz_api::chat::Reply) -> Tape {
        // As of a suite that knows that the first piece had two tokens.
        let steps = f64::from(reply.usage.output_tokens.expect("it has some") - 2);
        let from_first = reply.timing.last_token.zip(reply.timing.first_token);
        let each = from_first.map(|(last, first)| nanos(last - first) / steps);
        tape.trial_in(stage, &format!("{stage}/{number}"), 0, |trial| {
            trial
                .questioned("?")
                .completed(Completion::Asked(Ok(reply)))
                .measured(EACH_TOKEN, each.expect("it has tokens"))
        })
    }

    fn drawn(tape: &Tape) -> Drawings {
        let story = tape.story();
        drawings(&Report {
            story: &story,
            end: story.end(),
            paths: &Paths::default(),
        })
    }

    fn told(drawings: &Drawings) -> Vec<&str> {
        let charts = drawings.charts.iter().map(|chart| chart.told.as_str());
        charts
            .chain(drawings.tables.iter().map(|table| table.told.as_str()))
            .collect()
    }

    #[test]
    fn a_run_that_measures_no_times_has_no_drawings_of_them() {
        let tape = Tape::new().began(4, 0).stage("main", false);
        let tape = (0..4).fold(tape, |tape, number| {
            asked(tape, "main", number, timed_reply(100, 0, false))
        });
        assert!(told(&drawn(&tape)).is_empty());
    }

    #[test]
    fn prompts_of_several_lengths_have_a_line_and_every_drawing_says_what_it_shows() {
        let tape = Tape::new().began(12, 0).timed("lengths", Pacing::Exclusive);
        let lengths = [100, 200, 400].into_iter().cycle().take(12).enumerate();
        let tape = lengths.fold(tape, |tape, (number, read)| {
            asked(tape, "lengths", number as u32, timed_reply(read, 5, number == 7))
        });
        let objective = Figure {
            name: "objective first-token".to_owned(),
            unit: "ns".to_owned(),
            value: 300e6,
            interval: None,
            note: String::new(),
        };
        let tape = tape.push(Event::Summarized {
            figures: vec![objective],
        });
        let drawings = drawn(&tape);
        insta::assert_snapshot!(told(&drawings).join("\n"), @"
        Half of 12 answers within 215 ms, all within 415 ms. 66.7 % within the objective.
        Half of 12 answers within 11.1 ms, all within 66.7 ms.
        Half of 12 answers within 315 ms, all within 815 ms.
        12 answers that had the server for themselves. The line through them begins at 10 ms and rises by a second for 1,000 tokens, 95 % interval 1,000 to 1,000.
        12 answers, in parts; those of 11 of 12 come to the time that passed. The medians: lag 5 ms, connect 0, load 0, queue 0, prefill 200 ms, decode 110 ms, tail 0.
        12 answers, from the first piece to the last, with the usual gap. 1 stall, the longest of 510 ms: gaps of more than 100 ms and five usual ones.
        ");
        assert_eq!(drawings.tables[0].rows.len(), 12);
        let stalls = |row: &&Row| row.bars.iter().any(|bar| bar.class == "stall");
        let stalled: Vec<&str> = drawings.tables[1]
            .rows
            .iter()
            .filter(stalls)
            .map(|row| row.name.as_str())
            .collect();
        assert_eq!(stalled, ["lengths/7"]);
    }

    #[test]
    fn the_knee_is_where_more_load_gets_no_more_done() {
        let mut tape = Tape::new().began(30, 0);
        // A second for every answer and its trial: what comes of it is slower with each stage by the times it is told.
        for (clients, lag) in [(1, 0), (2, 900), (4, 9000)] {
            let stage = format!("clients/{clients}");
            tape = tape.timed(&stage, Pacing::Closed(clients));
            tape = (0..4).fold(tape, |tape, number| {
                asked(tape, &stage, number, timed_reply(100, lag, false))
            });
        }
        let drawings = drawn(&tape);
        let loads = drawings
            .charts
            .iter()
            .find(|chart| chart.name.starts_with("Throughput"));
        let loads = loads.expect("there are several loads");
        assert!(loads.told.ends_with("is at 1 client."), "{}", loads.told);
        assert_eq!(loads.dots.iter().filter(|dot| dot.class == "knee").count(), 1);
    }

    #[test]
    fn an_answer_that_came_all_at_once_leaves_the_others_their_curve() {
        let mut at_once = timed_reply(100, 0, false);
        at_once.timing.last_token = at_once.timing.first_token;
        let tape = Tape::new().began(8, 0).timed("clients/2", Pacing::Closed(2));
        let tape = (0..7).fold(tape, |tape, number| {
            asked(tape, "clients/2", number, timed_reply(100, 0, number == 3))
        });
        let drawings = drawn(&asked(tape, "clients/2", 7, at_once));
        let names: Vec<&str> = drawings.charts.iter().map(|chart| chart.name.as_str()).collect();
        assert!(names.contains(&"From one token to the next"), "{names:?}");
    }

    #[test]
    fn however_many_answers_there_are_the_drawings_stay_small() {
        let tape = Tape::new().began(3000, 0).timed("many", Pacing::Closed(4));
        let tape = (0..3000).fold(tape, |tape, number| {
            asked(tape, "many", number, timed_reply(number + 1, 0, true))
        });
        let drawings = drawn(&tape);
        let points: usize = drawings
            .charts
            .iter()
            .flat_map(|chart| &chart.strokes)
            .map(|stroke| stroke.points.len())
            .sum();
        assert!(points < 40_000, "{points}");
        assert!(drawings.tables.iter().all(|table| table.rows.len() == ROWS));
    }

    #[test]
    fn short_times_have_figures_enough() {
        let spans = [0.0, 7_200.0, 940_000.0, 4_120_000.0, 5e6, 41_230_000.0, 250e6].map(span);
        assert_eq!(spans, ["0", "7.2 µs", "940 µs", "4.12 ms", "5 ms", "41.2 ms", "250 ms"]);
    }

    #[test]
    fn of_many_some_are_taken_from_all_over() {
        let all: Vec<usize> = (0..100).collect();
        assert_eq!(some(&all, 4), [0, 25, 50, 75]);
        assert_eq!(some(&all, 100), all);
    }
}
