//! `koderz doctor`: what can be told of a server from outside, what is wrong with it, and how it could be set.
//!
//! Ollama shows none of its settings, so they are inferred: where a model is from its sizes, the number of its slots from
//! how long answers waited for one.

mod advice;
mod examine;
mod finding;
mod slots;
mod told;

pub(crate) use examine::doctor;
