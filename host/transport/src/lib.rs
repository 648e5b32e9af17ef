//! One attempt at Ollama over HTTP.
//!
//! An attempt ends in an answer, in a refusal for good, or in a classified failure; this crate never tries again and
//! never waits before it tries. Every stamp is taken when a read returns, before anything is parsed.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod about;
mod address;
mod blame;
mod body;
mod canary;
mod capacity;
mod classify;
mod connect;
mod error;
mod exchange;
mod extra;
mod failure;
mod header;
mod loaded;
mod name;
mod ollama;
mod patience;
mod reader;
mod residency;
mod secret;
mod show;
mod sight;
mod silence;
mod table;
mod tls;

pub use about::ModelInfo;
pub use address::{Address, AddressError};
pub use blame::Blame;
pub use capacity::{CapacityError, is_overloaded, wait_for_capacity};
pub use error::TransportError;
pub use header::{Header, HeaderError};
pub use loaded::LoadedModel;
pub use ollama::{Ollama, Options, Proxies, Timeouts};
pub use patience::{parameter_count, suggested_silence};
pub use secret::Secret;
pub use show::ModelDetails;
pub use table::VERSION as CLASSIFICATION_VERSION;

/// The guide's own code, run as it stands there.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/library.md")]
struct Guide;
