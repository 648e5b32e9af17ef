//! How long what is asked is, and how long what is answered.

use koderz_plugin::schemars;
use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Shape {
    /// An essay, a task for a programmer and a puzzle.
    #[default]
    Classic,
    /// 512 tokens to read and 1 to write, as llama-bench has it.
    Pp512,
    /// 128 tokens to write, as llama-bench has it.
    Tg128,
    /// 200 tokens to read and 200 to write.
    Chat,
    /// 4096 tokens to read and 256 to write.
    Rag,
    /// 1024 tokens to read and 512 to write.
    Code,
    /// The nine that LocalScore has, from 64 to 4096 tokens to read and from 16 to 3072 to write.
    Localscore,
    /// 128, 512, 1024 and 2048 tokens to read: what a token costs is the slope of a line through the times.
    Prefill,
    /// 1024 tokens to read, and the same ones again, which a server may have kept.
    Cached,
}

/// A length of prompt and answer, in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Length {
    pub(crate) name: &'static str,
    pub(crate) read: u32,
    pub(crate) write: u32,
}

const fn length(name: &'static str, read: u32, write: u32) -> Length {
    Length { name, read, write }
}

const LOCALSCORE: [Length; 9] = [
    length("1024+16", 1024, 16),
    length("4096+256", 4096, 256),
    length("2048+256", 2048, 256),
    length("2048+768", 2048, 768),
    length("1024+1024", 1024, 1024),
    length("1280+3072", 1280, 3072),
    length("384+1152", 384, 1152),
    length("64+1024", 64, 1024),
    length("16+1536", 16, 1536),
];

const PREFILL: [Length; 4] = [
    length("128", 128, 1),
    length("512", 512, 1),
    length("1024", 1024, 1),
    length("2048", 2048, 1),
];

impl Shape {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Shape::Classic => "classic",
            Shape::Pp512 => "pp512",
            Shape::Tg128 => "tg128",
            Shape::Chat => "chat",
            Shape::Rag => "rag",
            Shape::Code => "code",
            Shape::Localscore => "localscore",
            Shape::Prefill => "prefill",
            Shape::Cached => "cached",
        }
    }

    /// None for prompts that are what they are.
    pub(crate) fn lengths(self) -> &'static [Length] {
        match self {
            Shape::Classic => &[],
            Shape::Pp512 => const { &[length("512+1", 512, 1)] },
            Shape::Tg128 => const { &[length("16+128", 16, 128)] },
            Shape::Chat => const { &[length("200+200", 200, 200)] },
            Shape::Rag => const { &[length("4096+256", 4096, 256)] },
            Shape::Code => const { &[length("1024+512", 1024, 512)] },
            Shape::Localscore => &LOCALSCORE,
            Shape::Prefill => &PREFILL,
            Shape::Cached => const { &[length("cold", 1024, 1), length("warm", 1024, 1)] },
        }
    }

    /// Tokens that the longest takes with its answer.
    pub(crate) fn longest(self) -> u32 {
        self.lengths()
            .iter()
            .map(|length| length.read + length.write)
            .max()
            .unwrap_or(0)
    }
}
