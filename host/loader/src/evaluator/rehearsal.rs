//! A program that is run to find out about its evaluator rather than about itself.

use koderz_api::execution::{ExecutionError, Outcome, Program};
use koderz_core::ports::Evaluator;

/// What a program came to, and what of it was the evaluator's own doing.
#[derive(Clone, Debug, PartialEq)]
pub struct Rehearsal {
    /// What a run would be told.
    pub ended: Result<Outcome, ExecutionError>,
    /// The call of the contract that did not come back, because it trapped or was ended by a limit; none where all that
    /// were made answered, were it with an exception or an objection.
    pub lost: Option<&'static str>,
}

/// An evaluator that can be found out about.
pub trait Rehearse: Evaluator {
    /// Runs a program, whatever was found out about it before.
    fn rehearse(&self, program: &Program) -> Rehearsal;

    /// Loads a program and calls a definition of it, as a judge would: `passed` where that answers, `crashed` where it is
    /// refused; none for a library, which nothing would end.
    fn rehearse_call(&self, _program: &Program, _entry_point: &str, _input: &str) -> Option<Rehearsal> {
        None
    }
}
