//! The story of a run: what was asked, answered, run and decided in each sample, and what the run comes to.
//!
//! A fold over the events of a run, whether they are arriving or were read back, over as many stretches of work as
//! there were. Of each sample its latest go is kept, and unless everything is wanted only of the first samples, and of each
//! text its beginning, so that memory is bounded.

use crate::excerpt::Keep;
use crate::pulse::Pulse;
use crate::tale::Tale;
use koderz_api::suite::Pacing;
use koderz_core::event::{End, Entry, Event, TrialId};
use koderz_core::manifest::Manifest;
use koderz_core::summary::{SampleId, Summary};
use std::collections::{BTreeMap, HashSet};

/// What a run was made of, what happened in it, and what it comes to.
#[derive(Clone, Debug)]
pub struct Story {
    manifest: Manifest,
    keep: Keep,
    summary: Summary,
    end: Option<End>,
    tales: BTreeMap<SampleId, Tale>,
    warm_up: HashSet<SampleId>,
    pulse: Pulse,
    planned: HashSet<String>,
    stages: Vec<Timed>,
    stretch: u32,
}

/// A stage whose trials begin when they are to, and not as there is room: what is measured in it are times.
#[derive(Clone, Debug)]
pub(crate) struct Timed {
    pub(crate) name: String,
    pub(crate) pacing: Pacing,
    /// Whether the suite decided on it in mid-run.
    pub(crate) planned: bool,
}

/// Samples that are told of where not everything is wanted: more than anybody looks through. What they come to is counted
/// beyond that too.
const TOLD: usize = 5_000;

impl Story {
    /// A story of which nothing is told yet.
    pub fn new(manifest: Manifest) -> Self {
        Self::keeping(manifest, Keep::Beginnings)
    }

    /// The same, in which no text is cut however long it is: for a run that is over, and for where every letter counts.
    pub fn unabridged(manifest: Manifest) -> Self {
        Self::keeping(manifest, Keep::Everything)
    }

    fn keeping(manifest: Manifest, keep: Keep) -> Self {
        Story {
            manifest,
            keep,
            summary: Summary::default(),
            end: None,
            tales: BTreeMap::new(),
            warm_up: HashSet::new(),
            pulse: Pulse::default(),
            planned: HashSet::new(),
            stages: Vec::new(),
            stretch: 0,
        }
    }

    /// Takes in an event. Events come in the record's order.
    pub fn observe(&mut self, entry: &Entry) {
        self.summary.observe(entry);
        self.pulse.observe(entry);
        match &entry.event {
            Event::Began { .. } => {
                self.end = None;
                self.stretch += 1;
                for tale in self.tales.values_mut() {
                    tale.stop_clock();
                }
            }
            Event::Ended { end } => self.end = Some(end.clone()),
            Event::StagePlanned { plan } => {
                self.planned.insert(plan.stage.name.clone());
            }
            Event::StageBegan { stage, warm_up, pacing } => self.stage_began(stage, *warm_up, *pacing),
            event => {
                if let Some(trial) = event.trial() {
                    self.observe_trial(trial, entry);
                }
            }
        }
    }

    fn stage_began(&mut self, name: &str, warm_up: bool, pacing: Option<Pacing>) {
        let pacing = pacing.filter(|pacing| !warm_up && pacing.is_timed());
        if let Some(pacing) = pacing
            && !self.stages.iter().any(|known| known.name == name)
        {
            self.stages.push(Timed {
                name: name.to_owned(),
                pacing,
                planned: self.planned.contains(name),
            });
        }
    }

    fn observe_trial(&mut self, trial: &TrialId, entry: &Entry) {
        let id = SampleId::of(trial);
        // The summary knows which stages are warm-ups, and has no samples of them.
        if !self.summary.samples.contains_key(&id) {
            self.warm_up.insert(id);
            return;
        }
        if self.keep == Keep::Beginnings && self.tales.len() >= TOLD && !self.tales.contains_key(&id) {
            return;
        }
        self.tales
            .entry(id)
            .or_default()
            .observe(entry, self.stretch, self.keep);
    }

    /// What the run was made of.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What it comes to.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// How the last stretch of work ended; none where it goes on or was interrupted.
    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// How many trials have not begun, where the suite says how many there are in all.
    pub fn not_begun(&self) -> Option<u64> {
        if self.end == Some(End::Finished) {
            return Some(0);
        }
        let begun = self.summary.samples.len() + self.warm_up.len();
        self.summary.trials.map(|trials| trials.saturating_sub(begun as u64))
    }

    /// Whether some samples are only counted.
    pub fn is_abridged(&self) -> bool {
        self.untold() > 0
    }

    /// How many samples it has nothing to tell of beyond what they came to.
    pub(crate) fn untold(&self) -> u64 {
        (self.summary.samples.len() - self.tales.len()) as u64
    }

    pub(crate) fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    pub(crate) fn tales(&self) -> impl Iterator<Item = &Tale> {
        self.tales.values()
    }

    /// The stages in which times were measured, in their order. What came before those that were planned was to plan by.
    pub(crate) fn timed(&self) -> impl Iterator<Item = &Timed> {
        let any = self.stages.iter().any(|stage| stage.planned);
        self.stages.iter().filter(move |stage| stage.planned == any)
    }

    pub(crate) fn tale(&self, id: &SampleId) -> Option<&Tale> {
        self.tales.get(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::excerpt::KEPT;
    use crate::fixture::Tape;
    use koderz_api::execution::Exit;
    use koderz_api::suite::Grade;

    fn tale<'a>(story: &'a Story, task: &str) -> &'a Tale {
        let id = SampleId {
            task: task.to_owned(),
            sample: 0,
        };
        story.tale(&id).expect("the sample is known")
    }

    fn answered(tale: &Tale) -> String {
        let answer = tale.answer.as_ref().expect("it was asked");
        answer.as_ref().expect("it was answered").text.shown(usize::MAX)
    }

    #[test]
    fn a_later_go_replaces_what_was_told_of_the_earlier_one() {
        let story = Tape::new()
            .began(1, 0)
            .trial("t/1", 0, |trial| {
                trial
                    .asked("first")
                    .failed_attempt(1)
                    .verdict(Grade::Inconclusive, "no")
            })
            .ended(End::Finished)
            .began(1, 0)
            .trial("t/1", 1, |trial| trial.asked("second").verdict(Grade::Pass, ""))
            .ended(End::Finished)
            .story();
        assert_eq!(answered(tale(&story, "t/1")), "second");
        assert!(tale(&story, "t/1").attempts.is_empty());
        assert_eq!(story.summary().counts().pass, 1);
    }

    #[test]
    fn a_killed_stretch_has_no_end_and_the_next_goes_on_with_its_trial() {
        let tape = Tape::new()
            .began(3, 0)
            .trial("t/1", 0, |trial| trial.asked("before the kill"));
        assert_eq!(tape.story().end(), None);
        assert_eq!(tape.story().not_begun(), Some(2));
        let story = tape
            .began(3, 0)
            .onward("t/1", 0, |trial| {
                trial.ran("x = 1", Exit::Passed).verdict(Grade::Pass, "")
            })
            .ended(End::Drained)
            .story();
        assert_eq!(story.end(), Some(&End::Drained));
        assert_eq!(answered(tale(&story, "t/1")), "before the kill");
        assert_eq!(tale(&story, "t/1").took, None, "two clocks give no length of time");
    }

    #[test]
    fn warm_up_trials_have_no_tale_but_have_begun() {
        let story = Tape::new()
            .began(2, 0)
            .stage("warm", true)
            .trial_in("warm", "w/1", 0, |trial| trial.asked("hm").verdict(Grade::Pass, ""))
            .stage("main", false)
            .story();
        assert!(story.tales.is_empty());
        assert_eq!(story.not_begun(), Some(1));
    }

    #[test]
    fn of_a_long_run_the_first_samples_are_told_and_all_are_counted() {
        let tape = (0..TOLD + 3).fold(Tape::new().began(9, 0), |tape, task| {
            tape.trial(&format!("t/{task}"), 0, |trial| trial.verdict(Grade::Pass, ""))
        });
        let story = tape.story();
        assert_eq!((story.tales.len(), story.untold()), (TOLD, 3));
        assert_eq!(story.summary().counts().pass, TOLD as u64 + 3);
    }

    #[test]
    fn a_text_is_kept_up_to_a_bound_and_says_that_it_was_cut() {
        let long = "x".repeat(KEPT + 5);
        let story = Tape::new()
            .began(1, 0)
            .trial("t/1", 0, |trial| trial.asked(&long))
            .story();
        let text = answered(tale(&story, "t/1"));
        assert!(text.ends_with("[cut here; 5 bytes more in the record]"));
        assert!(text.len() < KEPT + 100);
    }
}
