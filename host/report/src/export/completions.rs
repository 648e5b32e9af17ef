//! Answers as the tools of others read and write them: JSON Lines of `task_id` and `completion`.
//!
//! What an answer means is the suite's to know, so a completion is the program that the suite made of it: whoever puts
//! that after the prompt, as those tools do, has a program that defines anew what the prompt began, and that comes to what
//! it came to here. It is there once more as `solution`, which EvalPlus reads in preference to the completion. Where the
//! suite found no program the completion is the answer as it came.

use crate::escape::escaped;
use crate::report::Report;
use crate::tale::Tale;
use koderz_api::suite::{Grade, Verdict};
use koderz_core::summary::{Sample, SampleId};
use serde::Serialize;

#[derive(Serialize)]
struct Completion<'a> {
    task_id: &'a str,
    completion: Option<String>,
    /// The answer as it came, where the completion is another text.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    /// Left out where there is none, which EvalPlus tells from null.
    #[serde(skip_serializing_if = "Option::is_none")]
    solution: Option<String>,
}

#[derive(Serialize)]
struct Judged<'a> {
    #[serde(flatten)]
    completion: Completion<'a>,
    result: String,
    /// Neither where the answer was not judged.
    passed: Option<bool>,
}

/// Every answer.
pub(super) fn completions(report: &Report<'_>) -> String {
    let completions = samples(report).map(|(id, _, tale)| Completion::of(id, tale));
    let answered = completions.filter(|completion| completion.completion.is_some());
    answered.map(|completion| escaped(&completion) + "\n").collect()
}

/// Every sample, with what came of it.
pub(super) fn results(report: &Report<'_>) -> String {
    let judged = samples(report).map(|(id, sample, tale)| Judged {
        completion: Completion::of(id, tale),
        result: result(sample.verdict.as_deref()),
        passed: passed(sample.verdict.as_deref()),
    });
    judged.map(|judged| escaped(&judged) + "\n").collect()
}

fn samples<'a>(report: &Report<'a>) -> impl Iterator<Item = (&'a SampleId, &'a Sample, Option<&'a Tale>)> {
    let story = report.story;
    let samples = story.summary().samples.iter();
    samples.map(move |(id, sample)| (id, sample, story.tale(id)))
}

impl<'a> Completion<'a> {
    fn of(id: &'a SampleId, tale: Option<&Tale>) -> Self {
        let answer = tale.and_then(|tale| tale.answer.as_ref()?.as_ref().ok());
        let program = tale.and_then(|tale| tale.program.as_ref());
        let answer = answer.map(|answer| answer.text.shown(usize::MAX));
        // A program without an answer is one that was run for something else.
        let solution = program.map(|program| program.subject.shown(usize::MAX));
        let completion = answer.as_ref().and(solution.as_ref()).or(answer.as_ref()).cloned();
        Completion {
            task_id: &id.task,
            answer: answer.filter(|answer| completion.as_ref() != Some(answer)),
            completion,
            solution,
        }
    }
}

/// Whether a sample passed, as the tools of others say it; none where it was not judged.
pub fn passed(verdict: Option<&Verdict>) -> Option<bool> {
    match verdict?.grade {
        Grade::Pass => Some(true),
        Grade::Fail => Some(false),
        Grade::Partial(_) | Grade::Ungraded | Grade::Inconclusive => None,
    }
}

/// What came of a sample: `passed` and `failed: why`, as the tools of others say it, and words of the same kind for what
/// they do not know.
pub fn result(verdict: Option<&Verdict>) -> String {
    let Some(verdict) = verdict else {
        return "open".to_owned();
    };
    match verdict.grade {
        Grade::Pass => "passed".to_owned(),
        Grade::Fail => format!("failed: {}", verdict.reason),
        Grade::Partial(credit) => format!("partial {credit}: {}", verdict.reason),
        Grade::Ungraded => "ungraded".to_owned(),
        Grade::Inconclusive => format!("inconclusive: {}", verdict.reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::excerpt::KEPT;
    use crate::fixture::{Tape, manifest};
    use crate::report::Paths;
    use crate::story::Story;
    use koderz_api::execution::Exit;
    use koderz_core::event::End;

    fn tape() -> Tape {
        Tape::new()
            .began(3, 0)
            .trial("t/1", 0, |trial| {
                trial
                    .asked("```\nx = 1\n```")
                    .ran("x = 1\n", Exit::Passed)
                    .verdict(Grade::Pass, "")
            })
            .trial("t/2", 0, |trial| {
                trial.asked("no").verdict(Grade::Fail, "there is no code")
            })
            .trial("t/3", 0, |trial| trial.verdict(Grade::Inconclusive, "server busy"))
            .trial("t/4", 0, |trial| trial)
            .ended(End::Stopped)
    }

    fn of(story: &Story) -> [String; 2] {
        let report = Report {
            story,
            end: story.end(),
            paths: &Paths::default(),
        };
        [completions(&report), results(&report)]
    }

    #[test]
    fn an_answer_stands_beside_the_program_that_was_made_of_it() {
        let [completions, _] = of(&tape().story());
        insta::assert_snapshot!(completions, @r#"
        {"task_id":"t/1","completion":"x = 1\n","answer":"```\nx = 1\n```","solution":"x = 1\n"}
        {"task_id":"t/2","completion":"no"}
        "#);
    }

    #[test]
    fn a_result_says_of_every_sample_whether_it_passed_and_why_that_is_not_known() {
        let [_, results] = of(&tape().story());
        insta::assert_snapshot!(results, @r#"
        {"task_id":"t/1","completion":"x = 1\n","answer":"```\nx = 1\n```","solution":"x = 1\n","result":"passed","passed":true}
        {"task_id":"t/2","completion":"no","result":"failed: there is no code","passed":false}
        {"task_id":"t/3","completion":null,"result":"inconclusive: server busy","passed":null}
        {"task_id":"t/4","completion":null,"result":"open","passed":null}
        "#);
    }

    #[test]
    fn a_long_answer_is_whole() {
        let long = "x".repeat(2 * KEPT);
        let mut story = Story::unabridged(manifest());
        let tape = Tape::new().began(1, 0).trial("t/1", 0, |trial| trial.asked(&long));
        for entry in tape.entries() {
            story.observe(entry);
        }
        let [completions, _] = of(&story);
        let completion: serde_json::Value = serde_json::from_str(&completions).expect("JSON");
        assert_eq!(completion["completion"], long);
    }
}
