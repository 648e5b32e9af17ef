//! What has changed where the same answers were graded twice.

use crate::line::{COLUMNS, first, fit, harmless};
use crate::numbers::counted;
use crate::report::grade;
use crate::text::name;
use koderz_api::suite::{Grade, Verdict};
use koderz_core::summary::{SampleId, Summary};

/// Changes that are listed.
const LISTED: usize = 50;

/// A sample whose grade has changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Regraded {
    /// The sample's name.
    pub sample: String,
    /// What it was, where it had a verdict.
    pub before: Option<Grade>,
    /// What it is, where it has one.
    pub now: Option<Grade>,
    /// Why it is that.
    pub reason: String,
}

/// The samples whose grades differ, in the order of the tasks. One that had no answer, and so has none now, is left out.
pub fn regraded(before: &Summary, now: &Summary) -> Vec<Regraded> {
    let grade_of = |verdict: Option<&Verdict>| verdict.map(|verdict| verdict.grade);
    let changed = |(id, sample): (&SampleId, &koderz_core::summary::Sample)| {
        let old = grade_of(before.verdict(&id.task, id.sample));
        let new = sample.verdict.as_deref();
        (old != grade_of(new)).then(|| Regraded {
            sample: name(id),
            before: old,
            now: grade_of(new),
            reason: new.map(|verdict| verdict.reason.clone()).unwrap_or_default(),
        })
    };
    now.samples.iter().filter_map(changed).collect()
}

/// The changes in words, at most 80 columns and no colour.
pub fn regraded_text(changes: &[Regraded], run: &str) -> String {
    if changes.is_empty() {
        return format!("\nevery verdict is as it was in run {run}\n");
    }
    let mut lines = vec![
        String::new(),
        format!("{} as in run {run}:", counted(changes.len() as u64, "verdict") + " not"),
    ];
    let word = |of: Option<Grade>| of.map_or("open", grade);
    lines.extend(changes.iter().take(LISTED).map(|change| {
        let line = format!(
            "  {}  {} -> {}  {}",
            change.sample,
            word(change.before),
            word(change.now),
            first(&change.reason)
        );
        fit(harmless(&line).trim_end(), COLUMNS)
    }));
    if let Some(more) = changes.len().checked_sub(LISTED).filter(|more| *more > 0) {
        lines.push(format!("  and {more} more"));
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Tape;

    fn summary(grades: [Grade; 3]) -> Summary {
        let tape = grades
            .into_iter()
            .enumerate()
            .fold(Tape::new().began(3, 0), |tape, (task, grade)| {
                tape.trial(&format!("t/{task}"), 0, |trial| trial.verdict(grade, "why"))
            });
        tape.story().summary().clone()
    }

    #[test]
    fn only_what_has_changed_is_told() {
        let before = summary([Grade::Pass, Grade::Fail, Grade::Inconclusive]);
        let now = summary([Grade::Pass, Grade::Pass, Grade::Fail]);
        assert_eq!(
            regraded_text(&regraded(&before, &now), "r1"),
            "\n2 verdicts not as in run r1:\n  t/1  fail -> pass  why\n  t/2  inconclusive -> fail  why\n"
        );
        assert_eq!(
            regraded_text(&regraded(&before, &before), "r1"),
            "\nevery verdict is as it was in run r1\n"
        );
    }
}
