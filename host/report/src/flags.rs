//! What makes a speed test's figures doubtful that only the host knows: where the model lies, what heat slowed down, and
//! what no verdict tells of. A suite tells what it knows itself by figures of the same names.

use crate::numbers::span;
use crate::report::Report;
use crate::resources::size;
use koderz_api::summary::Figure;
use koderz_core::summary::Summary;

/// What the name of a figure begins with that tells of a doubt.
pub(crate) const FLAG: &str = "flag ";

impl Report<'_> {
    /// The suite's figures of the run, and the host's own flags.
    pub(crate) fn figures(&self) -> Vec<Figure> {
        let summary = self.story.summary();
        let figures = summary.figures.iter().cloned();
        figures.chain(flags(summary)).collect()
    }

    /// What makes them doubtful, by name.
    pub(crate) fn doubts(&self) -> Vec<String> {
        let figures = self.figures();
        let doubts = figures.iter().filter_map(|figure| figure.name.strip_prefix(FLAG));
        doubts.map(str::to_owned).collect()
    }
}

/// Nothing where no stage measures times.
fn flags(summary: &Summary) -> Vec<Figure> {
    let Some(used) = &summary.energy else {
        return Vec::new();
    };
    let split = summary
        .resident
        .filter(|resident| resident.graphics_bytes < resident.bytes)
        .map(|resident| {
            let (all, there) = (size(resident.bytes), size(resident.graphics_bytes));
            let note = match resident.graphics_bytes {
                0 => format!("none of its {all} is on a GPU: the processor does all of it"),
                _ => format!("{there} of {all} on a GPU, and the rest is slow: a smaller --num-ctx"),
            };
            flag("partial-offload", 1, note)
        });
    let missing = (summary.without_done > 0).then(|| {
        flag(
            "missing-done",
            summary.without_done,
            "answers had no last object: see the server's log, or a proxy between".to_owned(),
        )
    });
    let hot = used.throttled().map(|(part, took, stages)| {
        let note = format!("heat slowed {part} down for {}: better cooling, or pauses", span(took));
        flag("throttled", stages, note)
    });
    [missing, split, hot].into_iter().flatten().collect()
}

fn flag(name: &str, times: u64, note: String) -> Figure {
    Figure {
        name: format!("{FLAG}{name}"),
        unit: "1".to_owned(),
        value: times as f64,
        interval: None,
        note,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Tape, failure};
    use crate::report::Paths;
    use koderz_api::retry::Decision;
    use koderz_api::transport::FailureKind;
    use koderz_core::event::{Event, Resident, Throttled};
    use std::time::Duration;

    fn metered(tape: Tape, throttled: Vec<Throttled>) -> Tape {
        tape.push(Event::Metered {
            stage: "speed".to_owned(),
            took: Duration::from_secs(10),
            parts: Vec::new(),
            cards: Vec::new(),
            throttled,
        })
    }

    fn loaded(tape: Tape, bytes: u64, graphics_bytes: u64) -> Tape {
        tape.push(Event::Loaded {
            model: "m".to_owned(),
            took: Duration::ZERO,
            resident: Some(Resident {
                bytes,
                graphics_bytes,
                context_tokens: None,
            }),
        })
    }

    fn told(tape: &Tape) -> Vec<(String, f64, String)> {
        let story = tape.story();
        let report = Report {
            story: &story,
            end: story.end(),
            paths: &Paths::default(),
        };
        let figures = report.figures().into_iter();
        figures.map(|figure| (figure.name, figure.value, figure.note)).collect()
    }

    #[test]
    fn a_model_that_is_not_all_in_graphics_memory_is_flagged_where_times_are_measured() {
        let tape = |bytes, graphics| loaded(Tape::new().began(1, 0), bytes, graphics);
        let all = metered(tape(4 << 30, 4 << 30), Vec::new());
        assert_eq!(told(&all), []);
        assert_eq!(told(&metered(tape(0, 0), Vec::new())), [], "the server does not know");
        assert_eq!(told(&tape(4 << 30, 3 << 30)), [], "no time is measured");
        let split = told(&metered(tape(4 << 30, 3 << 30), Vec::new()));
        assert_eq!((split[0].0.as_str(), split[0].1), ("flag partial-offload", 1.0));
        assert!(split[0].2.starts_with("3.00 GiB of 4.00 GiB on a GPU,"), "{split:?}");
        let none = told(&metered(tape(4 << 30, 0), Vec::new()));
        assert!(none[0].2.starts_with("none of its 4.00 GiB is on a GPU:"), "{none:?}");
    }

    #[test]
    fn heat_is_told_with_what_it_slowed_down_for_longest() {
        let hot = |part: &str, millis| Throttled {
            part: part.to_owned(),
            took: Duration::from_millis(millis),
        };
        let tape = metered(Tape::new().began(1, 0), vec![hot("cpu-3", 200), hot("gpu-0", 1500)]);
        let tape = metered(metered(tape, Vec::new()), vec![hot("cpu-3", 400)]);
        let told = told(&tape);
        assert_eq!((told[0].0.as_str(), told[0].1), ("flag throttled", 2.0));
        assert!(told[0].2.starts_with("heat slowed gpu-0 down for 1.5 s:"), "{told:?}");
    }

    #[test]
    fn answers_without_a_last_object_are_counted_also_where_they_were_asked_again() {
        let failed = |detail: &str| {
            let mut failure = failure(FailureKind::Interrupted, None, "the answer ended early");
            detail.clone_into(&mut failure.detail);
            failure
        };
        let tape = Tape::new().began(1, 0).trial("t/1", 0, |trial| {
            let details = ["no-done", "stream-broken", "no-done"].into_iter().zip(1..);
            details.fold(trial, |trial, (detail, number)| {
                trial.failed_with(number, failed(detail), Decision::Retry(Duration::ZERO))
            })
        });
        let told = told(&metered(tape, Vec::new()));
        assert_eq!((told[0].0.as_str(), told[0].1), ("flag missing-done", 2.0));
    }
}
