//! What a model is asked, as far as it decides which recorded answer belongs to it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A question to one model. Options are not part of it: a cassette holds one way of asking.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Question {
    /// Text to go on from, for `/api/generate`.
    Prompt(String),
    /// A conversation to go on with, for `/api/chat`.
    Messages(Vec<Message>),
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) role: String,
    #[serde(default)]
    pub(crate) content: String,
}

impl Question {
    /// Whether nothing is asked. Ollama takes such a request for one to load the model, or to unload it.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Question::Prompt(text) => text.is_empty(),
            Question::Messages(messages) => messages.is_empty(),
        }
    }

    /// The text that a model reads first.
    pub(crate) fn beginning(&self) -> &str {
        match self {
            Question::Prompt(text) => text,
            Question::Messages(messages) => messages.first().map_or("", |message| &message.content),
        }
    }

    /// Its words, one message after the other.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        let (prompt, messages) = match self {
            Question::Prompt(text) => (Some(text.as_str()), [].as_slice()),
            Question::Messages(messages) => (None, messages.as_slice()),
        };
        let texts = prompt
            .into_iter()
            .chain(messages.iter().map(|message| message.content.as_str()));
        texts.flat_map(str::split_whitespace)
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Question::Prompt(text) => f.write_str(text),
            Question::Messages(messages) => {
                f.write_str(&serde_json::to_string(messages).expect("strings are always JSON"))
            }
        }
    }
}
