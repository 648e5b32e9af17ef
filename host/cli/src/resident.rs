//! A model in memory, as people are told of it.

use crate::figure::{harmless, memory, stay};
use koderz_transport::LoadedModel;
use std::time::{Duration, SystemTime};

/// A model in memory.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Resident {
    pub(crate) name: String,
    /// What it takes; none where the server does not know.
    pub(crate) bytes: Option<u64>,
    pub(crate) place: Place,
    pub(crate) context_tokens: Option<u32>,
    /// How long it stays if nobody asks it anything.
    pub(crate) stays: Option<Duration>,
}

/// Where its weights and its context are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Place {
    /// All in the memory of graphics cards.
    Graphics,
    /// So large a share of it there, and the rest with the processor.
    Split(f64),
    /// With the processor.
    Processor,
    /// The server does not say.
    Unknown,
}

impl Resident {
    pub(crate) fn of(loaded: &LoadedModel, now: SystemTime) -> Self {
        Resident {
            name: harmless(&loaded.name),
            bytes: (loaded.bytes > 0).then_some(loaded.bytes),
            place: Place::of(loaded.bytes, loaded.vram_bytes),
            context_tokens: loaded.context_tokens,
            stays: loaded.stays(now),
        }
    }

    /// `5.2 GB`.
    pub(crate) fn size(&self) -> String {
        self.bytes.map_or_else(|| "unknown size".to_owned(), memory)
    }

    /// `4096 tokens of context, stays 4 min 12 s`.
    pub(crate) fn rest(&self) -> String {
        let context = self.context_tokens.map(|tokens| format!("{tokens} tokens of context"));
        let stays = self.stays.map(|time| format!("stays {}", stay(time)));
        let known: Vec<String> = [context, stays].into_iter().flatten().collect();
        known.join(", ")
    }
}

impl Place {
    /// Of a model that takes so much memory, some of it a graphics card's. Some servers say 0 because they do not know.
    fn of(bytes: u64, graphics: u64) -> Self {
        match (bytes, graphics) {
            (0, _) => Place::Unknown,
            (_, 0) => Place::Processor,
            (bytes, graphics) if graphics < bytes => Place::Split(graphics as f64 / bytes as f64),
            _ => Place::Graphics,
        }
    }

    /// The share in the memory of graphics cards, where it is known.
    pub(crate) fn share(self) -> Option<f64> {
        match self {
            Place::Graphics => Some(1.0),
            Place::Split(share) => Some(share),
            Place::Processor => Some(0.0),
            Place::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_model_is_follows_from_its_two_sizes() {
        for (bytes, graphics, place) in [
            (100, 100, Place::Graphics),
            (100, 120, Place::Graphics),
            (100, 62, Place::Split(0.62)),
            (100, 0, Place::Processor),
            (0, 0, Place::Unknown),
        ] {
            assert_eq!(Place::of(bytes, graphics), place, "{bytes} {graphics}");
        }
    }
}
