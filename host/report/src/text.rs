//! The end of a run on a terminal: what it comes to, what failed and why, and where to find the rest.

mod figures;
mod layout;
mod machine;
mod places;
mod trials;

use crate::line::{COLUMNS, fit, harmless};
use crate::numbers::{counted, grouped, span};
use crate::progress::ending;
use crate::report::{Report, asked};
use figures::{measurements, rates, reckonings};
use layout::lines_of;
use machine::{instrument, used};
use trials::{counts, failed, inconclusive, work};

pub(crate) use places::places;
pub use places::whereabouts;
pub(crate) use trials::name;

/// A run's summary for standard output: at most 80 columns, paths apart, and no colour.
pub fn text(report: &Report<'_>) -> String {
    findings(report) + "\n" + &whereabouts(&report.manifest().run, report.paths, report.unfinished())
}

/// The summary without where to find the rest.
pub fn findings(report: &Report<'_>) -> String {
    let sections = [
        header(report),
        rates(report),
        measurements(report),
        reckonings(report),
        instrument(report),
        used(report),
        counts(report),
        work(report),
    ];
    let sections: Vec<Vec<String>> = sections.into_iter().filter(|section| !section.is_empty()).collect();
    let mut lines = sections.join(&String::new());
    for section in [inconclusive(report), failed(report)] {
        if !section.is_empty() {
            lines.push(String::new());
            lines.extend(section);
        }
    }
    lines_of(lines.into_iter())
}

fn header(report: &Report<'_>) -> Vec<String> {
    let manifest = report.manifest();
    let suite = manifest.suite.in_words();
    let model = report.subject();
    let temperature = manifest.defaults.temperature;
    let took = span(report.story.summary().took);
    let changes = report.story.summary().changes.iter();
    let changed = changes.map(|change| format!("not all alike: {change}"));
    let asked = asked(manifest)
        .into_iter()
        .map(|(what, which)| format!("{what} {which}"));
    let first = [format!("{suite} with {model}")];
    let summary = report.story.summary();
    let told = manifest.retry.native || summary.retry_count() + summary.stood_in > 0;
    let policy = told.then(|| format!("retry policy {}", manifest.retry.in_words()));
    let stood_in = match summary.stood_in {
        0 => None,
        times => Some(format!(
            "it failed at {} of its decisions, and the built-in policy decided in its place",
            grouped(times)
        )),
    };
    let evaluators = manifest.evaluators.iter().filter(|evaluator| evaluator.native);
    let evaluators = evaluators.map(|evaluator| format!("evaluator {}", evaluator.in_words()));
    let rest = [
        format!(
            "{} of each task, temperature {temperature}, seed {}",
            counted(manifest.samples.get().into(), "sample"),
            manifest.seed
        ),
        format!("{}; {took} of work", ending(report.end)),
    ];
    first
        .into_iter()
        .chain(policy)
        .chain(stood_in)
        .chain(evaluators)
        .chain(asked)
        .chain(rest)
        .chain(changed)
        .map(|line| fit(&harmless(&line), COLUMNS))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Tape, TrialTape, failure, manifest};
    use crate::line::width;
    use crate::report::Paths;
    use crate::story::Story;
    use koderz_api::retry::Decision;
    use koderz_api::suite::Grade;
    use koderz_api::transport::FailureKind;
    use koderz_core::event::End;
    use std::num::NonZeroU32;
    use std::time::Duration;

    fn of(story: &Story, end: Option<&End>) -> String {
        let paths = Paths {
            record: "/data/runs.db".into(),
            report: Some("report.html".into()),
        };
        text(&Report {
            story,
            end,
            paths: &paths,
        })
    }

    fn failing(tape: Tape, tasks: std::ops::RangeInclusive<u32>) -> Tape {
        let fail = |tape: Tape, task| {
            tape.trial(&format!("t/{task}"), 0, |trial| {
                let reason = "assertion failed: add(1, 2) == 3\nTraceback follows";
                trial
                    .asked("no")
                    .labelled(Grade::Fail, reason, &[("failure", "assertion")])
            })
        };
        tasks.fold(tape, fail)
    }

    #[test]
    fn a_policy_that_failed_is_named_with_how_often_another_decided() {
        let story = |told: fn(TrialTape) -> TrialTape| Tape::new().began(1, 0).trial("t/1", 0, told).story();
        let failed = story(|trial| {
            trial
                .stood_in(1, "a trap")
                .stood_in(2, "a trap")
                .failed_attempt(3)
                .asked("3")
        });
        let text = of(&failed, None);
        let words = "it failed at 2 of its decisions, and the built-in policy decided in its place";
        assert!(
            text.contains(&format!("\nretry policy exponential 0.1.0\n{words}\n")),
            "{text}"
        );
        let sound = of(&story(|trial| trial.failed_attempt(1).asked("3")), None);
        assert!(sound.contains("retry policy") && !sound.contains("built-in"), "{sound}");
        assert!(!of(&story(|trial| trial.asked("3")), None).contains("retry policy"));
    }

    #[test]
    fn a_summary_says_the_rate_what_failed_and_where_to_look() {
        let timed_out = || failure(FailureKind::TimedOut, None, "silence for 300 s");
        let tape = Tape::new()
            .began(6, 0)
            .trial("t/1", 0, |trial| {
                trial.failed_attempt(1).asked("3").verdict(Grade::Pass, "")
            })
            .trial("t/2", 0, |trial| trial.asked("3").verdict(Grade::Pass, ""))
            .trial("t/3", 0, |trial| {
                trial
                    .failed_attempt(1)
                    .failed_with(2, timed_out(), Decision::WaitUntilReady)
                    .verdict(
                        Grade::Inconclusive,
                        "max retries exceeded: HTTP 503 server overloaded: server busy, please try again later",
                    )
            })
            .trial("t/4", 0, |trial| {
                trial.asked("…").labelled(
                    Grade::Fail,
                    "the answer was cut at 512 tokens",
                    &[("failure", "truncated")],
                )
            });
        let story = failing(tape, 5..=6).ended(End::Finished).story();
        insta::assert_snapshot!(of(&story, Some(&End::Finished)), @"
        sums 0.2.0 with tiny:1b
        retry policy exponential 0.1.0
        server 127.0.0.1:11434 (version 0.9.1)
        1 sample of each task, temperature 0, seed 42
        finished; 26.0 s of work

        pass@1        40.0 %   95 % interval 11.8 to 76.9 %

        pass               2
        fail               2
        truncated          1   cut by the output bound; wrong too
        inconclusive       1   the machinery failed; in no rate

        answers            5   100 tokens written by the model
        retries            3   server overloaded 2, timed out 1
        attempts        1.33   for each question; 8 in all, 3 failed
        waited         4.0 s   in pauses before another attempt, over all questions
        wasted         4.5 s   in attempts that failed

        inconclusive
          t/3  max retries exceeded: HTTP 503 server overloaded: server busy, please tr…

        failed: assertion 2, truncated 1
          t/4  truncated  the answer was cut at 512 tokens
          t/5  assertion  assertion failed: add(1, 2) == 3
          t/6  assertion  assertion failed: add(1, 2) == 3

        run      20261124-143412-7f3a
        record   /data/runs.db
        report   report.html
        hint: koderz resume 20261124-143412-7f3a tries what is left or inconclusive
        ");
    }

    #[test]
    fn a_run_without_a_conclusive_trial_has_no_rate() {
        let story = Tape::new()
            .began(9, 0)
            .trial("t/1", 0, |trial| {
                trial.verdict(Grade::Inconclusive, "server unreachable")
            })
            .trial("t/2", 0, |trial| trial)
            .story();
        insta::assert_snapshot!(of(&story, None), @"
        sums 0.2.0 with tiny:1b
        server 127.0.0.1:11434 (version 0.9.1)
        1 sample of each task, temperature 0, seed 42
        not ended: interrupted, or still going on; 3.0 s of work

        no pass rate: no trial came to a pass or a fail

        pass               0
        fail               0
        inconclusive       1   the machinery failed; in no rate
        open               1   begun; no verdict yet
        not begun          7

        answers            0
        retries            0

        inconclusive
          t/1  server unreachable

        run      20261124-143412-7f3a
        record   /data/runs.db
        report   report.html
        hint: koderz resume 20261124-143412-7f3a tries what is left or inconclusive
        ");
    }

    #[test]
    fn only_the_first_twenty_failures_are_listed() {
        let story = failing(Tape::new().began(148, 0), 1..=148).ended(End::Finished).story();
        let text = of(&story, Some(&End::Finished));
        assert!(text.contains("  … and 128 more; the report has them all\n"), "{text}");
        assert!(
            text.contains("  t/20  assertion  assertion failed: add(1, 2) == 3\n"),
            "{text}"
        );
        assert!(!text.contains("t/21"), "{text}");
    }

    #[test]
    fn a_finished_run_needs_no_hint() {
        let story = failing(Tape::new().began(1, 0), 1..=1).ended(End::Finished).story();
        assert!(!of(&story, Some(&End::Finished)).contains("hint"));
    }

    #[test]
    fn pass_at_k_is_given_for_the_samples_that_there_are() {
        let mut manifest = manifest();
        manifest.samples = NonZeroU32::new(5).expect("not nought");
        let mut story = Story::new(manifest);
        for sample in 0..5 {
            let mut tape = Tape::new()
                .trial("t/1", 0, |trial| trial.verdict(Grade::Pass, ""))
                .entries()
                .to_vec();
            for entry in &mut tape {
                if let koderz_core::event::Event::TrialBegan { trial, .. }
                | koderz_core::event::Event::TrialFinished { trial, .. } = &mut entry.event
                {
                    trial.sample = sample;
                }
                story.observe(entry);
            }
        }
        let text = of(&story, Some(&End::Finished));
        assert!(
            text.contains("pass@5       100.0 %   95 % interval 20.7 to 100.0 %"),
            "{text}"
        );
        assert!(!text.contains("pass@10"), "{text}");
    }

    #[test]
    fn no_text_of_others_widens_a_line_or_reaches_the_terminal_raw() {
        let long = "數".repeat(100) + "\u{1b}]0;title\u{7}";
        let mut manifest = manifest();
        manifest.models.insert("subject".to_owned(), long.clone());
        let story = Tape::new()
            .began(2, 0)
            .trial(&long, 0, |trial| {
                trial.labelled(Grade::Fail, &long, &[("failure", &long)])
            })
            .trial("t/2", 0, |trial| {
                let gone = failure(FailureKind::Crashed, None, &long);
                trial
                    .failed_with(1, gone, Decision::Retry(Duration::ZERO))
                    .verdict(Grade::Inconclusive, &long)
            })
            .story_of(manifest);
        let text = of(&story, Some(&End::Failed(long)));
        assert!(text.lines().all(|line| width(line) <= COLUMNS), "{text}");
        assert!(!text.contains(['\u{1b}', '\u{7}']), "{text:?}");
    }
}
