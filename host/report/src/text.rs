//! The end of a run on a terminal: what it comes to, what failed and why, and where to find the rest.

use crate::cost::{Figure, cost};
use crate::line::{cell, first, fit, harmless, width};
use crate::measured::measured;
use crate::numbers::{counted, grouped, hundredths, micros, percent, span};
use crate::progress::ending;
use crate::reckoned::reckoned;
use crate::report::{NO_KIND, Paths, Report, asked, failure_kind};
use koderz_api::suite::{Grade, Verdict};
use koderz_core::summary::{SampleId, TRUNCATED};

/// The width of a terminal that nobody has widened. Only paths may be longer.
const COLUMNS: usize = 80;

/// The column in which figures end.
const FIGURES: usize = 20;

/// The longest note that stands beside a figure of the suite's own.
const NOTES: usize = 36;

/// Failed samples that are listed; the page has all of them.
const LISTED: usize = 20;

/// Inconclusive samples that are listed. Each is to be looked into, but where so many are there is one reason.
const INCONCLUSIVE: usize = 100;

/// A run's summary for standard output: at most 80 columns, paths apart, and no colour.
pub fn text(report: &Report<'_>) -> String {
    findings(report) + "\n" + &whereabouts(&report.manifest().run, report.paths, report.unfinished())
}

/// Where to find the rest, which is the end of the summary, and how to go on with what is unfinished.
pub fn whereabouts(run: &str, paths: &Paths, unfinished: bool) -> String {
    lines_of(places_of(run, paths, unfinished).into_iter())
}

fn lines_of(lines: impl Iterator<Item = String>) -> String {
    lines.map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// The summary without where to find the rest.
pub fn findings(report: &Report<'_>) -> String {
    let sections = [
        header(report),
        rates(report),
        measurements(report),
        reckonings(report),
        instrument(report),
        energy(report),
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
    let policy = Some(&manifest.retry).filter(|policy| policy.native);
    let policy = policy.map(|policy| format!("retry policy {}", policy.in_words()));
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
        .chain(evaluators)
        .chain(asked)
        .chain(rest)
        .chain(changed)
        .map(|line| fit(&harmless(&line), COLUMNS))
        .collect()
}

fn rates(report: &Report<'_>) -> Vec<String> {
    let rates = report.rates();
    if rates.is_empty() && !measured(report).is_empty() {
        return Vec::new();
    }
    if rates.is_empty() {
        return vec!["no pass rate: no trial came to a pass or a fail".to_owned()];
    }
    let line = |(k, rate): &(u64, koderz_core::statistics::Rate)| {
        let interval = format!("{} to {}", hundredths(rate.low), percent(rate.high));
        figure(
            &format!("pass@{k}"),
            &percent(rate.value),
            &format!("95 % interval {interval}"),
        )
    };
    rates.iter().map(line).collect()
}

fn measurements(report: &Report<'_>) -> Vec<String> {
    let measured = measured(report);
    let rows = measured
        .iter()
        .map(|metric| (metric.info.name.clone(), metric.shown(metric.value()), metric.note()));
    table(&rows.collect::<Vec<_>>())
}

/// How far off the host's own times are, where it has found that out.
fn instrument(report: &Report<'_>) -> Vec<String> {
    let Some(instrument) = report.story.summary().instrument else {
        return Vec::new();
    };
    let lines = [
        (instrument.first_token, "first-token is off by here, 95 of 100 times"),
        (instrument.gap, "a gap between two pieces is off by"),
    ];
    let lines = lines.map(|(error, words)| ("instrument".to_owned(), format!("±{}", micros(error)), words.to_owned()));
    table(&lines)
}

/// What the stages that measure times have used. What cannot be read is not told as nothing.
fn energy(report: &Report<'_>) -> Vec<String> {
    let summary = report.story.summary();
    let Some(used) = &summary.energy else {
        return Vec::new();
    };
    let mut lines: Vec<(String, String, String)> = used
        .parts()
        .map(|(part, sum)| {
            let note = format!("{part}; {:.1} J of it idly", sum.idle_joules);
            ("energy".to_owned(), format!("{:.1} J", sum.joules), note)
        })
        .collect();
    if let Some(tokens) = used.tokens_per_joule() {
        let note = "above what is used idly".to_owned();
        lines.push(("energy".to_owned(), format!("{tokens:.1} tokens/J"), note));
    }
    if lines.is_empty() {
        lines.push((
            "energy".to_owned(),
            "unknown".to_owned(),
            "not readable here".to_owned(),
        ));
    }
    lines.extend(summary.resident.filter(|resident| resident.bytes > 0).map(|resident| {
        let gibibytes = |bytes: u64| format!("{:.2} GiB", bytes as f64 / f64::from(1 << 30));
        let note = format!("{} of it a graphics card's", gibibytes(resident.graphics_bytes));
        ("memory".to_owned(), gibibytes(resident.bytes), note)
    }));
    table(&lines)
}

/// A note that does not fit beside its figure stands below it.
fn reckonings(report: &Report<'_>) -> Vec<String> {
    let rows = reckoned(report);
    let (mut fitting, mut notes) = (Vec::new(), Vec::new());
    for (name, value, note) in rows {
        let note = harmless(&note);
        let below = width(&note) > NOTES;
        notes.push(below.then(|| fit(&format!("    {note}"), COLUMNS)));
        fitting.push((name, value, if below { String::new() } else { note }));
    }
    let lines = table(&fitting).into_iter().zip(notes);
    lines
        .flat_map(|(line, note)| std::iter::once(line).chain(note))
        .collect()
}

/// Rows of a name, a value and a note.
fn table(rows: &[(String, String, String)]) -> Vec<String> {
    let names = rows.iter().map(|(name, ..)| width(name)).max().unwrap_or(0);
    let values = rows.iter().map(|(_, value, _)| width(value)).max().unwrap_or(0);
    let line = |(name, value, note): &(String, String, String)| {
        let name = cell(&harmless(name), names);
        let room = " ".repeat(values - width(value));
        fit(&format!("{name}   {room}{value}   {}", harmless(note)), COLUMNS)
    };
    rows.iter().map(line).collect()
}

/// `name         value   note`.
fn figure(name: &str, value: &str, note: &str) -> String {
    let room = FIGURES.saturating_sub(width(value) + 1);
    fit(&format!("{} {value}   {note}", cell(name, room)), COLUMNS)
}

fn counts(report: &Report<'_>) -> Vec<String> {
    let counts = report.counts();
    let not_begun = report.not_begun();
    let left_out = "the machinery failed; in no rate".to_owned();
    let always = [
        ("pass", counts.pass, String::new()),
        ("fail", counts.wrong(), String::new()),
    ];
    let seldom = [
        (
            TRUNCATED,
            counts.truncated,
            "cut by the output bound; wrong too".to_owned(),
        ),
        ("partial", counts.partial, String::new()),
        ("ungraded", counts.ungraded, "measured only".to_owned()),
        ("inconclusive", counts.inconclusive, left_out),
        ("open", counts.open, "begun; no verdict yet".to_owned()),
        ("not begun", not_begun, String::new()),
    ];
    // Where everything was measured, nothing was to be passed.
    let graded = counts.ungraded == 0 || counts.pass + counts.fail > 0;
    always
        .into_iter()
        .filter(|_| graded)
        .chain(seldom.into_iter().filter(|(_, count, _)| *count > 0))
        .map(|(name, count, note)| figure(name, &grouped(count), &note))
        .collect()
}

fn work(report: &Report<'_>) -> Vec<String> {
    let summary = report.story.summary();
    let written = match summary.output_tokens {
        0 => String::new(),
        tokens => format!("{} written by the model", counted(tokens, "token")),
    };
    let mut lines = vec![figure("answers", &grouped(summary.answers), &written)];
    lines.extend(wrapped(
        &figure("retries", &grouped(summary.retry_count()), ""),
        FIGURES + 3,
        &report.retries(),
    ));
    for Figure { name, value, note } in cost(report) {
        lines.push(figure(name, &value, &note));
    }
    if let Some(limit) = summary.limit {
        lines.push(figure(
            "at once",
            &grouped(limit.into()),
            "as found: so many the server works on",
        ));
    }
    lines
}

/// Counts after a beginning, on as many lines as they need, each as far in as is said.
fn wrapped(word: &str, indent: usize, counts: &[(String, u64)]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = word.to_owned();
    for (index, count) in counts.iter().enumerate() {
        let comma = if index + 1 < counts.len() { "," } else { "" };
        let part = format!("{}{comma}", list(std::slice::from_ref(count)));
        if width(&line) + width(&part) > COLUMNS && line.trim() != word.trim() {
            lines.push(fit(line.trim_end(), COLUMNS));
            line = " ".repeat(indent);
        }
        line = format!("{line}{part} ");
    }
    lines.push(fit(line.trim_end(), COLUMNS));
    lines
}

fn list(counts: &[(String, u64)]) -> String {
    let parts: Vec<String> = counts
        .iter()
        .map(|(name, count)| format!("{} {}", harmless(name), grouped(*count)))
        .collect();
    parts.join(", ")
}

pub(crate) fn name(id: &SampleId) -> String {
    match id.sample {
        0 => harmless(&id.task),
        sample => harmless(&format!("{} sample {sample}", id.task)),
    }
}

/// `  task   kind   reason`, with the columns as wide as their texts need, within reason.
fn rows(verdicts: &[(&SampleId, &Verdict)], kind: impl Fn(&Verdict) -> String) -> Vec<String> {
    let widest =
        |texts: &mut dyn Iterator<Item = String>, most| texts.map(|text| width(&text)).max().unwrap_or(0).min(most);
    let names = widest(&mut verdicts.iter().map(|(id, _)| name(id)), 26);
    let kinds = widest(&mut verdicts.iter().map(|(_, verdict)| kind(verdict)), 16);
    verdicts
        .iter()
        .map(|(id, verdict)| {
            let mut row = format!("  {}", cell(&name(id), names));
            if kinds > 0 {
                row = format!("{row}  {}", cell(&kind(verdict), kinds));
            }
            fit(&format!("{row}  {}", first(&verdict.reason)), COLUMNS)
        })
        .collect()
}

fn inconclusive(report: &Report<'_>) -> Vec<String> {
    let summary = report.story.summary();
    let verdicts: Vec<_> = summary.with_grade(|grade| grade == Grade::Inconclusive).collect();
    if verdicts.is_empty() {
        return Vec::new();
    }
    let listed = &verdicts[..verdicts.len().min(INCONCLUSIVE)];
    let mut lines = vec!["inconclusive".to_owned()];
    lines.extend(rows(listed, |_| String::new()));
    lines.extend(more(report, verdicts.len() - listed.len()));
    lines
}

fn failed(report: &Report<'_>) -> Vec<String> {
    let summary = report.story.summary();
    let verdicts: Vec<_> = summary.with_grade(|grade| grade == Grade::Fail).collect();
    if verdicts.is_empty() {
        return Vec::new();
    }
    let listed = &verdicts[..verdicts.len().min(LISTED)];
    let mut lines = wrapped("failed: ", 8, &report.failures());
    lines.extend(rows(listed, |verdict| {
        harmless(failure_kind(verdict).unwrap_or(NO_KIND))
    }));
    lines.extend(more(report, verdicts.len() - listed.len()));
    lines
}

/// That so many are not listed here, and where they are.
fn more(report: &Report<'_>, count: usize) -> Option<String> {
    let place = match report.paths.report {
        Some(_) if report.story.untold() == 0 => "report",
        _ => "record",
    };
    (count > 0).then(|| format!("  … and {} more; the {place} has them all", grouped(count as u64)))
}

pub(crate) fn places(report: &Report<'_>) -> Vec<String> {
    places_of(&report.manifest().run, report.paths, report.unfinished())
}

fn places_of(run: &str, paths: &Paths, unfinished: bool) -> Vec<String> {
    let run = harmless(run);
    let mut lines = vec![format!("run      {run}")];
    lines.push(format!("record   {}", harmless(&paths.record.display().to_string())));
    if let Some(page) = &paths.report {
        lines.push(format!("report   {}", harmless(&page.display().to_string())));
    }
    if unfinished {
        lines.push(format!("hint: koderz resume {run} tries what is left or inconclusive"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Tape, failure, manifest};
    use crate::report::Paths;
    use crate::story::Story;
    use koderz_api::retry::Decision;
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
    fn kinds_of_failure_are_all_shown_on_as_many_lines_as_they_need() {
        let kinds: Vec<(String, u64)> = (0..12).map(|kind| (format!("kind-of-failure-{kind}"), 10)).collect();
        let lines = wrapped("failed: ", 8, &kinds);
        assert!(lines.iter().all(|line| width(line) <= COLUMNS), "{lines:?}");
        let text = lines.join(" ");
        assert!(
            kinds.iter().all(|(kind, _)| text.contains(&format!("{kind} 10"))),
            "{text}"
        );
        assert!(lines.len() > 3 && text.ends_with("kind-of-failure-11 10"), "{text}");
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
