//! A run of a single task on a terminal: what was answered, and what that is worth.

use crate::line::harmless;
use crate::report::{Report, facts, words_of_grade};
use crate::tale::Tale;
use crate::text::{name, places};
use koderz_api::suite::Verdict;
use koderz_core::summary::SampleId;
use koderz_core::words;

/// The answer and the verdict of each sample in full, for standard output. Meant for runs of one task: lines are as
/// long as the model wrote them.
pub fn one(report: &Report<'_>) -> String {
    let mut paragraphs: Vec<String> = report
        .story
        .summary()
        .samples
        .iter()
        .map(|(id, sample)| told(id, sample.verdict.as_deref(), report.story.tale(id)))
        .collect();
    if paragraphs.is_empty() {
        paragraphs.push("no trial has begun".to_owned());
    }
    paragraphs.push(places(report).join("\n"));
    paragraphs.join("\n\n") + "\n"
}

fn told(id: &SampleId, verdict: Option<&Verdict>, tale: Option<&Tale>) -> String {
    let mut paragraphs = Vec::new();
    let mut heading = name(id);
    match tale.and_then(|tale| tale.answer.as_ref()) {
        Some(Ok(answer)) => {
            heading = format!("{heading}: {}", facts(answer));
            paragraphs.push(block(&answer.text.shown(usize::MAX)));
        }
        Some(Err(error)) => paragraphs.push(format!(
            "no answer, {}: {}",
            words::ask_error(error.kind),
            block(&error.message.shown(usize::MAX))
        )),
        None => paragraphs.push("no answer yet".to_owned()),
    }
    paragraphs.insert(0, heading);
    paragraphs.push(match verdict {
        None => "open: there is no verdict yet".to_owned(),
        Some(verdict) if verdict.reason.trim().is_empty() => words_of_grade(verdict),
        Some(verdict) => format!("{}: {}", words_of_grade(verdict), block(&verdict.reason)),
    });
    paragraphs.join("\n\n")
}

/// A text of several lines, with nothing in it that a terminal would act on.
pub(crate) fn block(text: &str) -> String {
    let lines = text.trim_end().split('\n').map(|line| {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let cells: Vec<String> = line.split('\t').map(harmless).collect();
        cells.join("\t")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Tape, TrialTape};
    use crate::report::Paths;
    use koderz_api::chat::AskErrorKind;
    use koderz_api::suite::Grade;
    use koderz_core::event::End;

    fn of(told: impl FnOnce(TrialTape) -> TrialTape) -> String {
        let story = Tape::new()
            .began(1, 0)
            .trial("t/1", 0, told)
            .ended(End::Finished)
            .story();
        one(&Report {
            story: &story,
            end: story.end(),
            paths: &Paths {
                record: "/data/runs.db".into(),
                report: None,
            },
        })
    }

    #[test]
    fn an_answer_is_shown_whole_with_its_verdict() {
        let text = of(|trial| {
            trial
                .asked("def add(a, b):\n\treturn a - b\n")
                .verdict(Grade::Fail, "AssertionError\nadd(1, 2) == 3")
        });
        insta::assert_snapshot!(text, @"
        t/1: ended by itself, 20 tokens written, 30 read, 1.5 s, first token after 250 ms, 20.0 tokens/s

        def add(a, b):
        	return a - b

        fail: AssertionError
        add(1, 2) == 3

        run      20261124-143412-7f3a
        record   /data/runs.db
        ");
    }

    #[test]
    fn a_question_without_an_answer_says_why() {
        let text = of(|trial| {
            trial
                .unanswered(AskErrorKind::RetriesExhausted, "HTTP 503 server overloaded")
                .verdict(Grade::Inconclusive, "no answer")
        });
        assert!(text.contains("no answer, given up: HTTP 503 server overloaded\n\ninconclusive: no answer\n"));
        assert!(text.contains("hint: koderz resume"));
    }

    #[test]
    fn an_answer_cannot_move_the_cursor() {
        let text = of(|trial| trial.asked("x\u{1b}[2J\u{202e}y").verdict(Grade::Pass, ""));
        assert!(text.contains("x [2J y"), "{text:?}");
    }
}
