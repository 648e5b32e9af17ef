//! The programs of a problem: one finds out what the reference answers, and one for each part compares with it.

use super::packed::is_packed;
use super::{Inputs, Part};
use crate::problem::Problem;
use koderz_plugin::prelude::{Exit, Limits, Outcome, Program};
use std::time::Duration;

/// The longest answer that is kept as it is, in bytes of Python's `marshal`. The answers to a thousand inputs are then
/// some 30,000 characters, which an evaluator may be expected to keep.
const LONGEST: usize = 256;

/// Processor time of a reference. The longest takes 4 seconds natively; nobody's answer is judged by this limit.
const REFERENCE: Duration = Duration::from_secs(120);

/// Memory of a reference, and what it may print.
const REFERENCE_MEMORY: u64 = 1 << 30;
const REFERENCE_OUTPUT: u64 = 1 << 20;

/// The functions that are put after an answer.
const DIGESTS: [&str; 2] = ["_koderz_digest", "_koderz_digests"];

/// The problem with an oracle of its own: of several zeros of a polynomial any is right. Its prompt has the polynomial.
const ZERO: (&str, &str) = ("find_zero", "poly");

const KEPT: &str = include_str!("kept.py");
const SUBJECT: &str = include_str!("subject.py");
const REFERENCE_PROGRAM: &str = include_str!("reference.py");
const JUDGE: &str = include_str!("judge.py");

impl Inputs {
    /// The program that finds out what the reference answers. It is the same for every sample and under all settings, so
    /// that it has to be run once.
    pub(crate) fn reference_program(&self, problem: &Problem) -> Program {
        let names = [
            ("_name", literal(&problem.entry_point)),
            ("_prompt", literal(&problem.prompt)),
            ("_solution", literal(&self.reference)),
            ("_conditions", literal(&self.contract)),
            ("_oracle", literal(oracle(problem))),
            ("_tolerance", number(self.tolerance)),
            ("_longest", LONGEST.to_string()),
            ("_base", literal(&self.base)),
            ("_plus", literal(&self.plus)),
        ];
        Program {
            language: "python".to_owned(),
            subject: format!("{KEPT}\n\n{}\n{REFERENCE_PROGRAM}", assignments(&names)),
            judge: None,
            entry_points: Vec::new(),
            stdin: Vec::new(),
            limits: Limits {
                cpu: REFERENCE,
                wall: REFERENCE * 10,
                memory_bytes: REFERENCE_MEMORY,
                output_bytes: REFERENCE_OUTPUT,
            },
        }
    }

    /// The program that tries an answer with one part of the inputs.
    pub(crate) fn judged(
        &self,
        problem: &Problem,
        subject: &str,
        part: Part,
        expected: &Expected,
        limits: Limits,
    ) -> Program {
        let name = literal(&problem.entry_point);
        let (inputs, expected) = match part {
            Part::Base => (&self.base, &expected.base),
            Part::Plus => (&self.plus, &expected.plus),
        };
        let names = [
            ("_name", name.clone()),
            ("_prompt", literal(&problem.prompt)),
            ("_oracle", literal(oracle(problem))),
            ("_tolerance", number(self.tolerance)),
            ("_inputs", literal(inputs)),
            ("_expected", literal(expected)),
        ];
        let mut entry_points = vec![problem.entry_point.clone()];
        entry_points.extend(DIGESTS.map(str::to_owned));
        Program {
            language: "python".to_owned(),
            subject: format!("{subject}\n\n\n{KEPT}{SUBJECT}_koderz_name = {name}\n"),
            judge: Some(format!("{}{JUDGE}", assignments(&names))),
            entry_points,
            stdin: Vec::new(),
            limits,
        }
    }
}

/// What the reference answers, as its program has printed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    base: String,
    plus: String,
}

impl Expected {
    /// Reads what the program printed.
    ///
    /// # Errors
    /// Why the reference has no answers.
    pub(crate) fn read(outcome: &Outcome) -> Result<Self, String> {
        let what = match &outcome.exit {
            Exit::Passed => {
                let printed = String::from_utf8_lossy(&outcome.stdout);
                let mut lines = printed.lines().rev().map(str::to_owned);
                match (lines.next(), lines.next()) {
                    (Some(plus), Some(base)) if is_packed(&base) && is_packed(&plus) => {
                        return Ok(Expected { base, plus });
                    }
                    _ => "it printed no answers".to_owned(),
                }
            }
            Exit::Failed(why) | Exit::Crashed(why) => why.clone(),
            Exit::CpuLimit | Exit::WallLimit => "it did not end in time".to_owned(),
            Exit::MemoryLimit => "it asked for more memory than it may have".to_owned(),
            Exit::OutputLimit => "its answers are too long".to_owned(),
        };
        Err(format!("the problem's reference has no answers: {what}"))
    }
}

/// The function of the prompt that says whether an answer is right; empty where the reference says it.
fn oracle(problem: &Problem) -> &'static str {
    if problem.entry_point == ZERO.0 { ZERO.1 } else { "" }
}

/// A text as a literal of Python. What JSON escapes, Python reads in the same way.
fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn number(value: f64) -> String {
    format!("{value:?}")
}

fn assignments(names: &[(&str, String)]) -> String {
    names
        .iter()
        .map(|(name, value)| format!("{name} = {value}\n"))
        .collect()
}
