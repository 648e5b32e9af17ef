//! What a task is.

use crate::measure::Asked;
use crate::text::text;
use koderz_plugin::prelude::*;
use serde::{Deserialize, Serialize};

/// What a task is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Work {
    /// Bring the model into memory.
    Load,
    /// Take the model out of memory and bring it back.
    Reload,
    /// Ask something that does not count.
    WarmUp,
    /// Ask this and measure.
    Ask(Ask),
}

/// A question that is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Ask {
    pub(crate) prompt: Prompt,
    /// The longest answer in tokens.
    pub(crate) write: u32,
    /// Tokens that the prompt should come to, where that is known.
    pub(crate) read: Option<u32>,
}

/// What is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Prompt {
    /// This, after a number that is another one in every trial.
    Said(String),
    /// This and nothing else.
    Verbatim(String),
    /// So many words, others in every trial.
    Words(u32),
    /// So many words that go with a seed.
    Same(u32, u64),
}

impl Ask {
    /// A prompt of no particular length.
    pub(crate) fn any(prompt: Prompt, write: u32) -> Self {
        Ask {
            prompt,
            write,
            read: None,
        }
    }

    pub(crate) fn request(&self, seed: u64) -> Request {
        let said = match &self.prompt {
            Prompt::Said(prompt) => format!("[{seed:08x}] {prompt}"),
            Prompt::Verbatim(prompt) => prompt.clone(),
            Prompt::Words(words) => text(*words, seed),
            Prompt::Same(words, seed) => text(*words, *seed),
        };
        let mut request = chat(said);
        request.sampling.max_output_tokens = Some(self.write);
        request.capture.chunk_times = true;
        // A prompt that was cut would be read in less time than one that was not.
        request.extra = Some(r#"{"truncate":false}"#.to_owned());
        request
    }

    pub(crate) fn asked(&self) -> Asked {
        Asked {
            read: self.read,
            write: self.read.map(|_| self.write),
        }
    }
}

pub(crate) fn hello(seed: u64) -> Request {
    let mut request = chat(format!("[{seed:08x}] Say hello."));
    request.sampling.max_output_tokens = Some(16);
    request
}
