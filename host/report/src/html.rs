//! A run as one page to look into: every sample with its question, answer, program, verdict and failed attempts.
//!
//! The page is one file that loads nothing, works without its script, and shows texts of models and servers as text:
//! the template escapes whatever it is given.

mod chart;
mod page;
mod plot;
mod policy;
mod problem;
mod room;
mod sample;
mod timed;

pub use page::{Link, html, html_with};
pub(crate) use policy::STYLE;
pub use policy::content_security_policy;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Tape, failure, manifest, reply, timed_reply};
    use crate::report::{Paths, Report};
    use crate::story::Story;
    use koderz_api::chat::AskErrorKind;
    use koderz_api::execution::Exit;
    use koderz_api::retry::Decision;
    use koderz_api::suite::{Completion, Grade, Pacing};
    use koderz_api::transport::FailureKind;
    use koderz_core::event::End;
    use koderz_core::summary::{FAILURE, TRUNCATED};

    fn page(story: &Story, paths: Paths) -> String {
        html(&Report {
            story,
            end: story.end(),
            paths: &paths,
        })
        .expect("the template takes any run")
    }

    /// A run in which every text that others have a say in is this one.
    fn told_by(text: &str) -> String {
        let mut manifest = manifest();
        manifest.models.insert("subject".to_owned(), text.to_owned());
        manifest.server.version = Some(text.to_owned());
        manifest.command_line.push(text.to_owned());
        let thoughtful = || {
            let mut reply = reply(text);
            reply.thinking = Some(text.to_owned());
            Completion::Asked(Ok(reply))
        };
        let broken = || failure(FailureKind::Crashed, Some(500), text);
        let timed = |tape: Tape| {
            (0..4).fold(tape, |tape, number| {
                tape.trial_in(text, &format!("s{number} {text}"), 0, |trial| {
                    let reply = timed_reply(100 * (number + 1), 1, false);
                    trial
                        .questioned(text)
                        .completed(Completion::Asked(Ok(reply)))
                        .verdict(Grade::Ungraded, text)
                })
            })
        };
        let story = timed(Tape::new().began(3, 0).timed(text, Pacing::Exclusive))
            .trial(&format!("t/1 {text}"), 0, |trial| {
                trial
                    .failed_with(1, broken(), Decision::GiveUp(text.to_owned()))
                    .questioned(text)
                    .completed(thoughtful())
                    .ran(text, Exit::Failed(text.to_owned()))
                    .labelled(Grade::Fail, text, &[("failure", text), (text, text)])
            })
            .trial("t/2", 0, |trial| {
                trial
                    .unanswered(AskErrorKind::RetriesExhausted, text)
                    .verdict(Grade::Inconclusive, text)
            })
            .ended(End::Failed(text.to_owned()))
            .story_of(manifest);
        let record = text.into();
        page(&story, Paths { record, report: None })
    }

    /// Everything in a page that a browser would take for markup.
    fn tags(page: &str) -> Vec<&str> {
        let ends = |tag: &str| tag.find('>').unwrap_or(tag.len());
        page.split('<').skip(1).map(|tag| &tag[..ends(tag)]).collect()
    }

    #[test]
    fn no_text_of_others_becomes_markup() {
        let harmless = told_by("text");
        for hostile in [
            "</script><script>alert(1)</script>",
            "</pre></details></style><img src=x onerror=alert(1)>",
            "\" onmouseover=\"alert(1)\" x=\"",
            "' onfocus='alert(1)' autofocus='",
            "{{ suite }}{% include \"report.js\" %}<!-- &lt;b&gt; ]]>",
        ] {
            let page = told_by(hostile);
            assert_eq!(tags(&page), tags(&harmless), "{hostile}");
            assert!(
                page.contains(
                    &askama::filters::e(hostile, askama::filters::Html)
                        .expect("text")
                        .to_string()
                )
            );
        }
    }

    #[test]
    fn a_page_loads_nothing() {
        let page = told_by("text");
        for outside in [
            "http:", "https:", "//cdn", "url(", "@import", "<link", "<img", "<iframe", " src=",
        ] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert!(content_security_policy().starts_with("default-src 'none';"));
    }

    #[test]
    fn a_page_shows_every_sample_to_those_without_scripts() {
        let page = told_by("text");
        assert_eq!(page.matches("<details class=\"sample\"").count(), 6);
        assert!(!page.contains("<details class=\"sample\" hidden"));
        assert!(
            page.contains("<form id=\"filter\" hidden"),
            "the filter appears with the script that makes it work"
        );
    }

    #[test]
    fn a_sample_opens_to_all_that_is_known_of_it() {
        let story = Tape::new()
            .began(1, 0)
            .trial("t/1", 0, |trial| {
                trial
                    .failed_attempt(1)
                    .asked("the answer")
                    .ran("the program", Exit::Crashed("ZeroDivisionError".to_owned()))
                    .labelled(Grade::Fail, "the reason", &[("failure", "exception")])
            })
            .ended(End::Finished)
            .story();
        let page = page(&story, Paths::default());
        for part in [
            "What is 1 + 2?",
            "the answer",
            "ended by itself, 20 tokens written, 30 read, 1.5 s, first token after 250 ms, 20.0 tokens/s",
            "the program",
            "assert add(1, 2) == 3",
            "crashed: ZeroDivisionError; 12 ms on the processor, 5.0 MiB of memory",
            "the reason",
            "failure: exception",
            "<td>server overloaded</td>",
            "again after 2.0 s</td>",
            "<title>attempt 1: server overloaded, 1.5 s</title>",
            "<title>pause, 2.0 s</title>",
            "(1 failed attempt)",
        ] {
            assert!(page.contains(part), "{part}");
        }
    }

    #[test]
    fn a_cut_answer_is_neither_a_failure_like_others_nor_inconclusive() {
        let cut = [(FAILURE, TRUNCATED)];
        let story = Tape::new()
            .began(2, 0)
            .trial("t/1", 0, |trial| trial.asked("x").labelled(Grade::Fail, "cut", &cut))
            .trial("t/2", 0, |trial| trial.asked("x").verdict(Grade::Fail, "wrong"))
            .story();
        let page = page(&story, Paths::default());
        for class in ["fail", "truncated"] {
            let tile = format!("<li class=\"tile {class}\"><span class=\"count\">1</span>");
            assert!(page.contains(&tile), "{class}");
            assert_eq!(page.matches(&format!("data-grade=\"{class}\"")).count(), 1, "{class}");
        }
    }

    #[test]
    fn several_samples_of_a_task_stand_under_it() {
        let sampled = |tape: Tape, sample| {
            let mut grades = [Grade::Pass, Grade::Fail].into_iter().cycle().skip(sample as usize);
            tape.sampled("t/1", sample, |trial| {
                trial.asked("x").verdict(grades.next().expect("one"), "")
            })
        };
        let story = (0..4).fold(Tape::new().began(4, 0), sampled).story();
        let page = page(&story, Paths::default());
        assert_eq!(page.matches("<details class=\"problem\"").count(), 1);
        assert_eq!(page.matches("<details class=\"sample\"").count(), 4);
        assert!(page.contains("2 of 4 pass"));
        assert_eq!(
            page.matches("What is 1 + 2?").count(),
            1,
            "what all were asked is shown once"
        );
    }

    #[test]
    fn only_the_script_and_the_style_of_the_page_itself_are_let_through() {
        let page = told_by("text");
        let policy = content_security_policy();
        assert!(!policy.contains("unsafe"), "{policy}");
        let escaped = askama::filters::e(&policy, askama::filters::Html).expect("text");
        assert!(page.contains(&escaped.to_string()), "{policy}");
        assert_eq!(page.matches("<script").count(), 1);
        assert!(!page.contains(" style=\""), "which no digest would allow");
    }

    /// 164 samples, each with a long thought of such lines.
    fn long_thoughts(line: &str) -> String {
        let long = line.repeat(200_000 / line.len());
        let story = (1..=164).fold(Tape::new().began(164, 0), |tape, task| {
            tape.trial(&format!("t/{task}"), 0, |trial| {
                let mut reply = reply("a short answer");
                reply.thinking = Some(long.clone());
                trial
                    .completed(Completion::Asked(Ok(reply)))
                    .ran("a short program", Exit::Passed)
                    .verdict(Grade::Pass, "")
            })
        });
        page(&story.story(), Paths::default())
    }

    #[test]
    fn a_run_of_164_samples_keeps_under_3_megabytes_whatever_is_thought() {
        for line in ["if a < b && c > 0: return \"x\"\n", "<<<<<<<<", "\u{1b}\u{1b}", "數"] {
            let page = long_thoughts(line);
            assert!(page.len() < 3_000_000, "{line:?}: {}", page.len());
            assert!(page.len() > 1_500_000, "{line:?}: {}", page.len());
            assert!(page.contains("[cut here; "));
        }
    }
}
