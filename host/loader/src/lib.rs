//! Turns plugin files into the ports of the core.
//!
//! The only crate that knows wasmtime. A plugin is what it exports: [`Plugin::load`] reads a file, looks at the names
//! of its exports, compiles it, and instantiates it once to learn who it is and which settings it takes; from then on it
//! can be opened as a [`suite`](Plugin::open_suite), a [`retry policy`](Plugin::open_retry) or an
//! [`evaluator`](Plugin::open_evaluator). What a plugin does wrong comes back as an error that names it; it never takes
//! the host down. Shared libraries are loaded only where the user trusts them, since none of this holds for them.

#![warn(missing_docs)]

mod bindings;
pub mod digest;
mod engine;
mod error;
mod evaluator;
mod grants;
mod guest;
mod library;
mod limits;
mod native;
mod nearest;
mod plugin;
mod probe;
mod retry;
mod seclusion;
mod settings;
mod suite;
mod trust;
mod whole;

pub use engine::{Counting, Engines, INSTRUCTIONS, Told};
pub use error::LoadError;
pub use evaluator::ComponentEvaluator;
pub use evaluator::rehearsal::{Rehearsal, Rehearse};
pub use grants::{GrantError, Grants};
pub use library::{Claim, Library, Serving, Wanted};
pub use nearest::nearest;
pub use plugin::Plugin;
pub use probe::Interface;
pub use retry::ComponentRetry;
pub use settings::SettingError;
pub use suite::ComponentSuite;
pub use trust::{Bounds, Trust};

koderz_api::mirror_identity!(bindings);
koderz_api::mirror_suite!(bindings);
koderz_api::mirror_measuring!(bindings);
koderz_api::mirror_retry!(bindings);
