//! What the facts about a server mean: findings, each with a mark and, where something can be done, what.

use super::slots::Slots;
use crate::figure::{parameters, span};
use crate::resident::{Place, Resident};
use crate::sign::Sign;
use std::time::Duration;

/// What is known of a server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Facts {
    pub(crate) server: String,
    pub(crate) version: String,
    /// The names of all its models.
    pub(crate) models: Vec<String>,
    /// Those in memory, once the model that was asked for is.
    pub(crate) loaded: Vec<Resident>,
    pub(crate) subject: Option<Subject>,
}

/// The model that was looked at more closely, as far as that came.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) parameters: Option<u64>,
    pub(crate) quantization: Option<String>,
    pub(crate) family: Option<String>,
    /// The longest context that it was trained for.
    pub(crate) context_tokens: Option<u32>,
    pub(crate) capabilities: Vec<String>,
    /// How it came into memory, or why it did not. None where that was not tried, here and below.
    pub(crate) load: Option<Result<Load, String>>,
    pub(crate) token: Option<Sign>,
    pub(crate) slots: Option<Measured>,
}

/// How a model came into memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Load {
    /// It was there already.
    Before,
    /// It was loaded, in so long.
    Now(Duration),
}

/// What came of asking several questions together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Measured {
    Found(Slots),
    /// The server does not say how long its answers waited.
    Untold,
    /// It failed, in these words.
    Failed(String),
}

/// How much something matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Ok,
    Note,
    Problem,
}

/// Something that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) mark: Mark,
    pub(crate) what: String,
    pub(crate) hint: Option<String>,
}

impl Finding {
    fn new(mark: Mark, what: impl Into<String>) -> Self {
        Finding {
            mark,
            what: what.into(),
            hint: None,
        }
    }

    fn with(self, hint: impl Into<String>) -> Self {
        Finding {
            hint: Some(hint.into()),
            ..self
        }
    }
}

/// Names of models that are listed.
const SHOWN: usize = 8;

/// What a model can do that answers questions.
const COMPLETION: &str = "completion";

/// Everything that is found, in the order in which it was looked at.
pub(crate) fn findings(facts: &Facts) -> Vec<Finding> {
    let mut found = vec![
        Finding::new(Mark::Ok, format!("{} answers", facts.server)),
        version(&facts.version),
        models(&facts.models),
    ];
    if let Some(subject) = &facts.subject {
        found.push(shown(subject));
        found.extend(subject.load.as_ref().map(|load| loaded(&subject.name, load)));
    }
    found.extend(facts.loaded.iter().map(resident));
    match &facts.subject {
        Some(subject) => {
            found.extend(subject.token.as_ref().map(|sign| token(&subject.name, sign)));
            found.extend(subject.slots.as_ref().map(|measured| slots(&subject.name, measured)));
        }
        None if facts.loaded.is_empty() => found.push(
            Finding::new(Mark::Note, "no model is in memory").with("--model MODEL loads one and looks at it closely"),
        ),
        None => found.push(
            Finding::new(Mark::Note, "no model was asked anything")
                .with("--model MODEL asks one, and finds how many questions it answers at once"),
        ),
    }
    found
}

/// The first version whose durations come from the `llama-server` that runs the models since.
const DURATIONS: [u32; 3] = [0, 30, 0];

fn version(version: &str) -> Finding {
    let said = format!("Ollama {version}");
    match release(version) {
        Some([0, 0, 0]) | None => Finding::new(
            Mark::Note,
            format!("{said} is no release, so what its durations mean is not known"),
        ),
        Some(release) if release < DURATIONS => Finding::new(
            Mark::Note,
            format!("{said} measures prompt and generation from other moments than 0.30.0 and later"),
        )
        .with("do not compare speeds across that border; a newer version can be had from ollama.com"),
        Some(_) => Finding::new(Mark::Ok, said),
    }
}

/// The numbers of a version such as `0.32.15`, `0.33.0-rc1` or `0.32.15+build`.
fn release(version: &str) -> Option<[u32; 3]> {
    let numbers = version.split(['-', '+']).next().unwrap_or_default();
    let numbers: Vec<u32> = numbers
        .split('.')
        .map(|number| number.parse().ok())
        .collect::<Option<_>>()?;
    numbers.try_into().ok()
}

fn models(names: &[String]) -> Finding {
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => Finding::new(Mark::Problem, "it has no models").with("`ollama pull NAME` fetches one"),
        1 => Finding::new(Mark::Ok, format!("1 model: {shown}")),
        number if number > SHOWN => Finding::new(
            Mark::Ok,
            format!("{number} models: {shown} and {} more", number - SHOWN),
        ),
        number => Finding::new(Mark::Ok, format!("{number} models: {shown}")),
    }
}

impl Subject {
    /// Whether it can be asked anything. Old servers do not say.
    pub(crate) fn answers(&self) -> bool {
        self.capabilities.is_empty() || self.capabilities.iter().any(|can| can == COMPLETION)
    }
}

fn shown(subject: &Subject) -> Finding {
    let can = match subject.capabilities.as_slice() {
        [] => None,
        some => Some(format!("can {}", some.join(", "))),
    };
    let known: Vec<String> = [
        subject
            .parameters
            .map(|count| format!("{} parameters", parameters(count))),
        subject.quantization.clone(),
        subject.family.clone(),
        subject
            .context_tokens
            .map(|tokens| format!("trained for {tokens} tokens of context")),
        can,
    ]
    .into_iter()
    .flatten()
    .collect();
    let said = match known.as_slice() {
        [] => format!("{} is there", subject.name),
        some => format!("{}: {}", subject.name, some.join(", ")),
    };
    if subject.answers() {
        Finding::new(Mark::Ok, said)
    } else {
        Finding::new(Mark::Problem, format!("{said}; it answers no questions")).with("choose a model that does")
    }
}

fn loaded(name: &str, load: &Result<Load, String>) -> Finding {
    match load {
        Ok(Load::Before) => Finding::new(Mark::Ok, format!("{name} was in memory")),
        Ok(Load::Now(took)) => Finding::new(Mark::Ok, format!("{name} was loaded in {}", span(*took))),
        Err(words) => Finding::new(Mark::Problem, format!("{name} was not loaded: {words}"))
            .with("the server's log tells more; `journalctl -u ollama` shows it where a unit runs it"),
    }
}

fn resident(resident: &Resident) -> Finding {
    let (name, size) = (&resident.name, resident.size());
    let rest = match resident.rest() {
        rest if rest.is_empty() => rest,
        rest => format!("; {rest}"),
    };
    match resident.place {
        Place::Graphics => Finding::new(Mark::Ok, format!("{name}: {size}, all in graphics memory{rest}")),
        Place::Split(share) => Finding::new(
            Mark::Problem,
            format!(
                "{name}: {size}, only {:.0} % in graphics memory, so the processor sets the pace{rest}",
                share * 100.0
            ),
        )
        .with(
            "a smaller context, a lower OLLAMA_NUM_PARALLEL or a smaller quantization makes it fit; `ollama stop NAME` \
             makes room if another model takes it",
        ),
        Place::Processor => Finding::new(Mark::Note, format!("{name}: {size}, all with the processor{rest}"))
            .with("if there is a graphics card, the server's log says why it is not used"),
        Place::Unknown => Finding::new(Mark::Note, format!("{name}: the server does not say where it is{rest}")),
    }
}

fn token(name: &str, sign: &Sign) -> Finding {
    let (what, hint) = sign.told(name);
    let mark = match sign {
        Sign::Token(_) | Sign::Recorded => Mark::Ok,
        _ => Mark::Problem,
    };
    Finding { mark, what, hint }
}

fn slots(name: &str, measured: &Measured) -> Finding {
    match measured {
        Measured::Found(Slots::Exactly(1)) => {
            Finding::new(Mark::Note, format!("{name} answers one question at a time"))
                .with("--concurrency 1 suits; OLLAMA_NUM_PARALLEL lets it answer more at once")
        }
        Measured::Found(Slots::Exactly(number)) => {
            Finding::new(Mark::Ok, format!("{name} answers {number} questions at once"))
                .with(format!("--concurrency {number} suits; more would only wait"))
        }
        Measured::Found(Slots::AtLeast(number)) => Finding::new(
            Mark::Ok,
            format!("{name} answers {number} questions at once, and perhaps more"),
        )
        .with("--concurrency auto finds how many"),
        Measured::Untold => Finding::new(
            Mark::Note,
            "the server does not say how long answers waited, so how many it gives at once is not known",
        ),
        Measured::Failed(words) => Finding::new(
            Mark::Problem,
            format!("{name} does not answer several questions that are asked at once: {words}"),
        ),
    }
}

#[cfg(test)]
pub(super) mod tests;
