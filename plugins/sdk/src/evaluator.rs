//! What the author of an evaluator writes.

use koderz_api::identity::PluginInfo;
use std::rc::Rc;

/// Why a judge did not accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Objection {
    /// A check failed: which, in a line or two.
    Failed(String),
    /// The judge cannot be run, for instance because it does not parse.
    Broken(String),
}

/// A judge's way to the program that it judges, which is in an instance of its own.
pub trait Subject {
    /// Calls a definition there with plain values in the evaluator's own encoding.
    ///
    /// # Errors
    /// What [`Evaluator::call`] refused with. Where the subject ends in any other way, so does the judge.
    fn call(&self, entry_point: &str, input: &str) -> Result<String, String>;
}

/// Runs programs of a language.
///
/// The host gives each program an instance of its own, and each instance one role: it runs a program without a judge
/// ([`run`](Evaluator::run)), holds a subject ([`load`](Evaluator::load), then [`call`](Evaluator::call)) or holds a judge
/// ([`judge`](Evaluator::judge)). Limits of time and memory are the host's concern, and what a program writes goes through
/// [`program::write`](crate::program::write).
pub trait Evaluator: Sized + 'static {
    /// Who this is.
    fn identity() -> PluginInfo;

    /// The languages that it runs, in lower case.
    fn languages() -> Vec<String>;

    /// A new instance.
    fn new() -> Self;

    /// Runs a source to its end as the language runs a main program.
    ///
    /// # Errors
    /// The exception that ended it.
    fn run(&mut self, source: &str) -> Result<(), String>;

    /// Runs a source to its end as the language imports a module, and keeps what it defined.
    ///
    /// # Errors
    /// The exception that ended it.
    fn load(&mut self, source: &str) -> Result<(), String>;

    /// Calls a definition of the loaded source. In, the arguments; out, the value and the arguments as the call left them.
    ///
    /// # Errors
    /// The exception.
    fn call(&mut self, entry_point: &str, input: &str) -> Result<String, String>;

    /// Runs a judge whose calls of the entry points go to the subject, which an interpreter may keep for as long as it runs.
    ///
    /// # Errors
    /// Why it does not accept.
    fn judge(&mut self, source: &str, entry_points: &[String], subject: Rc<dyn Subject>) -> Result<(), Objection>;
}
