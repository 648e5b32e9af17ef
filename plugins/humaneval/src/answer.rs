//! Finding the code in what a model said.
//!
//! Models think aloud, fence their code in several ways or not at all, write a draft first, explain afterwards, and are
//! cut off. What is here knows lines, indentation and fences, and enough of Python's strings and brackets to tell a
//! whole definition from a broken one; it does not parse Python, so nothing an answer holds can make it fail.

mod block;
mod body;
mod choice;
mod prose;
mod python;
mod scanner;
mod spoken;

pub(crate) use choice::{Choice, Missing, choose};
pub(crate) use python::split_futures;
