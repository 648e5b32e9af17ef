//! The contract for plugins that are machine code of the host's own machine: a shared library with one symbol.
//!
//! The library exports a C function [`SYMBOL`] that is given the host's side, [`Host`], and answers its own, [`Plugin`].
//! From then on only bytes cross: a call names an operation, and its argument and its answer are JSON texts of the types
//! of this crate. `koderz_plugin.h` beside the SDK says the same in C.
//!
//! | operation | handle | argument | answer |
//! |---|---|---|---|
//! | [`DESCRIBE`](operation::DESCRIBE) | 0 | `null` | [`About`] |
//! | [`SUITE_SCHEMA`](operation::SUITE_SCHEMA) | 0 | `null` | a JSON Schema |
//! | [`SUITE_OPEN`](operation::SUITE_OPEN) | 0 | the settings | a handle |
//! | [`SUITE_DESCRIBE`](operation::SUITE_DESCRIBE) | of the suite | `null` | [`SuiteInfo`](crate::suite::SuiteInfo) |
//! | [`SUITE_TASKS`](operation::SUITE_TASKS) | of the suite | a cursor or `null` | [`TaskPage`](crate::suite::TaskPage) |
//! | [`SUITE_NEXT`](operation::SUITE_NEXT) | of the suite | `[`[`Trial`](crate::suite::Trial)`, [`[`Round`](crate::suite::Round)`, …]]` | [`Step`](crate::suite::Step) |
//! | [`SUITE_SUMMARIZE`](operation::SUITE_SUMMARIZE) | of the suite | `[`[`Graded`](crate::summary::Graded)`, …]` | `[`[`Figure`](crate::summary::Figure)`, …]` |
//! | [`SUITE_NEXT_STAGE`](operation::SUITE_NEXT_STAGE) | of the suite | `[`[`Graded`](crate::summary::Graded)`, …]` | [`Plan`](crate::summary::Plan) or `null` |
//! | [`SUITE_ANSWER`](operation::SUITE_ANSWER) | of the suite | [`Task`](crate::suite::Task) | a text or `null` |
//! | [`RETRY_SCHEMA`](operation::RETRY_SCHEMA) | 0 | `null` | a JSON Schema |
//! | [`RETRY_OPEN`](operation::RETRY_OPEN) | 0 | the settings | a handle |
//! | [`RETRY_DECIDE`](operation::RETRY_DECIDE) | of the policy | [`Attempt`](crate::retry::Attempt) | [`Decision`](crate::retry::Decision) |
//! | [`EVALUATOR_LANGUAGES`](operation::EVALUATOR_LANGUAGES) | 0 | `null` | `["…", …]` |
//! | [`EVALUATOR_OPEN`](operation::EVALUATOR_OPEN) | 0 | `null` | a handle |
//! | [`EVALUATOR_RUN`](operation::EVALUATOR_RUN) | of the evaluator | a source | `null` |
//! | [`EVALUATOR_LOAD`](operation::EVALUATOR_LOAD) | of the evaluator | a source | `null` |
//! | [`EVALUATOR_CALL`](operation::EVALUATOR_CALL) | of the evaluator | `[entry point, input]` | a text |
//! | [`EVALUATOR_JUDGE`](operation::EVALUATOR_JUDGE) | of the evaluator | `[source, [entry point, …]]` | `null`, or `{"broken": "…"}` or `{"failed": "…"}` |
//! | [`CLOSE`](operation::CLOSE) | any | `null` | `null` |
//!
//! A number that JSON cannot write, such as a metric that is not a number, cannot cross.

use crate::identity::PluginInfo;
use serde::{Deserialize, Serialize};
use std::ffi::c_void;

/// The function that a library exports: [`Entry`].
pub const SYMBOL: &str = "koderz_plugin_v1";

/// What [`Host::abi`] and [`Plugin::abi`] say. It changes only where an old side could not work with a new one.
pub const ABI: u32 = 1;

/// What a plugin's call comes to.
pub mod status {
    /// The output is the answer.
    pub const ANSWERED: u32 = 0;
    /// The output is the error of the contract's call, in words.
    pub const REFUSED: u32 = 1;
    /// The call failed as a trap would: a panic, say. The output says what happened.
    pub const FAILED: u32 = 2;
    /// The plugin does not have the operation.
    pub const UNKNOWN: u32 = 3;
}

/// What of granted data a read comes to.
pub mod read {
    /// The bytes are there.
    pub const READ: u32 = 0;
    /// Nothing was granted by that name.
    pub const NOT_GRANTED: u32 = 1;
    /// The range does not lie inside, or is longer than is read at once.
    pub const OUT_OF_RANGE: u32 = 2;
    /// The host could not read it.
    pub const UNREADABLE: u32 = 3;
}

/// The operations of [`Plugin::call`].
#[expect(missing_docs, reason = "the table of the module says what each is")]
pub mod operation {
    pub const DESCRIBE: u32 = 0;
    pub const CLOSE: u32 = 1;
    pub const SUITE_SCHEMA: u32 = 16;
    pub const SUITE_OPEN: u32 = 17;
    pub const SUITE_DESCRIBE: u32 = 18;
    pub const SUITE_TASKS: u32 = 19;
    pub const SUITE_NEXT: u32 = 20;
    pub const SUITE_SUMMARIZE: u32 = 21;
    pub const SUITE_NEXT_STAGE: u32 = 22;
    pub const SUITE_ANSWER: u32 = 23;
    pub const RETRY_SCHEMA: u32 = 32;
    pub const RETRY_OPEN: u32 = 33;
    pub const RETRY_DECIDE: u32 = 34;
    pub const EVALUATOR_LANGUAGES: u32 = 48;
    pub const EVALUATOR_OPEN: u32 = 49;
    pub const EVALUATOR_RUN: u32 = 50;
    pub const EVALUATOR_LOAD: u32 = 51;
    pub const EVALUATOR_CALL: u32 = 52;
    pub const EVALUATOR_JUDGE: u32 = 53;
}

/// Who a plugin is, and which interfaces of the contract it has, by their names there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Who it is.
    pub identity: PluginInfo,
    /// `suite`, `summary`, `planner`, `reference`, `retry`, `evaluator`.
    pub interfaces: Vec<String>,
}

/// Bytes that one side allocated and the same side frees.
#[derive(Debug)]
#[repr(C)]
pub struct Bytes {
    /// Where they are; null where there are none.
    pub data: *mut u8,
    /// How many.
    pub length: usize,
}

/// What the host offers a plugin. It lives as long as the process. Every function takes the context of the call that the
/// plugin is in; outside of a call there is none, and nothing of this may be used.
#[derive(Debug)]
#[repr(C)]
pub struct Host {
    /// Bytes of this structure, so that a later host can add to its end.
    pub size: u32,
    /// [`ABI`].
    pub abi: u32,
    /// Writes a line: 0 is trace, 1 debug, 2 information, 3 a warning, 4 an error.
    pub log: unsafe extern "C" fn(context: *mut c_void, level: u32, text: *const u8, length: usize),
    /// The length of granted data: a status of [`read`].
    pub data_length:
        unsafe extern "C" fn(context: *mut c_void, name: *const u8, length: usize, answer: *mut u64) -> u32,
    /// Reads granted data into the plugin's buffer of `count` bytes: a status of [`read`].
    pub data_read: unsafe extern "C" fn(
        context: *mut c_void,
        name: *const u8,
        length: usize,
        offset: u64,
        buffer: *mut u8,
        count: u32,
    ) -> u32,
    /// What a program under test writes: stream 1 is standard output, 2 standard error. 0 means that it may not write more.
    pub program_write: unsafe extern "C" fn(context: *mut c_void, stream: u32, bytes: *const u8, length: usize) -> u32,
    /// Standard input of a program under test: how many bytes were put into the buffer, 0 at its end.
    pub program_read: unsafe extern "C" fn(context: *mut c_void, buffer: *mut u8, length: usize) -> usize,
    /// A judge's way to its subject: [`status::ANSWERED`] or [`status::REFUSED`], or [`status::FAILED`] where the subject is
    /// gone and the judge has to end. What it answers is freed with `free`.
    pub subject: unsafe extern "C" fn(
        context: *mut c_void,
        entry_point: *const u8,
        entry_point_length: usize,
        input: *const u8,
        input_length: usize,
        answer: *mut Bytes,
    ) -> u32,
    /// Frees what the host allocated.
    pub free: unsafe extern "C" fn(bytes: Bytes),
}

/// What a plugin offers the host. It lives as long as the process, because a library is never unloaded.
#[derive(Debug)]
#[repr(C)]
pub struct Plugin {
    /// Bytes of this structure.
    pub size: u32,
    /// [`ABI`].
    pub abi: u32,
    /// Performs an operation: a status of [`status`]. Calls may come from any thread and several at once, though never two
    /// at once with the same handle. What is answered is freed with `free`.
    pub call: Option<
        unsafe extern "C" fn(
            context: *mut c_void,
            handle: u64,
            operation: u32,
            input: *const u8,
            length: usize,
            answer: *mut Bytes,
        ) -> u32,
    >,
    /// Frees what the plugin allocated.
    pub free: Option<unsafe extern "C" fn(bytes: Bytes)>,
}

/// The type of [`SYMBOL`]: null where the plugin does not want this host.
pub type Entry = unsafe extern "C" fn(host: *const Host) -> *const Plugin;
