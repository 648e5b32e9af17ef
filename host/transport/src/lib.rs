//! One attempt at Ollama over HTTP.
//!
//! An attempt ends in an answer, in a refusal for good, or in a classified failure; this crate never tries again and
//! never waits before it tries. Every stamp is taken when a read returns, before anything is parsed. There is no TLS and no
//! proxy yet.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod about;
mod address;
mod body;
mod classify;
mod error;
mod exchange;
mod extra;
mod failure;
mod name;
mod ollama;
mod reader;
mod residency;
mod table;

pub use about::ModelInfo;
pub use address::{Address, AddressError};
pub use error::TransportError;
pub use ollama::{Ollama, Timeouts};
pub use table::VERSION as CLASSIFICATION_VERSION;
