//! How one answer goes: how many of its tokens are sent, and what follows them.

use crate::fault::Break;
use crate::reply::{Reply, Tail};

/// The course of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Script {
    /// How many tokens are sent.
    pub(crate) tokens: usize,
    pub(crate) end: End,
}

/// What follows the tokens.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum End {
    /// The object that says so.
    Done(Tail),
    /// Nothing, as it was recorded.
    Unfinished,
    /// A fault.
    Fault(Break),
}

/// The course of an answer that may have `bound` tokens and meets a fault after some of them.
pub(crate) fn script(reply: &Reply, bound: Option<usize>, fault: Option<(usize, Break)>) -> Script {
    let all = reply.tokens();
    let undisturbed = match (bound, &reply.tail) {
        (Some(bound), _) if bound < all => Script {
            tokens: bound,
            end: End::Done(reply.tail_of_first(bound)),
        },
        (_, Some(tail)) => Script {
            tokens: all,
            end: End::Done(tail.clone()),
        },
        (_, None) => Script {
            tokens: all,
            end: End::Unfinished,
        },
    };
    match fault {
        None => undisturbed,
        Some((after, way)) => Script {
            tokens: undisturbed.tokens.min(after),
            end: End::Fault(way),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(done: bool) -> Reply {
        let tail = Tail {
            done_reason: "stop".to_owned(),
            eval_count: Some(4),
            ..Tail::default()
        };
        Reply::new(String::new(), "a b c d".to_owned(), done.then_some(tail))
    }

    #[test]
    fn an_answer_ends_as_it_was_recorded() {
        let tail = reply(true).tail.expect("a tail");
        for bound in [None, Some(4), Some(5)] {
            let whole = script(&reply(true), bound, None);
            assert_eq!((whole.tokens, whole.end), (4, End::Done(tail.clone())));
        }
        let unfinished = script(&reply(false), None, None);
        assert_eq!((unfinished.tokens, unfinished.end), (4, End::Unfinished));
    }

    #[test]
    fn a_bound_below_its_length_ends_it_before_the_model_did() {
        for done in [true, false] {
            let bounded = script(&reply(done), Some(3), None);
            let End::Done(tail) = bounded.end else {
                panic!("no end: {bounded:?}");
            };
            assert_eq!(
                (bounded.tokens, tail.done_reason.as_str(), tail.eval_count),
                (3, "length", Some(3))
            );
        }
    }

    #[test]
    fn a_fault_comes_after_its_tokens_or_at_the_end() {
        for (after, bound, tokens) in [(0, None, 0), (2, None, 2), (9, None, 4), (3, Some(1), 1)] {
            let broken = script(&reply(true), bound, Some((after, Break::Reset)));
            assert_eq!((broken.tokens, broken.end), (tokens, End::Fault(Break::Reset)));
        }
    }
}
