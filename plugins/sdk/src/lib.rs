//! For authors of Koderz plugins.
//!
//! A plugin is a pure function of what it is told. It never asks a model, reads a file or looks at a clock: it returns
//! a description of what it wants, the host performs that, and the result comes back as an argument of the next call.
//! So a run can be stopped, resumed, replayed and graded again without the plugin knowing.
//!
//! Write one of the traits and name it in [`export!`]:
//!
//! | to make | write | and say |
//! |---|---|---|
//! | a benchmark | [`Suite`] | `export!(suite: Mine);` |
//! | a benchmark that knows right answers | [`Suite`] and [`Reference`] | `export!(checked_suite: Mine);` |
//! | a benchmark with figures of its own, or stages that follow from them | [`Suite`] and [`Measuring`] | `export!(measuring_suite: Mine);` |
//! | a retry policy | [`RetryPolicy`] | `export!(retry: Mine);` |
//! | something that runs programs | [`Evaluator`] | `export!(evaluator: Mine);` |
//!
//! ```
//! use koderz_plugin::{prelude::*, schemars};
//!
//! /// Settings are documented here: the host shows these words to the user.
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
//! struct Settings {
//!     /// What the answer has to contain.
//!     wanted: String,
//! }
//!
//! impl Default for Settings {
//!     fn default() -> Self {
//!         Settings { wanted: "4".to_owned() }
//!     }
//! }
//!
//! struct Sums(Settings);
//!
//! impl Suite for Sums {
//!     type Settings = Settings;
//!
//!     fn identity() -> PluginInfo {
//!         koderz_plugin::identity!("sums", "Asks for the sum of two and two.")
//!     }
//!     fn open(settings: Settings) -> Result<Self, String> {
//!         Ok(Sums(settings))
//!     }
//!     fn describe(&self) -> SuiteInfo {
//!         SuiteInfo { task_count: Some(1), ..suite_info("main") }
//!     }
//!     fn tasks(&self, _cursor: Option<&str>) -> Result<TaskPage, String> {
//!         Ok(TaskPage { tasks: vec![task("sum/1", "main", &"2 + 2")?], next: None })
//!     }
//!     fn next(&self, trial: &Trial, history: &[Round]) -> Result<Step, String> {
//!         match history.last().and_then(|round| round.first()) {
//!             None => Ok(ask(chat(input::<String>(trial)?))),
//!             Some(Completion::Asked(Ok(reply))) if reply.text.contains(&self.0.wanted) => Ok(pass()),
//!             Some(Completion::Asked(Ok(reply))) => Ok(fail(format!("answered {}", reply.text))),
//!             Some(other) => Ok(inconclusive(other)),
//!         }
//!     }
//! }
//!
//! koderz_plugin::export!(suite: Sums);
//! ```
//!
//! # Building
//!
//! A crate of its own needs in `Cargo.toml`, with `PATH` leading to this crate,
//!
//! ```toml
//! [lib]
//! crate-type = ["cdylib", "rlib"]
//!
//! [dependencies]
//! koderz-plugin = { path = "PATH" }
//! serde = { version = "1", features = ["derive"] }
//! schemars = "1"
//!
//! [profile.release]
//! opt-level = "s"
//! lto = true
//! strip = true
//! ```
//!
//! and in `.cargo/config.toml`, so that cargo writes a component and not a core module,
//!
//! ```toml
//! [target.wasm32-unknown-unknown]
//! linker = "wasm-component-ld"
//! ```
//!
//! Then `cargo build --release --target wasm32-unknown-unknown` writes `target/wasm32-unknown-unknown/release/NAME.wasm`, and
//! `koderz benchmark --suite ./NAME.wasm` or `--retry ./NAME.wasm` uses it; one that lies in `plugins` in the user's data folder
//! is found by its name. `rustup target add wasm32-unknown-unknown` provides the target's standard library. `koderz
//! plugin new` writes all of this, and `koderz plugin build` calls cargo.
//!
//! `cargo test` runs the same code natively, with [`testing`] in the place of a host.

#![warn(missing_docs)]

pub mod answer;
pub mod data;
mod evaluator;
pub mod log;
#[cfg(all(feature = "native", not(target_arch = "wasm32")))]
#[doc(hidden)]
pub mod native;
#[cfg(any(feature = "native", target_arch = "wasm32"))]
mod panics;
pub mod program;
mod retry;
mod settings;
mod step;
mod suite;
pub mod testing;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod wasm;

pub use evaluator::{Evaluator, Objection, Subject};
pub use koderz_api as api;
pub use retry::RetryPolicy;
pub use schemars;
pub use settings::{Settings, schema};
pub use suite::{Measuring, Reference, Suite};

/// What most plugins need in scope.
pub mod prelude {
    pub use crate::evaluator::{Evaluator, Objection, Subject};
    pub use crate::retry::RetryPolicy;
    pub use crate::step::{
        ask, chat, completion, fail, fail_as, inconclusive, input, limits, pass, perform, suite_info, task, task_input,
    };
    pub use crate::suite::{Measuring, Reference, Suite};
    pub use koderz_api::chat::{
        AskError, Capture, Format, Message, Prompt, Reply, Request, Residency, Role, Sampling, StopReason,
    };
    pub use koderz_api::execution::{ExecutionError, Exit, Limits, Outcome, Program};
    pub use koderz_api::identity::PluginInfo;
    pub use koderz_api::retry::{Attempt, Decision};
    pub use koderz_api::suite::{
        Arrivals, Command, Completion, Direction, Grade, Metric, MetricInfo, Pacing, Reduction, Round, Stage, Step,
        SuiteInfo, Task, TaskPage, Trial, Verdict,
    };
    pub use koderz_api::summary::{Figure, Graded, Plan};
    pub use koderz_api::transport::{Endpoint, Failure, FailureKind, Phase};
}

/// The identity of the crate that calls this: its name as given, its version as in its `Cargo.toml`.
#[macro_export]
macro_rules! identity {
    ($name:expr, $summary:expr) => {
        $crate::api::identity::PluginInfo {
            name: String::from($name),
            version: String::from(env!("CARGO_PKG_VERSION")),
            summary: String::from($summary),
        }
    };
}

/// Makes a plugin of a type: `export!(suite: Mine)`, `export!(checked_suite: Mine)`, `export!(measuring_suite: Mine)`,
/// `export!(retry: Mine)` or `export!(evaluator: Mine)`.
///
/// In WASM that is a component. Outside of it, with the feature `native`, it is a shared library, for which the type has to
/// be `Send`; without the feature it only checks that the type has the traits, so that tests link.
#[macro_export]
macro_rules! export {
    (suite: $plugin:ident) => {
        #[cfg(target_arch = "wasm32")]
        mod koderz_exported {
            type Plugin = $crate::wasm::suite::Exported<super::$plugin>;
            $crate::wasm::suite::bindings::export_suite!(Plugin with_types_in $crate::wasm::suite::bindings);
        }
        $crate::export_natively!(Suites, Suite, $plugin);
    };
    (checked_suite: $plugin:ident) => {
        #[cfg(target_arch = "wasm32")]
        mod koderz_exported {
            type Plugin = $crate::wasm::checked_suite::Exported<super::$plugin>;
            $crate::wasm::checked_suite::bindings::export_checked_suite!(Plugin with_types_in $crate::wasm::checked_suite::bindings);
        }
        $crate::export_natively!(CheckedSuites, Reference, $plugin);
    };
    (measuring_suite: $plugin:ident) => {
        #[cfg(target_arch = "wasm32")]
        mod koderz_exported {
            type Plugin = $crate::wasm::measuring_suite::Exported<super::$plugin>;
            $crate::wasm::measuring_suite::bindings::export_measuring_suite!(Plugin with_types_in $crate::wasm::measuring_suite::bindings);
        }
        $crate::export_natively!(MeasuringSuites, Measuring, $plugin);
    };
    (retry: $plugin:ident) => {
        #[cfg(target_arch = "wasm32")]
        mod koderz_exported {
            type Plugin = $crate::wasm::retry::Exported<super::$plugin>;
            $crate::wasm::retry::bindings::export_retry!(Plugin with_types_in $crate::wasm::retry::bindings);
        }
        $crate::export_natively!(Policies, RetryPolicy, $plugin);
    };
    (evaluator: $plugin:ident) => {
        #[cfg(target_arch = "wasm32")]
        mod koderz_exported {
            type Plugin = $crate::wasm::evaluator::Exported<super::$plugin>;
            $crate::wasm::evaluator::bindings::export_evaluator!(Plugin with_types_in $crate::wasm::evaluator::bindings);
        }
        $crate::export_natively!(Evaluators, Evaluator, $plugin);
    };
}

#[cfg(all(feature = "native", not(target_arch = "wasm32")))]
#[doc(hidden)]
#[macro_export]
macro_rules! export_natively {
    ($kind:ident, $trait:ident, $plugin:ident) => {
        #[expect(
            unsafe_code,
            reason = "the border is C; the SDK's documentation has its contract"
        )]
        mod koderz_native {
            use $crate::api::native::{Host, Plugin};

            static PLUGIN: Plugin = $crate::native::glue::plugin::<$crate::native::$kind<super::$plugin>>();

            /// # Safety
            /// As of the SDK's `enter`, which this hands on to.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn koderz_plugin_v1(host: *const Host) -> *const Plugin {
                // SAFETY: as the host promises.
                unsafe { $crate::native::glue::enter(host, &PLUGIN) }
            }
        }
    };
}

#[cfg(not(all(feature = "native", not(target_arch = "wasm32"))))]
#[doc(hidden)]
#[macro_export]
macro_rules! export_natively {
    ($kind:ident, $trait:ident, $plugin:ident) => {
        const _: fn() = || {
            fn exportable<T: $crate::$trait>() {}
            exportable::<$plugin>();
        };
    };
}
