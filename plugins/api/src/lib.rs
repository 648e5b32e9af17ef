//! The plugin contract as plain Rust types.
//!
//! One module for each interface of `wit/koderz-plugin-0.1.0`, with the same names and the same fields, and serde for
//! all of them (and a field or two beyond them that the host keeps for itself): the host writes these values into its record, and a native plugin receives them as JSON. Nothing here
//! decides anything. The WIT files remain the text of the contract; what they say in prose is not repeated here beyond
//! what a reader of the Rust types needs.

#![warn(missing_docs)]

pub mod chat;
pub mod execution;
pub mod identity;
pub mod limit;
pub mod mirror;
pub mod nanos;
pub mod native;
pub mod retry;
pub mod seed;
pub mod statistics;
pub mod suite;
pub mod summary;
pub mod timing;
pub mod transport;
pub mod waterfall;

/// A JSON text, used where the shape belongs to the plugin or to the model server.
pub type Json = String;

/// A name and its value, for open-ended annotations.
pub type Label = (String, String);

/// The version of the contract that these types belong to.
pub const CONTRACT: &str = "0.1.0";
