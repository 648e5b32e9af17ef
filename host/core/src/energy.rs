//! The energy that a run has used and the heat that slowed it down, as far as they can be read.

use crate::event::{Card, Energy, Throttled};
use crate::ports::Part;
use std::collections::BTreeMap;
use std::time::Duration;

/// What was used, by part. Where nothing can be read there is no part, and no zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Used {
    parts: BTreeMap<String, Sum>,
    /// Each graphics card as it was when the most of it was taken.
    cards: BTreeMap<String, Card>,
    /// For how long each part was slowed down by heat, and in how many stages any was.
    throttled: (BTreeMap<String, Duration>, u64),
    /// Tokens of the stages whose energy is known, and what those stages took above what is used idly: a stage that was
    /// killed has tokens and no energy, and one that only loads a model has energy and no token.
    written: (u64, f64),
}

/// What a part has used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    /// All of it.
    pub joules: f64,
    /// What it would have used in the same time while nothing was asked.
    pub idle_joules: f64,
    /// For how long it was looked at.
    pub took: Duration,
}

impl Sum {
    /// What it takes while nothing is asked. None where it was looked at for no time.
    pub fn idle_watts(&self) -> Option<f64> {
        let watts = self.idle_joules / self.took.as_secs_f64();
        watts.is_finite().then_some(watts)
    }
}

impl Used {
    /// Parts were slowed down by heat in a stage.
    pub(crate) fn slowed(&mut self, throttled: &[Throttled]) {
        let (parts, stages) = &mut self.throttled;
        for Throttled { part, took } in throttled {
            *parts.entry(part.clone()).or_default() += *took;
        }
        *stages += u64::from(!throttled.is_empty());
    }

    /// A stage has ended in which so many tokens were written.
    pub(crate) fn add(&mut self, took: Duration, parts: &[Energy], cards: &[Card], tokens: u64) {
        for card in cards {
            let fullest = self.cards.entry(card.card.clone()).or_insert_with(|| card.clone());
            if card.used_bytes > fullest.used_bytes {
                fullest.clone_from(card);
            }
        }
        for energy in parts {
            let idle = energy.idle_watts * took.as_secs_f64();
            let sum = self.parts.entry(energy.part.clone()).or_default();
            sum.joules += energy.joules;
            sum.idle_joules += idle;
            sum.took += took;
            if tokens > 0 {
                self.written.1 += energy.joules - idle;
            }
        }
        if !parts.is_empty() {
            self.written.0 += tokens;
        }
    }

    /// The parts by name.
    pub fn parts(&self) -> impl Iterator<Item = (&str, Sum)> {
        self.parts.iter().map(|(name, sum)| (name.as_str(), *sum))
    }

    /// The graphics cards by name, each as it was at the end of the stage that left it fullest.
    pub fn cards(&self) -> impl Iterator<Item = &Card> {
        self.cards.values()
    }

    /// The part that was slowed down by heat for longest, for how long, and in how many stages any part was.
    pub fn throttled(&self) -> Option<(&str, Duration, u64)> {
        let (parts, stages) = &self.throttled;
        let longest = parts.iter().max_by_key(|(_, took)| **took);
        longest.map(|(part, took)| (part.as_str(), *took, *stages))
    }

    /// Tokens for each joule above what is used idly, over all parts and the stages in which tokens were written. None
    /// where that is nothing or nothing is known.
    pub fn tokens_per_joule(&self) -> Option<f64> {
        let (tokens, above) = self.written;
        (above > 0.0 && tokens > 0).then(|| tokens as f64 / above)
    }
}

/// What was used between two readings. A part of which only one is known is left out.
pub(crate) fn between(before: &[Part], after: Vec<Part>) -> Vec<Energy> {
    let used = after.into_iter().filter_map(|after| {
        let before = before.iter().find(|before| before.name == after.name)?;
        Some(Energy {
            joules: (after.joules - before.joules).max(0.0),
            idle_watts: after.idle_watts,
            part: after.name,
        })
    });
    used.collect()
}

/// What was slowed down between two readings. What was not is left out, and a part of which only one reading is known.
pub(crate) fn throttled_between(before: &[Throttled], after: Vec<Throttled>) -> Vec<Throttled> {
    let slowed = after.into_iter().filter_map(|after| {
        let before = before.iter().find(|before| before.part == after.part)?;
        let took = after.took.saturating_sub(before.took);
        (!took.is_zero()).then_some(Throttled { took, ..after })
    });
    slowed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Entry, Event, Place, TrialId};
    use crate::summary::Summary;
    use koderz_api::chat::{Reply, StopReason, Timing, Usage};
    use koderz_api::suite::{Completion, Pacing};

    fn part(name: &str, joules: f64) -> Part {
        Part {
            name: name.to_owned(),
            joules,
            idle_watts: 10.0,
        }
    }

    #[test]
    fn what_is_used_idly_is_no_work_of_the_model() {
        let before = [part("package-0", 100.0), part("gone", 1.0)];
        let parts = between(&before, vec![part("package-0", 400.0), part("new", 9.0)]);
        let mut used = Used::default();
        used.add(Duration::from_secs(10), &parts, &[], 1000);
        let sums: Vec<(&str, Sum)> = used.parts().collect();
        let sum = Sum {
            joules: 300.0,
            idle_joules: 100.0,
            took: Duration::from_secs(10),
        };
        assert_eq!(sums, [("package-0", sum)]);
        assert_eq!(sum.idle_watts(), Some(10.0));
        assert_eq!(used.tokens_per_joule(), Some(5.0));
    }

    fn hot(part: &str, millis: u64) -> Throttled {
        Throttled {
            part: part.to_owned(),
            took: Duration::from_millis(millis),
        }
    }

    #[test]
    fn only_what_heat_slowed_down_in_a_stage_counts_and_the_longest_is_told() {
        let before = [hot("cpu-0", 500), hot("cpu-1", 100), hot("gpu-0", 0)];
        let slowed = throttled_between(&before, vec![hot("cpu-0", 500), hot("cpu-1", 350), hot("new", 9)]);
        assert_eq!(slowed, [hot("cpu-1", 250)]);
        let mut used = Used::default();
        assert_eq!(used.throttled(), None);
        for stage in [slowed, Vec::new(), vec![hot("gpu-0", 200), hot("cpu-1", 100)]] {
            used.slowed(&stage);
        }
        assert_eq!(used.throttled(), Some(("cpu-1", Duration::from_millis(350), 2)));
    }

    #[test]
    fn where_nothing_can_be_read_there_is_no_figure() {
        let mut used = Used::default();
        used.add(Duration::from_secs(10), &[], &[], 1000);
        assert_eq!((used.parts().count(), used.tokens_per_joule()), (0, None));
    }

    /// A stage of so many tokens; one that was killed was not metered.
    fn stage(summary: &mut Summary, tokens: u32, joules: Option<f64>) {
        let mut events = vec![Event::StageBegan {
            stage: "timed".to_owned(),
            warm_up: false,
            pacing: Some(Pacing::Exclusive),
        }];
        events.extend((tokens > 0).then(|| Event::Completed {
            trial: TrialId {
                task: "t/1".to_owned(),
                sample: 0,
                go: 0,
            },
            place: Place { round: 0, command: 0 },
            completion: Completion::Asked(Ok(answer(tokens))),
        }));
        events.extend(joules.map(|joules| Event::Metered {
            stage: "timed".to_owned(),
            took: Duration::from_secs(10),
            parts: vec![Energy {
                part: "package-0".to_owned(),
                joules,
                idle_watts: 1.0,
            }],
            cards: Vec::new(),
            throttled: Vec::new(),
        }));
        for event in events {
            summary.observe(&Entry {
                at: Duration::ZERO,
                host: None,
                event,
            });
        }
    }

    fn answer(tokens: u32) -> Reply {
        Reply {
            text: String::new(),
            thinking: None,
            stop: StopReason::Finished,
            usage: Usage {
                output_tokens: Some(tokens),
                ..Usage::default()
            },
            timing: Timing::default(),
            attempts: 1,
            raw: None,
        }
    }

    #[test]
    fn tokens_are_held_against_the_energy_of_the_stages_that_they_were_written_in() {
        let ratio = |stages: &[(u32, Option<f64>)]| {
            let mut summary = Summary::default();
            for (tokens, joules) in stages {
                stage(&mut summary, *tokens, *joules);
            }
            summary.energy.and_then(|used| used.tokens_per_joule())
        };
        assert_eq!(ratio(&[(100, Some(60.0))]), Some(2.0));
        for (what, stages) in [
            ("killed and resumed", [(70, None), (100, Some(60.0))]),
            ("after one that only loads", [(0, Some(500.0)), (100, Some(60.0))]),
            ("and one more like it", [(100, Some(60.0)), (100, Some(60.0))]),
        ] {
            assert_eq!(ratio(&stages), Some(2.0), "{what}");
        }
        assert_eq!(ratio(&[(0, Some(500.0)), (100, None)]), None);
    }
}
