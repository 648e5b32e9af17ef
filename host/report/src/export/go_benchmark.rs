//! Samples in the text format of Go's benchmarks (golang.org/design/14313-benchmark-format), which benchstat and its kin
//! compare: a line for each, with what it took and every metric of the suite.

use super::grouped::grouped;
use crate::report::Report;
use koderz_core::summary::{Sample, SampleId};

/// The lines of one run or several.
pub(super) fn go_benchmark(reports: &[Report<'_>]) -> String {
    reports.iter().map(one).collect()
}

fn one(report: &Report<'_>) -> String {
    let manifest = report.story.manifest();
    let suite = &manifest.suite.identity;
    let machine = manifest.machine.as_ref();
    let facts = [
        ("goos", machine.map(|machine| machine.system.clone())),
        ("goarch", machine.map(|machine| machine.architecture.clone())),
        ("cpu", machine.and_then(|machine| machine.processor.clone())),
        ("pkg", Some(format!("koderz/{}", suite.name))),
    ];
    // benchstat compares only what has the same facts, so what is to be compared is none of them.
    let about = [
        Some(manifest.run.as_str()),
        manifest.server.version.as_deref(),
        manifest.model_digests.get(report.subject()).map(String::as_str),
    ];
    let about: Vec<String> = about.into_iter().flatten().map(token).collect();
    let mut text = format!("# run {}\n", about.join(" "));
    for (key, value) in facts {
        let value = value.unwrap_or_default();
        let words: Vec<&str> = value.split_whitespace().collect();
        if !words.is_empty() {
            text += &format!("{key}: {}\n", words.join(" "));
        }
    }
    for (group, samples) in grouped(report) {
        let name = format!(
            "Benchmark{}/model={}/test={}",
            capitalised(&token(&suite.name)),
            token(report.subject()),
            token(group)
        );
        for (id, sample) in samples {
            let values = values(report, id, sample);
            if !values.is_empty() {
                text += &format!("{name} 1 {}\n", values.join(" "));
            }
        }
    }
    text
}

/// Pairs of a value and a unit, of a sample that has any.
fn values(report: &Report<'_>, id: &SampleId, sample: &Sample) -> Vec<String> {
    let Some(verdict) = sample.verdict.as_deref() else {
        return Vec::new();
    };
    let took = report.story.tale(id).and_then(|tale| tale.took);
    let took = took.map(|took| format!("{} ns/op", took.as_nanos()));
    let infos = &report.story.manifest().metrics;
    let metrics = verdict.metrics.iter().map(|metric| {
        let info = infos.iter().find(|info| info.name == metric.name);
        let name = token(&metric.name);
        match info.map(|info| info.unit.as_str()) {
            None | Some("" | "1") => format!("{} {name}", metric.value),
            Some("ns") => format!("{:.0} {name}-ns", metric.value),
            Some(unit) => format!("{} {name}-{}", metric.value, token(unit)),
        }
    });
    let credit = crate::sample::credit(verdict.grade).map(|credit| format!("{credit} credit"));
    took.into_iter().chain(metrics).chain(credit).collect()
}

/// A text without blanks, which would end it.
fn token(text: &str) -> String {
    let blank = |c: char| c.is_whitespace() || c.is_control();
    text.chars().map(|c| if blank(c) { '_' } else { c }).collect()
}

/// After the word `Benchmark` there is no small letter.
fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Tape;
    use crate::report::Paths;
    use koderz_api::suite::Grade;

    #[test]
    fn every_sample_is_a_line_of_values_with_units() {
        let story = Tape::new()
            .began(3, 0)
            .trial("t/1", 0, |trial| trial.asked("3").verdict(Grade::Pass, ""))
            .trial("t/2", 0, |trial| trial.asked("4").verdict(Grade::Fail, ""))
            .trial("u v", 0, |trial| trial.asked("4").verdict(Grade::Ungraded, ""))
            .trial("w", 0, |trial| trial)
            .story();
        let report = Report {
            story: &story,
            end: story.end(),
            paths: &Paths::default(),
        };
        insta::assert_snapshot!(go_benchmark(&[report]), @"
        # run 20261124-143412-7f3a 0.9.1 sha256:1234
        pkg: koderz/sums
        BenchmarkSums/model=tiny:1b/test=t/1 1 3000000000 ns/op 3 length 1 credit
        BenchmarkSums/model=tiny:1b/test=t/2 1 3000000000 ns/op 3 length 0 credit
        BenchmarkSums/model=tiny:1b/test=u_v 1 3000000000 ns/op 3 length
        ");
    }
}
