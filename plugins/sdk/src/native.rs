//! The shell that makes a shared library of a trait: operations and JSON texts into calls of the author's type.
//!
//! Present only with the feature `native`, outside of WASM. [`koderz_api::native`] has the operations. Everything opened is
//! kept here under a number, and a panic ends the call and not the host.

mod evaluator;
#[doc(hidden)]
pub mod glue;
mod opened;
mod retry;
mod suite;

use koderz_api::identity::PluginInfo;
use koderz_api::native::{About, operation};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use evaluator::Evaluators;
pub use retry::Policies;
pub use suite::{CheckedSuites, MeasuringSuites, Suites};

/// Why a call has no answer.
pub enum Failure {
    /// The contract's error, in words.
    Refused(String),
    /// The call itself went wrong.
    Failed(String),
    /// There is no such operation.
    Unknown,
}

/// What a call comes to: a JSON text, or why there is none.
pub type Answer = Result<Vec<u8>, Failure>;

/// A kind of plugin, for an author's type.
pub trait Kind {
    /// Who it is.
    fn identity() -> PluginInfo;

    /// The names of its interfaces.
    const INTERFACES: &[&str];

    /// Performs an operation of the kind.
    ///
    /// # Errors
    /// Why there is no answer.
    fn perform(operation: u32, handle: u64, input: &[u8]) -> Answer;
}

/// Performs any operation.
fn perform<K: Kind>(operation: u32, handle: u64, input: &[u8]) -> Answer {
    match operation {
        operation::DESCRIBE => answer(&About {
            identity: K::identity(),
            interfaces: K::INTERFACES.iter().map(|name| (*name).to_owned()).collect(),
        }),
        operation::CLOSE => {
            opened::close(handle);
            answer(&())
        }
        _ => K::perform(operation, handle, input),
    }
}

fn answer(value: &impl Serialize) -> Answer {
    serde_json::to_vec(value).map_err(|error| Failure::Failed(format!("what it answers has no JSON: {error}")))
}

fn argument<T: DeserializeOwned>(input: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(input)
        .map_err(|error| Failure::Failed(format!("the host's argument cannot be read: {error}")))
}

fn settings<S: crate::Settings>(input: &[u8]) -> Result<S, Failure> {
    let text = std::str::from_utf8(input).map_err(|error| Failure::Refused(error.to_string()))?;
    crate::settings::read(text).map_err(Failure::Refused)
}
