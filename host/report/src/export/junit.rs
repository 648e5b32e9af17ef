//! Samples as test cases, in the XML that came with JUnit and that build servers read.
//!
//! A wrong answer is a failure, and what was inconclusive an error: the machinery failed. What has no verdict yet was
//! skipped. XML 1.0 has no way to write most control characters, so they are left out.

use super::printable::printable;
use crate::report::{NO_KIND, Report, failure_kind, grade};
use crate::tale::Tale;
use koderz_api::suite::{Grade, Verdict};
use koderz_core::summary::SampleId;

/// The document.
pub(super) fn junit(report: &Report<'_>) -> String {
    let (manifest, counts, story) = (report.manifest(), report.counts(), report.story);
    let model = report.subject();
    let suite = &manifest.suite.identity;
    let samples = &story.summary().samples;
    let figures = [
        ("name", format!("{} with {model}", suite.name)),
        ("tests", samples.len().to_string()),
        ("failures", counts.fail.to_string()),
        ("errors", counts.inconclusive.to_string()),
        ("skipped", counts.open.to_string()),
        ("time", format!("{:.3}", story.summary().took.as_secs_f64())),
        // Without a zone, as the schema of most readers has it; UTC.
        ("timestamp", manifest.began.trim_end_matches('Z').to_owned()),
    ];
    let facts = [
        ("run", manifest.run.clone()),
        ("suite", format!("{} {}", suite.name, suite.version)),
        ("model", model.to_owned()),
        ("not-begun", report.not_begun().to_string()),
    ];
    let mut lines = vec![
        r#"<?xml version="1.0" encoding="UTF-8"?>"#.to_owned(),
        "<testsuites>".to_owned(),
        format!("  <testsuite{}>", attributes(&figures)),
        properties("    ", &facts),
    ];
    for (id, sample) in samples {
        lines.push(case(&suite.name, id, sample.verdict.as_deref(), story.tale(id)));
    }
    lines.extend(["  </testsuite>", "</testsuites>"].map(str::to_owned));
    lines.join("\n") + "\n"
}

fn case(suite: &str, id: &SampleId, verdict: Option<&Verdict>, tale: Option<&Tale>) -> String {
    let mut known = vec![("classname", suite.to_owned()), ("name", name(id))];
    let took = tale.and_then(|tale| tale.took);
    known.extend(took.map(|took| ("time", format!("{:.3}", took.as_secs_f64()))));
    let opening = format!("    <testcase{}", attributes(&known));
    match came_to(verdict) {
        Some(inside) => format!("{opening}>\n{inside}\n    </testcase>"),
        None => format!("{opening}/>"),
    }
}

fn name(id: &SampleId) -> String {
    match id.sample {
        0 => id.task.clone(),
        sample => format!("{} sample {sample}", id.task),
    }
}

/// What stands in a case that did not simply pass.
fn came_to(verdict: Option<&Verdict>) -> Option<String> {
    let Some(verdict) = verdict else {
        return Some(r#"      <skipped message="open: there is no verdict yet"/>"#.to_owned());
    };
    let reason = verdict.reason.as_str();
    match verdict.grade {
        Grade::Pass => None,
        Grade::Fail => Some(trouble("failure", failure_kind(verdict).unwrap_or(NO_KIND), reason)),
        Grade::Inconclusive => Some(trouble("error", grade(verdict.grade), reason)),
        Grade::Partial(credit) => Some(properties(
            "      ",
            &[
                ("grade", grade(verdict.grade).to_owned()),
                ("credit", credit.to_string()),
                ("reason", reason.to_owned()),
            ],
        )),
        Grade::Ungraded => {
            let metrics = verdict.metrics.iter();
            let metrics = metrics.map(|metric| (metric.name.as_str(), metric.value.to_string()));
            let known: Vec<(&str, String)> = [("grade", grade(verdict.grade).to_owned())]
                .into_iter()
                .chain(metrics)
                .collect();
            Some(properties("      ", &known))
        }
    }
}

/// The first line as the message, and all of it as the text.
fn trouble(element: &str, kind: &str, reason: &str) -> String {
    let first = reason.lines().map(str::trim).find(|line| !line.is_empty());
    let known = [
        ("type", kind.to_owned()),
        ("message", first.unwrap_or_default().to_owned()),
    ];
    format!("      <{element}{}>{}</{element}>", attributes(&known), escaped(reason))
}

fn properties(indent: &str, known: &[(&str, String)]) -> String {
    let properties = known.iter().map(|(name, value)| {
        let pair = [("name", (*name).to_owned()), ("value", value.clone())];
        format!("{indent}  <property{}/>\n", attributes(&pair))
    });
    let properties: String = properties.collect();
    format!("{indent}<properties>\n{properties}{indent}</properties>")
}

fn attributes(known: &[(&str, String)]) -> String {
    let attributes = known.iter().map(|(name, value)| {
        // A reader would take the end of a line in here for a blank.
        let value = escaped(value).replace('\n', "&#10;").replace('\t', "&#9;");
        format!(" {name}=\"{value}\"")
    });
    attributes.collect()
}

/// A text that is no markup, whatever is in it.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in printable(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            // Neither is a character of XML 1.0, section 2.2.
            '\u{fffe}' | '\u{ffff}' => {}
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Tape;
    use crate::report::Paths;
    use crate::story::Story;
    use koderz_core::event::End;

    fn of(story: &Story) -> String {
        junit(&Report {
            story,
            end: story.end(),
            paths: &Paths::default(),
        })
    }

    #[test]
    fn a_wrong_answer_is_a_failure_and_an_inconclusive_trial_an_error() {
        let story = Tape::new()
            .began(9, 0)
            .trial("t/1", 0, |trial| trial.asked("3").verdict(Grade::Pass, ""))
            .trial("t/2", 0, |trial| {
                let reason = "assert 1 == 2\nin line 3";
                trial
                    .asked("4")
                    .labelled(Grade::Fail, reason, &[("failure", "wrong-answer")])
            })
            .trial("t/3", 0, |trial| trial.verdict(Grade::Inconclusive, "server busy"))
            .trial("t/4", 0, |trial| {
                trial.asked("5").verdict(Grade::Partial(0.5), "half of it")
            })
            .trial("t/5", 0, |trial| trial.asked("6").verdict(Grade::Ungraded, ""))
            .trial("t/6", 0, |trial| trial)
            .ended(End::Stopped)
            .story();
        insta::assert_snapshot!(of(&story), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites>
          <testsuite name="sums with tiny:1b" tests="6" failures="1" errors="1" skipped="1" time="20.000" timestamp="2026-11-24T14:34:12">
            <properties>
              <property name="run" value="20261124-143412-7f3a"/>
              <property name="suite" value="sums 0.2.0"/>
              <property name="model" value="tiny:1b"/>
              <property name="not-begun" value="3"/>
            </properties>
            <testcase classname="sums" name="t/1" time="3.000"/>
            <testcase classname="sums" name="t/2" time="3.000">
              <failure type="wrong-answer" message="assert 1 == 2">assert 1 == 2
        in line 3</failure>
            </testcase>
            <testcase classname="sums" name="t/3" time="1.000">
              <error type="inconclusive" message="server busy">server busy</error>
            </testcase>
            <testcase classname="sums" name="t/4" time="3.000">
              <properties>
                <property name="grade" value="partial"/>
                <property name="credit" value="0.5"/>
                <property name="reason" value="half of it"/>
              </properties>
            </testcase>
            <testcase classname="sums" name="t/5" time="3.000">
              <properties>
                <property name="grade" value="ungraded"/>
                <property name="length" value="3"/>
              </properties>
            </testcase>
            <testcase classname="sums" name="t/6">
              <skipped message="open: there is no verdict yet"/>
            </testcase>
          </testsuite>
        </testsuites>
        "#);
    }

    #[test]
    fn no_text_of_others_becomes_markup() {
        let hostile = "]]></failure><error/>\u{0}\u{1b}\u{ffff}&amp;\" x='1'\n\ty";
        let story = Tape::new()
            .began(1, 0)
            .trial(hostile, 0, |trial| {
                trial.asked("3").labelled(Grade::Fail, hostile, &[("failure", hostile)])
            })
            .story();
        let document = of(&story);
        assert!(!document.contains(['\u{0}', '\u{1b}', '\u{ffff}']));
        assert_eq!(document.matches("</failure>").count(), 1, "{document}");
        assert!(!document.contains("<error"), "{document}");
        let name = "]]&gt;&lt;/failure&gt;&lt;error/&gt;&amp;amp;&quot; x=&apos;1&apos;&#10;&#9;y";
        assert!(document.contains(&format!("name=\"{name}\"")), "{document}");
    }
}
