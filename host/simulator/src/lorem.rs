//! `lorem:N`: a model that answers anything, at N tokens a second.
//!
//! There is nothing to record for it, so a test or a trial of a client can ask it what it likes. Its tokens are words,
//! of its answers and of what it is asked.

use crate::manner::Manner;
use crate::reply::{Reply, Tail};
use std::time::Duration;

/// The name without the rate.
const NAME: &str = "lorem:";

/// The rates that are listed before anybody has asked for one.
pub(crate) const USUAL: [&str; 2] = ["lorem:50", "lorem:200"];

/// The fastest, in tokens a second: beyond it a test measures the machine.
const FASTEST: f64 = 100_000.0;

/// How many tokens an answer has, unless a request says otherwise.
const TOKENS: usize = 128;

/// The most that an answer has, whatever a request says.
const MOST: usize = 64 << 10;

/// A prompt is read this many times as fast as an answer is written.
const READS: f64 = 10.0;

/// What it says, over and over.
pub(crate) const PASSAGE: &str = "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor \
    incididunt ut labore et dolore magna aliqua ut enim ad minim veniam quis nostrud exercitation ullamco laboris nisi \
    ut aliquip ex ea commodo consequat duis aute irure dolor in reprehenderit in voluptate velit esse cillum dolore eu \
    fugiat nulla pariatur excepteur sint occaecat cupidatat non proident sunt in culpa qui officia deserunt mollit \
    anim id est laborum";

/// Tokens in a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rate(f64);

impl Rate {
    /// The rate in a model's key, if it is one of these models.
    pub(crate) fn read(key: &str) -> Option<Self> {
        let digits = key.strip_prefix(NAME)?;
        if !digits.chars().all(|c| c.is_ascii_digit() || c == '.') {
            return None;
        }
        let rate = digits.parse().ok()?;
        (rate > 0.0 && rate <= FASTEST).then_some(Rate(rate))
    }

    /// What the answer with this number says to a prompt of so many tokens. When, is [`Rate::times`]; until it is over
    /// its last object says nothing about that.
    pub(crate) fn reply(self, manner: &Manner, number: u64, asked: usize, bound: Option<usize>, thinks: bool) -> Reply {
        let wanted = bound.unwrap_or(TOKENS).min(MOST);
        let ends = manner.end.and_then(|end| end.of(number)).filter(|end| *end < wanted);
        let tokens = ends.unwrap_or(wanted);
        let thought = if thinks { manner.think.min(tokens) } else { 0 };
        let done_reason = if bound.is_some() && ends.is_none() {
            "length"
        } else {
            "stop"
        };
        let tail = Tail {
            done_reason: done_reason.to_owned(),
            prompt_eval_count: Some(asked as u64),
            eval_count: Some(tokens as u64),
            ..Tail::default()
        };
        // A character of several bytes is what a write can be cut in.
        let text = match manner.cut {
            true => text(tokens).replace('o', "ō"),
            false => text(tokens),
        };
        let at = text
            .match_indices(' ')
            .map(|(at, _)| at)
            .chain([text.len()])
            .nth(thought.wrapping_sub(1));
        let (thinking, response) = text.split_at(at.unwrap_or(0));
        Reply::of_words(thinking.to_owned(), response.to_owned(), tail)
    }

    /// How long it takes to read so many tokens of a prompt, and to write one.
    pub(crate) fn times(self, manner: &Manner, read: usize) -> (Duration, Duration) {
        let prompt = lasting(read as f64 / self.reads(manner)).saturating_add(manner.start);
        (prompt, lasting(self.0.recip()))
    }

    /// Tokens of a prompt that it reads in a second.
    pub(crate) fn reads(self, manner: &Manner) -> f64 {
        manner.read.unwrap_or(self.0 * READS)
    }

    /// Tokens that it writes in a second.
    pub(crate) fn per_second(self) -> f64 {
        self.0
    }
}

fn text(words: usize) -> String {
    let mut text = String::new();
    for word in PASSAGE.split_ascii_whitespace().cycle().take(words) {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

/// At most as long as a duration of Go's can be.
fn lasting(seconds: f64) -> Duration {
    let most = Duration::from_nanos(i64::MAX as u64);
    Duration::try_from_secs_f64(seconds).map_or(most, |duration| duration.min(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(key: &str) -> Rate {
        Rate::read(key).expect("a rate")
    }

    fn ask(key: &str, bound: Option<usize>) -> Reply {
        rate(key).reply(&Manner::default(), 1, 1, bound, true)
    }

    #[test]
    fn a_name_tells_the_rate() {
        for (key, expected) in [
            ("lorem:50", Some(Rate(50.0))),
            ("lorem:0.5", Some(Rate(0.5))),
            ("lorem:100000", Some(Rate(100_000.0))),
            ("lorem:100001", None),
            ("lorem:0", None),
            ("lorem:-1", None),
            ("lorem:1e3", None),
            ("lorem:inf", None),
            ("lorem:.", None),
            ("lorem:latest", None),
            ("other:50", None),
        ] {
            assert_eq!(Rate::read(key), expected, "{key}");
        }
    }

    #[test]
    fn it_says_as_many_words_as_it_may() {
        for (bound, tokens, reason) in [
            (None, 128, "stop"),
            (Some(5), 5, "length"),
            (Some(1 << 30), 64 << 10, "length"),
        ] {
            let reply = ask("lorem:50", bound);
            let tail = reply.tail.clone().expect("an end");
            assert_eq!((reply.tokens(), tail.eval_count), (tokens, Some(tokens as u64)));
            assert_eq!(tail.done_reason, reason);
        }
        let reply = ask("lorem:50", Some(3));
        let words: Vec<_> = (0..3)
            .map(|index| reply.tokens_from(index, index + 1).0.response)
            .collect();
        assert_eq!(words, ["lorem", " ipsum", " dolor"]);
    }

    #[test]
    fn a_prompt_is_read_ten_times_as_fast_as_an_answer_is_written_unless_something_else_is_set() {
        let millis = Duration::from_millis;
        assert_eq!(rate("lorem:50").times(&Manner::default(), 5), (millis(10), millis(20)));
        let manner = "read=1000,start=7ms".parse().expect("a manner");
        assert_eq!(rate("lorem:50").times(&manner, 5), (millis(12), millis(20)));
    }

    #[test]
    fn the_slowest_of_all_is_slow_and_not_at_once() {
        let (_, step) = rate("lorem:0.0000000001").times(&Manner::default(), 1);
        assert!(step > Duration::from_secs(1 << 20), "{step:?}");
    }
}
