//! How far a run has come, in words: what the bar shows, and what is said line by line.
//!
//! Nothing here draws or reads a clock; it is a fold over events, like everything that is shown.

use crate::line::{first, fit, width};
use crate::numbers::{counted, grouped, pace, span};
use crate::trend::{Glyphs, Trend};
use koderz_api::suite::Grade;
use koderz_core::event::{End, Entry, Event};
use koderz_core::summary::{Counts, TRUNCATED};
use koderz_core::tally::Tally;
use std::time::Duration;

/// Progress is told this often at most, as a share of all trials, where there is no bar.
const TELLINGS: u64 = 10;

/// The same where nobody knows how many trials there are, in trials.
const TELL_EVERY: u64 = 20;

/// A load that takes less is none that anybody waited for.
const WORTH_A_WORD: Duration = Duration::from_secs(2);

/// What a narrow terminal shows without wrapping.
pub(crate) const COLUMNS: usize = 79;

/// Figures for a bar, at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Trials with a verdict.
    pub(crate) done: u64,
    /// Trials in all.
    pub(crate) total: Option<u64>,
    /// Verdicts since work began, this time.
    fresh: u64,
    /// Since work began, this time.
    at: Duration,
    counts: Counts,
    retries: u64,
    trend: Trend,
}

impl Figures {
    /// The figures when that much more time has passed and nothing has happened.
    pub(crate) fn later(self, time: Duration) -> Self {
        Figures {
            at: self.at + time,
            ..self
        }
    }

    /// How far, how fast, and how long still.
    pub(crate) fn course(&self) -> String {
        let place = match self.total {
            Some(total) => format!("{}/{}", grouped(self.done), grouped(total)),
            None => counted(self.done, "trial"),
        };
        let mut parts = vec![place, span(self.at)];
        parts.extend(pace(self.fresh, self.at));
        parts.extend(self.left().map(|left| format!("{} left", span(left))));
        parts.join("  ")
    }

    /// What came of it so far.
    pub(crate) fn tally(&self) -> String {
        let Counts {
            pass,
            fail,
            truncated,
            partial,
            ungraded,
            inconclusive,
            ..
        } = self.counts;
        let wrong = self.counts.wrong();
        let always = [(pass, "pass"), (wrong, "fail"), (inconclusive, "inconclusive")];
        let seldom = [(truncated, TRUNCATED), (partial, "partial"), (ungraded, "ungraded")];
        let retries = if self.retries == 1 { "retry" } else { "retries" };
        // Where everything is measured, nothing is to be passed.
        let graded = ungraded == 0 || pass + fail > 0;
        let mut parts: Vec<String> = always
            .into_iter()
            .filter(|(count, _)| graded || *count > 0)
            .chain(seldom.into_iter().filter(|(count, _)| *count > 0))
            .map(|(count, name)| format!("{} {name}", grouped(count)))
            .collect();
        if self.retries > 0 {
            parts.push(format!("{} {retries}", grouped(self.retries)));
        }
        parts.join(", ")
    }

    /// The same, with how fast the latest answers were written where times are measured.
    pub(crate) fn state(&self, glyphs: Glyphs) -> String {
        let tally = self.tally();
        let between = if tally.is_empty() { "" } else { "  " };
        let room = COLUMNS.saturating_sub(width(&tally) + between.len());
        match self.trend.drawn(glyphs, room) {
            Some(trend) => tally + between + &trend,
            None => tally,
        }
    }

    fn left(&self) -> Option<Duration> {
        let missing = self.total?.checked_sub(self.done).filter(|missing| *missing > 0)?;
        let each = self.at.checked_div(u32::try_from(self.fresh).ok()?)?;
        // Whole seconds: more would be a promise.
        Some(Duration::from_secs((each.as_secs_f64() * missing as f64).round() as u64))
    }
}

/// How much is told in lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Telling {
    /// Beginning, progress, problems, end.
    All,
    /// Only problems: the rest is in a bar.
    Problems,
}

/// The fold.
#[derive(Debug)]
pub(crate) struct Progress {
    /// The length of a line that tells of what others say, which may be long.
    columns: usize,
    tally: Tally,
    figures: Figures,
    told: u64,
}

impl Progress {
    /// Nothing yet, whose lines are to be no longer than this.
    pub(crate) fn new(columns: usize) -> Self {
        Progress {
            columns,
            tally: Tally::default(),
            figures: Figures::default(),
            told: 0,
        }
    }

    /// Forgets the run.
    pub(crate) fn forget(&mut self) {
        *self = Progress::new(self.columns);
    }

    /// Takes in an event and says what is to be told of it.
    pub(crate) fn observe(&mut self, entry: &Entry, telling: Telling) -> Vec<String> {
        self.tally.observe(entry);
        self.figures.at = entry.at;
        self.figures.trend.observe(&entry.event);
        match &entry.event {
            Event::Began { trials, settled, .. } => {
                self.figures.total = *trials;
                self.figures.done = *settled;
                self.figures.fresh = 0;
                self.told = self.step(*settled);
            }
            Event::StagePlanned { plan } => {
                let planned = plan.tasks.len() as u64;
                self.figures.total = self.figures.total.map(|total| total + planned);
                // Of more trials the ones that are done are a smaller part, and what was told of fewer would keep this silent.
                self.told = self.step(self.figures.done);
            }
            Event::TrialFinished { .. } => {
                self.figures.done += 1;
                self.figures.fresh += 1;
            }
            _ => {}
        }
        self.figures.counts = self.tally.counts();
        self.figures.retries = self.tally.retry_count();
        let lines = self.lines(&entry.event, telling);
        match &entry.host {
            Some(host) => lines
                .iter()
                .map(|line| fit(&first(&format!("{host}: {line}")), self.columns))
                .collect(),
            None => lines,
        }
    }

    pub(crate) fn figures(&self) -> Figures {
        self.figures
    }

    fn lines(&mut self, event: &Event, telling: Telling) -> Vec<String> {
        let mut lines = Vec::new();
        match event {
            Event::Began { trials, settled, .. } if telling == Telling::All => lines.push(beginning(*trials, *settled)),
            Event::TrialFinished { trial, verdict } => {
                if verdict.grade == Grade::Inconclusive {
                    let line = format!("inconclusive: {trial}: {}", first(&verdict.reason));
                    lines.push(fit(&first(&line), self.columns));
                }
                let step = self.step(self.figures.done);
                if telling == Telling::All && step > self.told {
                    self.told = step;
                    lines.push(format!("{}: {}", self.figures.course(), self.figures.tally()));
                }
            }
            Event::Loading { model, elapsed } => {
                lines.push(fit(
                    &first(&format!("loading {model}: {}", span(*elapsed))),
                    self.columns,
                ));
            }
            Event::Loaded { model, took, .. } if *took >= WORTH_A_WORD => {
                lines.push(fit(
                    &first(&format!("{model} is loaded after {}", span(*took))),
                    self.columns,
                ));
            }
            Event::OutageBegan { reason } => {
                lines.push(fit(&first(&format!("the server is away: {reason}")), self.columns));
                lines.push("questions wait until it gives a token again; that costs no attempt".to_owned());
            }
            Event::OutageEnded { after } => lines.push(format!("the server works again after {}", span(*after))),
            Event::Ended { end } if telling == Telling::All => {
                let took = span(self.figures.at);
                lines.push(match end {
                    End::Failed(why) => format!("failed after {took}: {}", first(why)),
                    end => format!("{} after {took}", ending(Some(end))),
                });
            }
            _ => {}
        }
        lines
    }

    /// How many times progress is to be told until that many trials are done.
    fn step(&self, done: u64) -> u64 {
        match self.figures.total {
            Some(total) => done / total.div_ceil(TELLINGS).max(1),
            None => done / TELL_EVERY,
        }
    }
}

fn beginning(trials: Option<u64>, settled: u64) -> String {
    match (trials, settled) {
        (None, _) => "begins".to_owned(),
        (Some(trials), 0) => format!("begins: {}", counted(trials, "trial")),
        (Some(trials), settled) => {
            format!(
                "goes on: {}, {} of them done before",
                counted(trials, "trial"),
                grouped(settled)
            )
        }
    }
}

/// How a run ended, in words.
pub(crate) fn ending(end: Option<&End>) -> String {
    match end {
        Some(End::Finished) => "finished".to_owned(),
        Some(End::Drained) => "stopped as asked, with what was under way brought to its end".to_owned(),
        Some(End::Stopped) => "stopped at once, as asked".to_owned(),
        Some(End::Failed(why)) => format!("failed: {}", first(why)),
        None => "not ended: interrupted, or still going on".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Tape, TrialTape};
    use koderz_api::suite::{Pacing, Stage, Task};
    use koderz_api::summary::Plan;

    fn told(tape: &Tape, telling: Telling) -> Vec<String> {
        let mut progress = Progress::new(COLUMNS);
        let entries = tape.entries().iter();
        entries.flat_map(|entry| progress.observe(entry, telling)).collect()
    }

    fn passes(tape: Tape, tasks: std::ops::RangeInclusive<u32>) -> Tape {
        tasks.fold(tape, |tape, task| {
            tape.trial(&format!("t/{task}"), 0, |trial| trial.verdict(Grade::Pass, ""))
        })
    }

    fn inconclusive(trial: TrialTape) -> TrialTape {
        trial.verdict(Grade::Inconclusive, "max retries exceeded: HTTP 503\nmore of it")
    }

    #[test]
    fn a_long_run_is_told_in_about_ten_lines() {
        let tape = passes(Tape::new().began(164, 0), 1..=164).ended(End::Finished);
        let lines = told(&tape, Telling::All);
        assert_eq!(lines[0], "begins: 164 trials");
        assert_eq!(
            lines[1],
            "17/164  34.0 s  30.0/min  4 min 54 s left: 17 pass, 0 fail, 0 inconclusive"
        );
        assert_eq!(lines.last().map(String::as_str), Some("finished after 5 min 29 s"));
        assert_eq!(lines.len(), 2 + 9);
    }

    #[test]
    fn a_problem_is_told_at_once_with_or_without_a_bar() {
        let tape = Tape::new().began(100, 0).trial("t/1", 0, inconclusive);
        let problem = "inconclusive: t/1: max retries exceeded: HTTP 503";
        assert_eq!(told(&tape, Telling::All), ["begins: 100 trials", problem]);
        assert_eq!(told(&tape, Telling::Problems), [problem]);
    }

    #[test]
    fn a_long_line_is_cut_for_a_screen_and_whole_in_a_file() {
        let long = "why ".repeat(60).trim_end().to_owned();
        let tape = Tape::new().began(100, 0);
        let tape = tape.trial("t/1", 0, |trial| trial.verdict(Grade::Inconclusive, &long));
        let of = |columns| {
            let mut progress = Progress::new(columns);
            let entries = tape.entries().iter();
            let lines = entries.flat_map(|entry| progress.observe(entry, Telling::Problems));
            lines.collect::<Vec<_>>()
        };
        assert_eq!(of(usize::MAX), [format!("inconclusive: t/1: {long}")]);
        assert!(of(COLUMNS)[0].ends_with('…'), "{:?}", of(COLUMNS));
    }

    #[test]
    fn a_run_that_goes_on_starts_where_it_was_left_and_times_only_what_is_new() {
        let mut progress = Progress::new(COLUMNS);
        let before = passes(Tape::new().began(40, 0), 1..=20);
        let tape = passes(before.began(40, 20), 21..=25);
        for entry in tape.entries() {
            progress.observe(entry, Telling::Problems);
        }
        let figures = progress.figures();
        assert_eq!(figures.course(), "25/40  10.0 s  30.0/min  30.0 s left");
        assert_eq!(figures.tally(), "25 pass, 0 fail, 0 inconclusive");
    }

    #[test]
    fn a_run_that_grows_by_a_large_stage_goes_on_telling_how_far_it_is() {
        let tape = passes(Tape::new().began(10, 0), 1..=10);
        let tasks = (11..=110).map(|number| Task {
            id: format!("t/{number}"),
            stage: "rate".to_owned(),
            input: String::new(),
            labels: Vec::new(),
        });
        let plan = Plan {
            stage: Stage {
                name: "rate".to_owned(),
                pacing: Pacing::Shared,
                warm_up: false,
            },
            tasks: tasks.collect(),
        };
        let tape = passes(tape.push(Event::StagePlanned { plan }), 11..=30);
        let lines = told(&tape, Telling::All);
        assert!(lines.iter().any(|line| line.starts_with("22/110 ")), "{lines:?}");
    }

    #[test]
    fn the_first_line_of_a_run_that_goes_on_says_what_is_done() {
        let lines = told(&Tape::new().began(164, 20), Telling::All);
        assert_eq!(lines, ["goes on: 164 trials, 20 of them done before"]);
    }

    #[test]
    fn time_left_grows_while_nothing_happens() {
        let mut progress = Progress::new(COLUMNS);
        for entry in passes(Tape::new().began(4, 0), 1..=2).entries() {
            progress.observe(entry, Telling::Problems);
        }
        assert_eq!(progress.figures().course(), "2/4  4.0 s  30.0/min  4.0 s left");
        let later = progress.figures().later(Duration::from_secs(6));
        assert_eq!(later.course(), "2/4  10.0 s  12.0/min  10.0 s left");
    }

    #[test]
    fn without_a_total_trials_are_counted() {
        let mut progress = Progress::new(COLUMNS);
        let began = Event::Began {
            trials: None,
            settled: 0,
            changes: Vec::new(),
        };
        for entry in passes(Tape::new().push(began), 1..=1).entries() {
            progress.observe(entry, Telling::Problems);
        }
        assert_eq!(progress.figures().course(), "1 trial  2.0 s  30.0/min");
    }

    #[test]
    fn a_reason_cannot_move_the_cursor() {
        let forge = |trial: TrialTape| trial.verdict(Grade::Inconclusive, "\u{1b}[2Jall is well");
        let lines = told(&Tape::new().began(9, 0).trial("t/1", 0, forge), Telling::Problems);
        assert_eq!(lines, ["inconclusive: t/1:  [2Jall is well"]);
    }
}
