//! `lorem:N`: a model that answers anything, at N tokens a second.
//!
//! There is nothing to record for it, so a test or a trial of a client can ask it what it likes. Its tokens are words,
//! of its answers and of what it is asked.

use crate::question::Question;
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

    /// The answer to a question, with the time that it takes in its tail.
    pub(crate) fn reply(self, question: &Question, bound: Option<usize>) -> Reply {
        let tokens = bound.unwrap_or(TOKENS).min(MOST);
        let asked = question.words().max(1);
        let reads = nanos(asked as f64 / (self.0 * READS));
        let writes = nanos(tokens as f64 / self.0);
        let done_reason = if bound.is_some() { "length" } else { "stop" };
        let tail = Tail {
            done_reason: done_reason.to_owned(),
            total_duration: Some(reads.saturating_add(writes)),
            load_duration: None,
            prompt_eval_count: Some(asked as u64),
            prompt_eval_duration: Some(reads),
            eval_count: Some(tokens as u64),
            eval_duration: Some(writes),
        };
        Reply::of_words(text(tokens), tail)
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

/// Nanoseconds, at most as many as a duration of Go's can have.
fn nanos(seconds: f64) -> u64 {
    let most = i64::MAX as u64;
    Duration::try_from_secs_f64(seconds).map_or(most, |duration| {
        u64::try_from(duration.as_nanos()).unwrap_or(most).min(most)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace::{Loads, Pace};

    fn rate(key: &str) -> Rate {
        Rate::read(key).expect("a rate")
    }

    fn ask(key: &str, prompt: &str, bound: Option<usize>) -> Reply {
        rate(key).reply(&Question::Prompt(prompt.to_owned()), bound)
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
            let reply = ask("lorem:50", "anything", bound);
            let tail = reply.tail.clone().expect("an end");
            assert_eq!((reply.tokens(), tail.eval_count), (tokens, Some(tokens as u64)));
            assert_eq!(tail.done_reason, reason);
        }
        let reply = ask("lorem:50", "anything", Some(3));
        let words: Vec<_> = (0..3).map(|index| reply.token(index).response).collect();
        assert_eq!(words, ["lorem", " ipsum", " dolor"]);
    }

    #[test]
    fn tokens_are_due_at_its_rate_once_the_prompt_is_read() {
        let reply = ask("lorem:50", "five words are all asked", Some(4));
        let timetable = Pace::Recorded.timetable(&reply, Loads::Simulated);
        let dues: Vec<_> = (0..=4).map(|token| timetable.due(token).as_millis()).collect();
        assert_eq!(dues, [10, 30, 50, 70, 90]);
        let tail = reply.tail.expect("an end");
        assert_eq!(
            (tail.prompt_eval_count, tail.prompt_eval_duration),
            (Some(5), Some(10_000_000))
        );
        assert_eq!(
            (tail.eval_duration, tail.total_duration),
            (Some(80_000_000), Some(90_000_000))
        );
    }

    #[test]
    fn the_slowest_of_all_is_slow_and_not_at_once() {
        let reply = ask("lorem:0.0000000001", "x", None);
        let due = Pace::Recorded.timetable(&reply, Loads::Simulated).due(1);
        assert!(due > Duration::from_secs(1 << 20), "{due:?}");
    }
}
