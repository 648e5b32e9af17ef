//! What a new plugin begins from, and how one is built.
//!
//! The SDK, the contract and the templates are part of the program: [`begin`] writes a project that needs nothing else of
//! this one, and [`build`] calls the language's own tools in it.

#![warn(missing_docs)]

mod begin;
mod build;
mod interpreted;
mod tools;

pub use begin::{BeginError, Begun, begin};
pub use build::{BuildError, Built, build};

use std::fmt;
use std::str::FromStr;

/// What a plugin is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A benchmark.
    Suite,
    /// A retry policy.
    Retry,
    /// Something that runs programs.
    Evaluator,
}

/// What a plugin is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Rust: every kind.
    #[default]
    Rust,
    /// Python: suites and retry policies.
    Python,
    /// JavaScript: suites and retry policies.
    JavaScript,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 3] = [Kind::Suite, Kind::Retry, Kind::Evaluator];

    /// What a user types.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Suite => "suite",
            Kind::Retry => "retry",
            Kind::Evaluator => "evaluator",
        }
    }
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 3] = [Language::Rust, Language::Python, Language::JavaScript];

    /// What a user types.
    pub fn name(self) -> &'static str {
        match self {
            Language::Rust => "rust",
            Language::Python => "python",
            Language::JavaScript => "javascript",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Kind::ALL.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| "suite, retry or evaluator is needed".to_owned())
    }
}

impl FromStr for Language {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Language::ALL.into_iter().find(|language| language.name() == text);
        found.ok_or_else(|| "rust, python or javascript is needed".to_owned())
    }
}
