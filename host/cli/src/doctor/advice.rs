//! Settings of the server that suit what was seen of it, as an override of its systemd unit to copy.
//!
//! They are starting points. What was not seen is not guessed at.

use super::finding::{Facts, Measured};
use super::slots::Slots;
use crate::resident::Place;
use std::fmt::Write;
use std::time::Duration;

/// A variable of the server's environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) why: String,
}

/// Answers at once to one model, where nothing speaks for another number.
const PARALLEL: u32 = 4;

/// Models in memory at once, likewise; Ollama's own choice without a graphics card is 3.
const MODELS: usize = 5;
const MODELS_WITHOUT_CARD: usize = 3;

/// Requests that may wait for a load.
const QUEUE: u32 = 256;

/// How long a model stays without questions.
const STAY: Duration = Duration::from_secs(30 * 60);

/// Beyond it a model is meant to stay for ever.
const FOR_EVER: Duration = Duration::from_secs(365 * 86_400);

/// Where the models in memory are, taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Machine {
    /// All that is known of is in graphics memory.
    Graphics,
    /// Some of it is not.
    TooSmall,
    /// Nothing is.
    Processor,
    /// Nothing is known.
    Unknown,
}

impl Machine {
    fn of(facts: &Facts) -> Self {
        let places: Vec<Place> = facts.loaded.iter().map(|resident| resident.place).collect();
        let any = |wanted: fn(&Place) -> bool| places.iter().any(wanted);
        if any(|place| matches!(place, Place::Split(_))) {
            Machine::TooSmall
        } else if any(|place| *place == Place::Graphics) {
            Machine::Graphics
        } else if any(|place| *place == Place::Processor) {
            Machine::Processor
        } else {
            Machine::Unknown
        }
    }
}

/// What to set.
pub(crate) fn settings(facts: &Facts) -> Vec<Setting> {
    let machine = Machine::of(facts);
    let mut settings = vec![parallel(machine, measured(facts)), models(machine, facts.loaded.len())];
    settings.push(setting(
        "OLLAMA_MAX_QUEUE",
        QUEUE,
        "requests that may wait for a load before others get a 503; a model in memory queues without limit",
    ));
    settings.push(keep_alive(facts));
    if machine != Machine::Processor {
        settings.push(setting(
            "OLLAMA_FLASH_ATTENTION",
            1,
            "long contexts take less graphics memory",
        ));
    }
    settings
}

fn setting(name: &'static str, value: impl ToString, why: impl Into<String>) -> Setting {
    Setting {
        name,
        value: value.to_string(),
        why: why.into(),
    }
}

/// How many questions the model answers at once now, as far as that was found.
fn measured(facts: &Facts) -> Option<u32> {
    match facts.subject.as_ref()?.slots.as_ref()? {
        Measured::Found(Slots::Exactly(number) | Slots::AtLeast(number)) => Some(*number),
        Measured::Untold | Measured::Failed(_) => None,
    }
}

fn parallel(machine: Machine, measured: Option<u32>) -> Setting {
    let (number, why) = match (machine, measured) {
        (Machine::Processor, _) => (
            1,
            "a processor has nothing to gain from several answers at once".to_owned(),
        ),
        (Machine::TooSmall, _) => (
            1,
            "each further answer at once takes memory for its context, and the graphics memory is full".to_owned(),
        ),
        (_, Some(now)) if now > PARALLEL => (now, format!("answers at once to one model; it gives {now} now")),
        (_, Some(now)) => (
            PARALLEL,
            format!("answers at once to one model, each with memory for its own context; it gives {now} now"),
        ),
        (_, None) => (
            PARALLEL,
            "answers at once to one model, each with memory for its own context".to_owned(),
        ),
    };
    setting("OLLAMA_NUM_PARALLEL", number, why)
}

fn models(machine: Machine, loaded: usize) -> Setting {
    let name = "OLLAMA_MAX_LOADED_MODELS";
    match machine {
        Machine::TooSmall => setting(name, 1, "one model at a time has all of the graphics memory"),
        Machine::Processor if loaded <= MODELS_WITHOUT_CARD => setting(
            name,
            MODELS_WITHOUT_CARD,
            "models in memory at once; on a processor they share its memory and its time",
        ),
        _ if loaded > MODELS => setting(
            name,
            loaded,
            format!("models in memory at once; {loaded} are there now"),
        ),
        _ => setting(
            name,
            MODELS,
            "models in memory at once, where there is room; changing between them then costs no load",
        ),
    }
}

fn keep_alive(facts: &Facts) -> Setting {
    let name = "OLLAMA_KEEP_ALIVE";
    let longest = facts.loaded.iter().filter_map(|resident| resident.stays).max();
    match longest {
        Some(stays) if stays >= FOR_EVER => setting(name, -1, "models stay for ever, as one of them does now"),
        Some(stays) if stays > STAY => {
            let minutes = stays.as_secs().div_ceil(60);
            setting(
                name,
                format!("{minutes}m"),
                "a pause between two runs costs no load; it is no shorter than a model stays now",
            )
        }
        _ => setting(
            name,
            format!("{}m", STAY.as_secs() / 60),
            "a pause between two runs costs no load",
        ),
    }
}

/// The override, with what to do with it.
pub(crate) fn unit(settings: &[Setting]) -> String {
    let mut text =
        "To set the server up for this, where a systemd unit runs it: `sudo systemctl edit ollama`, put in\n\n\
                    [Service]\n"
            .to_owned();
    for Setting { name, value, why } in settings {
        // Units have no comments at the end of a line.
        writeln!(text, "# {why}\nEnvironment=\"{name}={value}\"").expect("a string takes all text");
    }
    text.push_str("\nand then `sudo systemctl restart ollama`, which ends whatever is under way.\n");
    text
}

#[cfg(test)]
mod tests {
    use super::super::finding::tests::{facts, resident_at, subject};
    use super::*;

    /// The values in order: parallel, models, queue, stay, flash attention.
    fn values(facts: &Facts) -> Vec<String> {
        settings(facts).into_iter().map(|setting| setting.value).collect()
    }

    fn with_slots(place: Place, slots: Slots) -> Facts {
        let mut subject = subject();
        subject.slots = Some(Measured::Found(slots));
        Facts {
            subject: Some(subject),
            ..facts(place)
        }
    }

    #[test]
    fn settings_follow_from_where_the_models_are() {
        for (place, expected) in [
            (Place::Graphics, vec!["4", "5", "256", "30m", "1"]),
            (Place::Unknown, vec!["4", "5", "256", "30m", "1"]),
            (Place::Split(0.62), vec!["1", "1", "256", "30m", "1"]),
            (Place::Processor, vec!["1", "3", "256", "30m"]),
        ] {
            assert_eq!(values(&facts(place)), expected, "{place:?}");
        }
        let nothing = Facts {
            loaded: Vec::new(),
            ..facts(Place::Graphics)
        };
        assert_eq!(values(&nothing), ["4", "5", "256", "30m", "1"]);
    }

    #[test]
    fn more_answers_at_once_than_usual_are_left_as_they_are() {
        for (place, slots, expected) in [
            (Place::Graphics, Slots::Exactly(1), "4"),
            (Place::Graphics, Slots::Exactly(4), "4"),
            (Place::Graphics, Slots::Exactly(6), "6"),
            (Place::Graphics, Slots::AtLeast(8), "8"),
            (Place::Split(0.5), Slots::Exactly(6), "1"),
            (Place::Processor, Slots::Exactly(2), "1"),
        ] {
            assert_eq!(values(&with_slots(place, slots))[0], expected, "{place:?} {slots:?}");
        }
    }

    #[test]
    fn nothing_that_is_there_is_taken_away() {
        let mut many = facts(Place::Graphics);
        many.loaded = vec![resident_at(Place::Graphics); 7];
        assert_eq!(values(&many)[1], "7");
        for (stays, expected) in [(252, "30m"), (1800, "30m"), (3601, "61m"), (u64::MAX, "-1")] {
            let mut facts = facts(Place::Graphics);
            facts.loaded[0].stays = Some(Duration::from_secs(stays));
            assert_eq!(values(&facts)[3], expected, "{stays}");
        }
    }

    #[test]
    fn a_unit_has_a_comment_before_every_setting() {
        let text = unit(&settings(&with_slots(Place::Graphics, Slots::Exactly(2))));
        let lines: Vec<&str> = text.lines().collect();
        let from = lines.iter().position(|line| *line == "[Service]").expect("a section");
        let section: Vec<&str> = lines[from + 1..]
            .iter()
            .take_while(|line| !line.is_empty())
            .copied()
            .collect();
        assert_eq!(section.len(), 10);
        for pair in section.chunks(2) {
            assert!(
                pair[0].starts_with("# ") && pair[1].starts_with("Environment=\"OLLAMA_"),
                "{pair:?}"
            );
        }
        assert_eq!(section[1], "Environment=\"OLLAMA_NUM_PARALLEL=4\"");
    }
}
