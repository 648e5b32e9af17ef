//! What a run took of the machine: energy, and the memory that its model lies in. What could not be read is said to be
//! unknown, with the reason, and never told as nothing.

use crate::report::Report;
use koderz_core::energy::Used;
use koderz_core::summary::Summary;
use serde::Serialize;
use std::collections::BTreeMap;

/// Why there are no joules.
const UNREADABLE: &str = "not readable here: no counter of energy may be read, or the server is on another machine";

/// Why there are no tokens for each of them.
const NO_MORE: &str = "no more was used than idly, or no token was written in a stage whose energy is known";

/// What the stages that measure times have used.
#[derive(Serialize)]
pub(crate) struct Energy {
    joules: Option<f64>,
    idle_joules: Option<f64>,
    idle_watts: Option<f64>,
    tokens_per_joule: Option<f64>,
    parts: BTreeMap<String, Part>,
    /// Why something is missing.
    reason: Option<&'static str>,
}

/// What a part of the machine has used of that.
#[derive(Serialize)]
struct Part {
    joules: f64,
    idle_joules: f64,
    idle_watts: Option<f64>,
}

/// How the model that was loaded last lies in memory.
#[derive(Serialize)]
pub(crate) struct Memory {
    bytes: Option<u64>,
    graphics_bytes: Option<u64>,
    context_tokens: Option<u32>,
    reason: Option<&'static str>,
    cards: BTreeMap<String, Card>,
}

/// How full a graphics card was in the end, by its driver.
#[derive(Serialize)]
struct Card {
    used_bytes: u64,
    total_bytes: u64,
}

impl Energy {
    /// None where no stage measures times, so that nothing was to be read.
    pub(crate) fn of(summary: &Summary) -> Option<Self> {
        let used = summary.energy.as_ref()?;
        let parts = used.parts().map(|(name, sum)| {
            let part = Part {
                joules: sum.joules,
                idle_joules: sum.idle_joules,
                idle_watts: sum.idle_watts(),
            };
            (name.to_owned(), part)
        });
        let parts: BTreeMap<String, Part> = parts.collect();
        let known = !parts.is_empty();
        let sum = |of: fn(&Part) -> f64| known.then(|| parts.values().map(of).sum());
        let watts = parts.values().map(|part| part.idle_watts).sum::<Option<f64>>();
        let tokens_per_joule = used.tokens_per_joule();
        Some(Energy {
            joules: sum(|part| part.joules),
            idle_joules: sum(|part| part.idle_joules),
            idle_watts: watts.filter(|_| known),
            tokens_per_joule,
            reason: match (known, tokens_per_joule) {
                (false, _) => Some(UNREADABLE),
                (true, None) => Some(NO_MORE),
                (true, Some(_)) => None,
            },
            parts,
        })
    }
}

impl Memory {
    pub(crate) fn of(summary: &Summary) -> Self {
        let cards = summary.energy.iter().flat_map(Used::cards).map(|card| {
            let memory = Card {
                used_bytes: card.used_bytes,
                total_bytes: card.total_bytes,
            };
            (card.card.clone(), memory)
        });
        let cards = cards.collect();
        let unknown = |reason, cards| Memory {
            bytes: None,
            graphics_bytes: None,
            context_tokens: summary.resident.and_then(|resident| resident.context_tokens),
            reason: Some(reason),
            cards,
        };
        match summary.resident {
            None => unknown("no server said that the model is in its memory", cards),
            Some(resident) if resident.bytes == 0 => unknown("the server does not know what the model takes", cards),
            Some(resident) => Memory {
                bytes: Some(resident.bytes),
                graphics_bytes: Some(resident.graphics_bytes),
                context_tokens: resident.context_tokens,
                reason: None,
                cards,
            },
        }
    }
}

/// The same for people: a name, a value and a note each. Nothing where no stage measures times.
pub(crate) fn resources(report: &Report<'_>) -> Vec<(String, String, String)> {
    let summary = report.story.summary();
    let Some(energy) = Energy::of(summary) else {
        return Vec::new();
    };
    let row = |name: &str, value, note| (name.to_owned(), value, note);
    let mut rows: Vec<_> = energy
        .parts
        .iter()
        .map(|(name, part)| {
            let watts = part
                .idle_watts
                .map(|watts| format!(", {watts:.1} W"))
                .unwrap_or_default();
            let note = format!("{name}; {:.1} J of it idly{watts}", part.idle_joules);
            row("energy", format!("{:.1} J", part.joules), note)
        })
        .collect();
    match energy.tokens_per_joule {
        Some(tokens) => rows.push(row(
            "energy",
            format!("{tokens:.1} tokens/J"),
            "above what is used idly".to_owned(),
        )),
        None if rows.is_empty() => rows.push(row("energy", "unknown".to_owned(), "not readable here".to_owned())),
        None => {}
    }
    let memory = Memory::of(summary);
    rows.push(match (memory.bytes, memory.graphics_bytes) {
        (Some(bytes), Some(graphics)) => {
            let note = match graphics {
                0 => "none of it a graphics card's".to_owned(),
                _ if graphics >= bytes => "all of it a graphics card's".to_owned(),
                _ => format!("{} of it a graphics card's", size(graphics)),
            };
            row("memory", size(bytes), note)
        }
        _ => row(
            "memory",
            "unknown".to_owned(),
            memory.reason.unwrap_or_default().to_owned(),
        ),
    });
    rows.extend(memory.cards.iter().map(|(card, memory)| {
        let note = format!("{card}; of {}, taken by all programs", size(memory.total_bytes));
        row("memory", size(memory.used_bytes), note)
    }));
    rows
}

/// Bytes in the largest unit of which there is one.
pub(crate) fn size(bytes: u64) -> String {
    let bytes = bytes as f64;
    let kibi = f64::from(1 << 10);
    match bytes {
        bytes if bytes >= kibi.powi(3) => format!("{:.2} GiB", bytes / kibi.powi(3)),
        bytes if bytes >= kibi.powi(2) => format!("{:.1} MiB", bytes / kibi.powi(2)),
        bytes if bytes >= kibi => format!("{:.1} KiB", bytes / kibi),
        bytes => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Tape;
    use crate::report::Paths;
    use koderz_core::event::{self, Event, Resident};
    use std::time::Duration;

    fn metered(tape: Tape, joules: &[(&str, f64)]) -> Tape {
        let parts = joules.iter().map(|(part, joules)| event::Energy {
            part: (*part).to_owned(),
            joules: *joules,
            idle_watts: 5.0,
        });
        tape.push(Event::Metered {
            stage: "speed".to_owned(),
            took: Duration::from_secs(10),
            parts: parts.collect(),
            cards: Vec::new(),
            throttled: Vec::new(),
        })
    }

    fn loaded(tape: Tape, bytes: u64, graphics_bytes: u64) -> Tape {
        tape.push(Event::Loaded {
            model: "m".to_owned(),
            took: Duration::ZERO,
            resident: Some(Resident {
                bytes,
                graphics_bytes,
                context_tokens: Some(2048),
            }),
        })
    }

    fn rows(tape: &Tape) -> Vec<String> {
        let story = tape.story();
        let rows = resources(&Report {
            story: &story,
            end: story.end(),
            paths: &Paths::default(),
        });
        rows.into_iter()
            .map(|(name, value, note)| format!("{name} {value} {note}"))
            .collect()
    }

    #[test]
    fn what_was_used_is_told_with_what_is_used_idly_and_summed_for_programs() {
        let tape = Tape::new().began(1, 0).trial("t/1", 0, |trial| trial.asked("x"));
        let tape = metered(loaded(tape, 3 << 29, 1 << 20), &[("gpu-0", 150.0), ("package-0", 70.0)]);
        assert_eq!(
            rows(&tape)[..2],
            [
                "energy 150.0 J gpu-0; 50.0 J of it idly, 5.0 W",
                "energy 70.0 J package-0; 50.0 J of it idly, 5.0 W"
            ]
        );
        assert_eq!(rows(&tape)[3], "memory 1.50 GiB 1.0 MiB of it a graphics card's");
        let story = tape.story();
        let energy = Energy::of(story.summary()).expect("it was metered");
        assert_eq!(
            (energy.joules, energy.idle_joules, energy.idle_watts, energy.reason),
            (Some(220.0), Some(100.0), Some(10.0), None)
        );
        assert!(energy.tokens_per_joule.is_some_and(|tokens| tokens > 0.0));
    }

    #[test]
    fn a_graphics_card_is_told_as_it_was_when_it_was_fullest() {
        let stage = |tape: Tape, used_bytes| {
            tape.push(Event::Metered {
                stage: "speed".to_owned(),
                took: Duration::from_secs(10),
                parts: Vec::new(),
                cards: vec![event::Card {
                    card: "gpu-0".to_owned(),
                    used_bytes,
                    total_bytes: 24 << 30,
                }],
                throttled: Vec::new(),
            })
        };
        let tape = stage(stage(Tape::new().began(1, 0), 5 << 30), 1 << 30);
        assert_eq!(
            rows(&tape)[2],
            "memory 5.00 GiB gpu-0; of 24.00 GiB, taken by all programs"
        );
        let shown = serde_json::to_value(Memory::of(tape.story().summary())).expect("a document");
        assert_eq!(shown["cards"]["gpu-0"]["used_bytes"], 5_u64 << 30);
        assert!(
            shown["bytes"].is_null(),
            "no server has said what the model takes: {shown}"
        );
    }

    #[test]
    fn what_cannot_be_read_is_unknown_with_the_reason_and_never_nothing() {
        let tape = metered(loaded(Tape::new().began(1, 0), 0, 0), &[]);
        assert_eq!(
            rows(&tape),
            [
                "energy unknown not readable here",
                "memory unknown the server does not know what the model takes"
            ]
        );
        let story = tape.story();
        let (energy, memory) = (Energy::of(story.summary()), Memory::of(story.summary()));
        let shown = serde_json::to_value((energy, memory)).expect("a document");
        for (place, field) in [
            (0, "joules"),
            (0, "idle_watts"),
            (0, "tokens_per_joule"),
            (1, "bytes"),
            (1, "graphics_bytes"),
        ] {
            assert!(shown[place][field].is_null(), "{field}: {shown}");
        }
        assert!(
            shown[0]["reason"]
                .as_str()
                .is_some_and(|reason| reason.contains("not readable here"))
        );
        let idle = metered(Tape::new().began(1, 0), &[("package-0", 20.0)]);
        let energy = Energy::of(idle.story().summary()).expect("it was metered");
        assert_eq!((energy.joules, energy.reason), (Some(20.0), Some(NO_MORE)));
    }

    #[test]
    fn a_run_that_measures_no_times_has_used_nothing_that_anybody_read() {
        let tape = loaded(Tape::new().began(1, 0), 1 << 30, 0);
        assert!(rows(&tape).is_empty());
        assert!(Energy::of(tape.story().summary()).is_none());
    }

    #[test]
    fn a_size_has_the_unit_that_leaves_figures() {
        assert_eq!(
            [12, 2048, 3 << 19, 5 << 30].map(size),
            ["12 B", "2.0 KiB", "1.5 MiB", "5.00 GiB"]
        );
    }
}
