//! What the answers cost beyond themselves, in the same words for a terminal and a page.

use crate::numbers::{grouped, span};
use crate::report::Report;

/// A figure, and what it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) note: String,
}

/// How often a question was asked, how long was waited and how much of it was for nothing, as far as there is anything to
/// tell.
pub(crate) fn cost(report: &Report<'_>) -> Vec<Figure> {
    let summary = report.story.summary();
    let cost = &summary.cost;
    let attempts = cost.attempts_per_question().map(|attempts| {
        let failed = match cost.failed {
            0 => "none".to_owned(),
            failed => grouped(failed),
        };
        let note = format!("for each question; {} in all, {failed} failed", grouped(cost.attempts));
        figure("attempts", format!("{attempts:.2}"), note)
    });
    let waited = (!cost.paused.is_zero()).then(|| {
        let note = "in pauses before another attempt, over all questions".to_owned();
        figure("waited", span(cost.paused), note)
    });
    let wasted = cost.wasted.map(|wasted| {
        let in_mid_answer = match cost.in_mid_answer {
            0 => String::new(),
            attempts => format!("; {} in mid-answer", grouped(attempts)),
        };
        figure(
            "wasted",
            span(wasted),
            format!("in attempts that failed{in_mid_answer}"),
        )
    });
    let outages = (summary.outages > 0).then(|| {
        let note = format!("{} in which nothing was asked", span(summary.away));
        figure("outages", grouped(summary.outages), note)
    });
    [attempts, waited, wasted, outages].into_iter().flatten().collect()
}

fn figure(name: &'static str, value: String, note: String) -> Figure {
    Figure { name, value, note }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Tape, TrialTape, failure};
    use crate::html::html;
    use crate::report::Paths;
    use crate::story::Story;
    use crate::text::text;
    use koderz_api::retry::Decision;
    use koderz_api::suite::Grade;
    use koderz_api::transport::{FailureKind, Phase};
    use koderz_core::event::{End, Event};
    use std::time::Duration;

    fn of<T>(story: &Story, told: impl Fn(&Report<'_>) -> T) -> T {
        told(&Report {
            story,
            end: story.end(),
            paths: &Paths::default(),
        })
    }

    /// The figures of a summary on a terminal.
    fn section(story: &Story) -> String {
        let text = of(story, text);
        let found = text.split("\n\n").find(|section| section.starts_with("answers"));
        found.expect("it is in every summary").to_owned()
    }

    /// A question that went wrong in seven ways before it was answered, and an outage before it.
    fn unlucky() -> Story {
        let kinds = [
            FailureKind::Unreachable,
            FailureKind::Overloaded,
            FailureKind::RateLimited,
            FailureKind::NotReady,
            FailureKind::Crashed,
            FailureKind::Interrupted,
            FailureKind::TimedOut,
        ];
        let again = |trial: TrialTape, (before, kind): (u32, FailureKind)| {
            let mut failed = failure(kind, None, "");
            if kind == FailureKind::Interrupted {
                failed.phase = Phase::Decode;
            }
            trial.failed_with(before + 1, failed, Decision::Retry(Duration::from_secs(60)))
        };
        Tape::new()
            .began(1, 0)
            .push(Event::OutageBegan {
                reason: "nothing listens there".to_owned(),
            })
            .push(Event::OutageEnded {
                after: Duration::from_secs(41),
            })
            .trial("t/1", 0, |trial| {
                let trial = (0..).zip(kinds).fold(trial, again);
                trial.asked("3").verdict(Grade::Pass, "")
            })
            .ended(End::Finished)
            .story()
    }

    #[test]
    fn what_went_wrong_is_told_in_full_however_many_ways_there_were() {
        insta::assert_snapshot!(section(&unlucky()), @"
        answers            1   20 tokens written by the model
        retries            7   server unreachable 1, server overloaded 1,
                               rate limited 1, model not ready 1, server error 1,
                               answer broke off 1, timed out 1
        attempts        8.00   for each question; 8 in all, 7 failed
        waited     7 min 0 s   in pauses before another attempt, over all questions
        wasted        10.5 s   in attempts that failed; 1 in mid-answer
        outages            1   41.0 s in which nothing was asked
        ");
    }

    #[test]
    fn a_run_in_which_nothing_failed_has_little_to_tell() {
        let story = Tape::new()
            .began(1, 0)
            .trial("t/1", 0, |trial| trial.asked("3").verdict(Grade::Pass, ""))
            .ended(End::Finished)
            .story();
        insta::assert_snapshot!(section(&story), @"
        answers            1   20 tokens written by the model
        retries            0
        attempts        1.00   for each question; 1 in all, none failed
        ");
    }

    #[test]
    fn the_page_tells_the_same() {
        let story = unlucky();
        let page = of(&story, html).expect("the template takes any run");
        for Figure { name, value, note } in of(&story, cost) {
            let row = format!("<th scope=\"row\">{name} <small>{note}</small></th><td>{value}</td>");
            assert!(page.contains(&row), "{row}");
        }
        assert!(page.contains(">1.5 s</td>"), "what each failed attempt took");
    }
}
