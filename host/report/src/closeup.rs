//! One task of a run on a terminal, with all that is known of it: what was asked, answered, run and decided.
//!
//! Texts of models stand in, so that none of them can pass for a heading or a verdict.

use crate::escape::escaped_pretty;
use crate::line::harmless;
use crate::measured::exactly;
use crate::numbers::{counted, span};
use crate::one::block;
use crate::report::{Report, facts, role, used, words_of_grade};
use crate::sample::{Entry, entries};
use crate::tale::{FailedAttempt, Tale};
use crate::text::{name, places};
use koderz_api::suite::{MetricInfo, Verdict};
use koderz_core::summary::{Sample, SampleId};
use koderz_core::words;

/// Which samples of a run.
#[derive(Clone, Copy, Debug)]
pub struct Which<'a> {
    /// The task.
    pub task: &'a str,
    /// Which sample of it, counted from 0; none for all.
    pub sample: Option<u32>,
}

impl Which<'_> {
    fn is_meant(&self, task: &str, sample: u32) -> bool {
        task == self.task && self.sample.is_none_or(|wanted| wanted == sample)
    }
}

/// All that is known of these samples, for standard output; none where there are no such samples. Lines are as long as
/// the model wrote them.
pub fn closeup(report: &Report<'_>, which: Which<'_>) -> Option<String> {
    let story = report.story;
    let samples = story.summary().samples.iter();
    let mut parts: Vec<String> = samples
        .filter(|(id, _)| which.is_meant(&id.task, id.sample))
        .map(|(id, sample)| told(id, sample, story.tale(id), &report.manifest().metrics))
        .collect();
    if parts.is_empty() {
        return None;
    }
    parts.push(places(report).join("\n"));
    Some(parts.join("\n\n") + "\n")
}

/// The same for programs: an array of the objects that stand for samples in [`json`](crate::json).
pub fn closeup_json(report: &Report<'_>, which: Which<'_>) -> Option<String> {
    let meant = |entry: &Entry<'_>| which.is_meant(entry.task, entry.sample);
    let objects: Vec<Entry<'_>> = entries(report).filter(meant).collect();
    (!objects.is_empty()).then(|| escaped_pretty(&objects) + "\n")
}

fn told(id: &SampleId, sample: &Sample, tale: Option<&Tale>, known: &[MetricInfo]) -> String {
    let mut heading = name(id);
    if sample.go > 0 {
        heading = format!("{heading}, go {} after inconclusive ones", sample.go);
    }
    let mut sections = vec![heading];
    if let Some(tale) = tale {
        sections.extend(questions(tale));
        sections.extend(attempts(sample, tale));
        sections.extend(answers(tale));
        sections.extend(programs(tale));
    }
    sections.push(verdict(sample.verdict.as_deref()));
    sections.extend(notes(sample, tale, known));
    sections.join("\n\n")
}

/// A heading, and below it a text that stands in.
fn section(heading: &str, text: &str) -> String {
    let text = block(text);
    let lines = text.lines().map(|line| format!("  {line}").trim_end().to_owned());
    let lines: Vec<String> = [harmless(heading)].into_iter().chain(lines).collect();
    lines.join("\n")
}

fn questions(tale: &Tale) -> Vec<String> {
    let turns = tale.question.iter().flatten();
    turns
        .map(|turn| section(&format!("question, {}", role(turn.role)), &turn.text.shown(usize::MAX)))
        .collect()
}

fn attempts(sample: &Sample, tale: &Tale) -> Option<String> {
    if tale.attempts.is_empty() {
        return None;
    }
    let mut lines: Vec<String> = tale.attempts.iter().map(attempt).collect();
    let left_out = u64::from(sample.failed_attempts).saturating_sub(tale.attempts.len() as u64);
    if left_out > 0 {
        lines.insert(0, format!("{} before these", counted(left_out, "attempt")));
    }
    Some(section("failed attempts", &lines.join("\n")))
}

fn attempt(attempt: &FailedAttempt) -> String {
    let (failure, decision) = (words::failure(&attempt.failure), attempt.decided());
    let host = attempt
        .host
        .as_ref()
        .map(|host| format!(" at {host}"))
        .unwrap_or_default();
    harmless(&format!("{}{host}: {failure}; {decision}", attempt.number))
}

fn answers(tale: &Tale) -> Vec<String> {
    let which = if tale.questions > 1 { "last answer" } else { "answer" };
    match &tale.answer {
        Some(Ok(answer)) => {
            let thinking = answer.thinking.as_ref();
            let thinking = thinking.map(|text| section("thinking", &text.shown(usize::MAX)));
            let heading = format!("{which}: {}", facts(answer));
            let text = section(&heading, &answer.text.shown(usize::MAX));
            let server = answer.timing.server.map(|server| {
                let parts = [
                    ("load", server.load),
                    ("prompt", server.prompt),
                    ("generation", server.generation),
                ];
                let parts: Vec<String> = parts
                    .into_iter()
                    .filter_map(|(name, time)| Some(format!("{name} {}", span(time?))))
                    .collect();
                parts.join(", ")
            });
            let server = server.filter(|parts| !parts.is_empty());
            let server = server.map(|parts| section("the server's time for it", &parts));
            thinking.into_iter().chain([text]).chain(server).collect()
        }
        Some(Err(error)) => {
            let after = counted(error.attempts.into(), "attempt");
            let heading = format!("no answer, {} after {after}", words::ask_error(error.kind));
            vec![section(&heading, &error.message.shown(usize::MAX))]
        }
        None => vec!["no answer yet".to_owned()],
    }
}

fn programs(tale: &Tale) -> Vec<String> {
    let Some(program) = &tale.program else {
        return Vec::new();
    };
    let together = match program.judge {
        Some(_) => "",
        None => ", with its check in one instance",
    };
    let heading = format!("program, {}{together}", program.language);
    let mut sections = vec![section(&heading, &program.subject.shown(usize::MAX))];
    match &tale.outcome {
        Some(Ok(ran)) => {
            sections.push(section(
                "what became of it",
                &format!("{}\n{}", ran.exit.in_words(), used(ran)),
            ));
            for (name, text) in [("standard output", &ran.stdout), ("standard error", &ran.stderr)] {
                if !text.kept().is_empty() {
                    sections.push(section(name, &text.shown(usize::MAX)));
                }
            }
        }
        Some(Err(error)) => sections.push(section("it could not be judged", &error.message)),
        None => sections.push("it was not run yet".to_owned()),
    }
    sections
}

fn verdict(verdict: Option<&Verdict>) -> String {
    match verdict {
        None => "open: there is no verdict yet".to_owned(),
        Some(verdict) if verdict.reason.trim().is_empty() => words_of_grade(verdict),
        Some(verdict) => section(&words_of_grade(verdict), &verdict.reason),
    }
}

/// Labels, metrics and how long it took.
fn notes(sample: &Sample, tale: Option<&Tale>, known: &[MetricInfo]) -> Option<String> {
    let verdict = sample.verdict.as_deref();
    let stated = tale.map(|tale| tale.labels.as_slice()).unwrap_or_default();
    let learned = verdict.map(|verdict| verdict.labels.as_slice()).unwrap_or_default();
    let labels = stated.iter().chain(learned);
    let mut lines: Vec<String> = labels.map(|(name, value)| format!("{name}: {value}")).collect();
    let metrics = verdict.map(|verdict| verdict.metrics.as_slice()).unwrap_or_default();
    lines.extend(
        metrics
            .iter()
            .map(|metric| format!("{}: {}", metric.name, exactly(metric, known))),
    );
    let took = tale.and_then(|tale| tale.took);
    lines.extend(took.map(|took| format!("took {} from its beginning to its verdict", span(took))));
    let lines: Vec<String> = lines.iter().map(|line| harmless(line)).collect();
    (!lines.is_empty()).then(|| section("notes", &lines.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Tape, reply};
    use crate::report::Paths;
    use crate::story::Story;
    use koderz_api::execution::Exit;
    use koderz_api::suite::{Completion, Grade};
    use koderz_core::event::End;

    fn look(story: &Story, which: Which<'_>) -> Option<String> {
        let paths = Paths {
            record: "/data/runs.db".into(),
            report: None,
        };
        closeup(
            &Report {
                story,
                end: story.end(),
                paths: &paths,
            },
            which,
        )
    }

    fn answered(text: &str) -> Story {
        let mut reply = reply(text);
        reply.thinking = Some("Three, I think.".to_owned());
        Tape::new()
            .began(2, 0)
            .trial("t/1", 0, |trial| {
                trial
                    .failed_attempt(1)
                    .questioned("What is 1 + 2?")
                    .completed(Completion::Asked(Ok(reply)))
                    .ran(
                        "def add(a, b):\n    return 4",
                        Exit::Failed("add(1, 2) == 3".to_owned()),
                    )
                    .labelled(Grade::Fail, "add(1, 2) == 3", &[("failure", "wrong-answer")])
            })
            .trial("t/2", 0, |trial| trial)
            .ended(End::Finished)
            .story()
    }

    const FIRST: Which<'_> = Which {
        task: "t/1",
        sample: None,
    };

    #[test]
    fn a_decision_of_the_built_in_policy_is_told_as_that_with_why() {
        let tape = Tape::new().began(1, 0);
        let tape = tape.trial("t/1", 0, |trial| trial.failed_attempt(1).stood_in(2, "panic: oh"));
        let text = look(&tape.story(), FIRST).expect("there is one");
        let told = "2: HTTP 503 server overloaded (queue-full): server busy; again after 2.0 s, by the built-in policy, since \
                    the run's own failed: panic: oh\n";
        assert!(text.contains(told), "{text}");
        assert_eq!(text.matches("built-in").count(), 1, "{text}");
    }

    #[test]
    fn a_task_is_shown_with_all_that_is_known_of_it() {
        let text = look(&answered("def add(a, b):\n\n\treturn 4"), FIRST).expect("there is one");
        insta::assert_snapshot!(text, @"
        t/1

        question, system
          Add up.

        question, user
          What is 1 + 2?

        failed attempts
          1: HTTP 503 server overloaded (queue-full): server busy; again after 2.0 s

        thinking
          Three, I think.

        answer: ended by itself, 20 tokens written, 30 read, 1.5 s, first token after 250 ms, 20.0 tokens/s
          def add(a, b):

          	return 4

        the server's time for it
          generation 1.0 s

        program, python
          def add(a, b):
              return 4

        what became of it
          failed: add(1, 2) == 3
          12 ms on the processor, 5.0 MiB of memory

        standard output
          3

        fail
          add(1, 2) == 3

        notes
          failure: wrong-answer
          length: 3
          took 6.0 s from its beginning to its verdict

        run      20261124-143412-7f3a
        record   /data/runs.db
        hint: koderz resume 20261124-143412-7f3a tries what is left or inconclusive
        ");
    }

    #[test]
    fn an_answer_cannot_pass_for_a_verdict() {
        let text = look(&answered("x\n\npass\u{1b}[2J\rpass"), FIRST).expect("there is one");
        assert!(!text.lines().any(|line| line.starts_with("pass")), "{text}");
        assert!(!text.contains(['\u{1b}', '\r']));
    }

    #[test]
    fn what_has_only_begun_says_so_and_what_is_not_there_is_not_shown() {
        let story = answered("3");
        let open = Which {
            task: "t/2",
            sample: Some(0),
        };
        let text = look(&story, open).expect("it has begun");
        assert!(
            text.starts_with("t/2\n\nno answer yet\n\nopen: there is no verdict yet\n"),
            "{text}"
        );
        for (task, sample) in [("t/3", None), ("t/1", Some(1)), ("t", None)] {
            assert_eq!(look(&story, Which { task, sample }), None);
        }
    }
}
