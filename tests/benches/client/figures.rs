//! What a client says of its work.

use serde::{Deserialize, Serialize};
use std::process::{Command, Stdio};

/// What a client has done, in how much time of the clock and of its processor, in seconds. What it did to get ready is
/// left out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub(crate) questions: u32,
    pub(crate) tokens: u64,
    pub(crate) wall: f64,
    pub(crate) processor: f64,
    /// Of a load in which that is looked at: when each line came.
    pub(crate) answers: Vec<Answer>,
}

/// When the lines of one answer came, in nanoseconds of the clock that all processes read alike.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) prompt: String,
    pub(crate) lines: Vec<u64>,
}

impl Figures {
    /// As one line of JSON, which is how a client says it.
    pub(crate) fn line(&self) -> String {
        serde_json::to_string(self).expect("numbers are JSON")
    }

    /// What a client said.
    pub(crate) fn measured(client: &mut Command) -> Self {
        let output = client
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .expect("the client starts");
        assert!(output.status.success(), "the client ended with {}", output.status);
        serde_json::from_slice(&output.stdout).expect("the client says its figures")
    }
}
