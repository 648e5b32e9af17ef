//! Whose trouble a failure is: what a breaker counts, and against what.
//!
//! A breaker holds traffic back so that whatever is in trouble can recover. A failure that says nothing about the next
//! question must not count, or a few odd questions would stop a run.

use crate::ollama::Ollama;
use crate::sight::Sight;
use crate::table::{Class, SAID};
use koderz_api::transport::Failure;
use koderz_core::ports::Refusal;

/// What a failure counts against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Blame {
    /// The server as a whole, or the way to it: all of its models are held back.
    Server,
    /// One model or its runner, or the cloud behind it: the others still answer.
    Model,
    /// The question or the client, a queue that is full, or whoever cancelled. Nothing is held back for it.
    Nobody,
}

impl Ollama {
    /// Whom a failed attempt counts against. A failure that is not in this version's table counts against nobody.
    pub fn blame(failure: &Failure) -> Blame {
        blamed(|class| matches!(class, Class::Failed(kind, detail) if kind == failure.kind && detail == failure.detail))
    }

    /// Whom a refusal counts against. Most are the question's own; a model that does not fit into memory or into this
    /// version of the server refuses every question alike.
    pub fn blame_of_refusal(refusal: &Refusal) -> Blame {
        blamed(|class| matches!(class, Class::Refused(detail) if detail == refusal.detail))
    }
}

fn blamed(fits: impl Fn(Class) -> bool) -> Blame {
    meanings()
        .find(|(class, _)| fits(*class))
        .map_or(Blame::Nobody, |(_, blame)| blame)
}

/// Everything that either half of the table can answer.
fn meanings() -> impl Iterator<Item = (Class, Blame)> {
    let said = SAID.iter().map(|row| (row.3, row.4));
    said.chain(Sight::ALL.into_iter().map(Sight::meaning))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure carries its kind and detail and not its row, so the rows that share them have to agree.
    #[test]
    fn a_kind_and_a_detail_have_one_blame_wherever_they_stand() {
        for (class, blame) in meanings() {
            let others = meanings().filter(|(other, _)| *other == class);
            assert!(others.into_iter().all(|(_, other)| other == blame), "{class:?}");
        }
    }

    #[test]
    fn what_no_row_knows_counts_against_nobody() {
        let refusal = Refusal {
            status: None,
            detail: "invalid-extra".to_owned(),
            message: String::new(),
        };
        assert_eq!(Ollama::blame_of_refusal(&refusal), Blame::Nobody);
    }
}
