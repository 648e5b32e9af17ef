//! A run in the formats of others: one text for each, described in `docs/reference/runs.md`.
//!
//! Nothing is left out because a run is not finished: what has no verdict says so.

mod completions;
mod csv;
mod form;
mod go_benchmark;
mod grouped;
mod junit;
mod markdown;
mod printable;

pub use completions::{passed, result};
pub use form::{Form, export, export_several};
