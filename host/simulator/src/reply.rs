//! A recorded answer and its tokens.
//!
//! A cassette holds the text and how many tokens it was, not where one ended and the next began. So the text is cut
//! into as many pieces of nearly equal length, and a piece stands for a token from then on. Where the number is not
//! known a piece is a word.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The most tokens that an answer may have. No model's context holds more.
pub(crate) const MOST_TOKENS: u64 = 16 << 20;

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    thinking: Text,
    response: Text,
    /// What the last object of the stream said; nothing if the stream ended without one.
    pub(crate) tail: Option<Tail>,
}

/// What the last object of an answer says about all of it. Durations are in nanoseconds, as Ollama sends them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Tail {
    pub(crate) done_reason: String,
    pub(crate) total_duration: Option<u64>,
    pub(crate) load_duration: Option<u64>,
    pub(crate) prompt_eval_count: Option<u64>,
    pub(crate) prompt_eval_duration: Option<u64>,
    pub(crate) eval_count: Option<u64>,
    pub(crate) eval_duration: Option<u64>,
}

/// Text of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said<'a> {
    pub(crate) thinking: &'a str,
    pub(crate) response: &'a str,
}

impl Reply {
    /// An answer whose tokens are as many as its last object says.
    pub(crate) fn new(thinking: String, response: String, tail: Option<Tail>) -> Self {
        let counted = tail
            .as_ref()
            .and_then(|tail| tail.eval_count)
            .filter(|count| *count > 0);
        let (thinking, response) = match counted {
            None => (Text::of_words(thinking), Text::of_words(response)),
            Some(count) => {
                let count = usize::try_from(count.min(MOST_TOKENS)).expect("16 Mi fits");
                let thought = share(count, thinking.len(), response.len());
                (
                    Text::of_equals(thinking, thought),
                    Text::of_equals(response, count - thought),
                )
            }
        };
        Reply {
            thinking,
            response,
            tail,
        }
    }

    /// An answer whose tokens are its words.
    pub(crate) fn of_words(thinking: String, response: String, tail: Tail) -> Self {
        Reply {
            thinking: Text::of_words(thinking),
            response: Text::of_words(response),
            tail: Some(tail),
        }
    }

    /// How many tokens it has.
    pub(crate) fn tokens(&self) -> usize {
        self.thinking.tokens() + self.response.tokens()
    }

    /// Whether the model thought before it answered.
    pub(crate) fn thinks(&self) -> bool {
        !self.thinking.text.is_empty()
    }

    /// Tokens from `index` to before `end`, or to the end of thinking, which comes before the answer; and where they end.
    pub(crate) fn tokens_from(&self, index: usize, end: usize) -> (Said<'_>, usize) {
        let thought = self.thinking.tokens();
        let end = if index < thought { end.min(thought) } else { end };
        let (before, all) = (self.first(index), self.first(end));
        let said = Said {
            thinking: &all.thinking[before.thinking.len()..],
            response: &all.response[before.response.len()..],
        };
        (said, end)
    }

    /// All that the first tokens say.
    pub(crate) fn first(&self, tokens: usize) -> Said<'_> {
        let thought = self.thinking.tokens();
        Said {
            thinking: self.thinking.first(tokens.min(thought)),
            response: self.response.first(tokens.saturating_sub(thought)),
        }
    }

    /// What the last object would have said, had the answer been bounded to this many tokens.
    pub(crate) fn tail_of_first(&self, tokens: usize) -> Tail {
        let whole = self.tail.clone().unwrap_or_default();
        let part = |nanos: u64| {
            let part = u128::from(nanos) * tokens as u128 / self.tokens().max(1) as u128;
            u64::try_from(part).unwrap_or(nanos)
        };
        let eval_duration = whole.eval_duration.map(part);
        let saved = whole.eval_duration.unwrap_or(0) - eval_duration.unwrap_or(0);
        Tail {
            done_reason: "length".to_owned(),
            total_duration: whole.total_duration.map(|total| total.saturating_sub(saved)),
            eval_count: Some(tokens as u64),
            eval_duration,
            ..whole
        }
    }
}

impl Tail {
    /// What it says of the times of an answer if it says so many times what they were. The total is at least what its
    /// parts come to.
    pub(crate) fn took(self, prompt: Duration, wrote: Duration, total: Duration, factor: f64) -> Self {
        let nanos = |time: Duration| time.mul_f64(factor).as_nanos().min(i64::MAX as u128) as u64;
        let parts = Duration::from_nanos(self.load_duration.unwrap_or(0)) + prompt + wrote;
        Tail {
            total_duration: Some(nanos(total.max(parts))),
            prompt_eval_duration: Some(nanos(prompt)),
            eval_duration: Some(nanos(wrote)),
            ..self
        }
    }

    /// What it says if the runner was waited for this long and the slot that long, where the recorded load was another.
    pub(crate) fn waited(self, load: Duration, slot: Duration) -> Self {
        let nanos = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let recorded = self
            .total_duration
            .unwrap_or(0)
            .saturating_sub(self.load_duration.unwrap_or(0));
        let total = recorded.saturating_add(nanos(load)).saturating_add(nanos(slot));
        Tail {
            total_duration: Some(total),
            load_duration: Some(nanos(load)),
            ..self
        }
    }
}

/// How many of an answer's tokens were thinking: in proportion to the text, and at least one of each that there is.
fn share(count: usize, thinking: usize, response: usize) -> usize {
    match (thinking, response) {
        (0, _) => 0,
        (_, 0) => count,
        _ if count < 2 => 0,
        _ => {
            let exact = count as u128 * thinking as u128 / (thinking + response) as u128;
            usize::try_from(exact).unwrap_or(count).clamp(1, count - 1)
        }
    }
}

/// A text and how it is cut into tokens.
#[derive(Clone, Debug, PartialEq)]
struct Text {
    text: String,
    cut: Cut,
}

#[derive(Clone, Debug, PartialEq)]
enum Cut {
    /// Into this many pieces of the same length, some of them empty where there are more of them than characters.
    Equals(usize),
    /// Where each piece ends.
    At(Vec<usize>),
}

impl Text {
    fn of_equals(text: String, pieces: usize) -> Self {
        let cut = Cut::Equals(pieces);
        Text { text, cut }
    }

    /// A word has the blanks before it, as tokens do; the last one also those after it.
    fn of_words(text: String) -> Self {
        let mut ends = Vec::new();
        let mut in_word = false;
        for (at, c) in text.char_indices() {
            if in_word && c.is_whitespace() {
                ends.push(at);
            }
            in_word = !c.is_whitespace();
        }
        if in_word || ends.is_empty() {
            ends.push(text.len());
        } else if let Some(last) = ends.last_mut() {
            *last = text.len();
        }
        if text.is_empty() {
            ends.clear();
        }
        let cut = Cut::At(ends);
        Text { text, cut }
    }

    fn tokens(&self) -> usize {
        match &self.cut {
            Cut::Equals(pieces) => *pieces,
            Cut::At(ends) => ends.len(),
        }
    }

    /// Where the first tokens end.
    fn end(&self, tokens: usize) -> usize {
        if tokens == 0 {
            return 0;
        }
        if tokens >= self.tokens() {
            return self.text.len();
        }
        match &self.cut {
            Cut::At(ends) => ends[tokens - 1],
            Cut::Equals(pieces) => {
                let at = self.text.len() as u128 * tokens as u128 / *pieces as u128;
                let at = usize::try_from(at).expect("a part is no longer than the whole");
                self.text.floor_char_boundary(at)
            }
        }
    }

    fn first(&self, tokens: usize) -> &str {
        &self.text[..self.end(tokens)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(thinking: &str, response: &str, eval_count: u64) -> Reply {
        let tail = Tail {
            eval_count: Some(eval_count),
            ..Tail::default()
        };
        Reply::new(thinking.to_owned(), response.to_owned(), Some(tail))
    }

    fn tokens(reply: &Reply) -> Vec<(&str, &str)> {
        let said = (0..reply.tokens()).map(|index| reply.tokens_from(index, index + 1).0);
        said.map(|said| (said.thinking, said.response)).collect()
    }

    #[test]
    fn an_answer_has_as_many_tokens_as_were_counted_and_they_are_its_text() {
        for (text, count) in [("abcdefg", 3), ("aé日本語z", 4), ("ab", 5), ("", 2), ("abc", 1)] {
            let reply = counted("", text, count);
            assert_eq!(reply.tokens() as u64, count, "{text}");
            let all: String = tokens(&reply).into_iter().map(|(_, response)| response).collect();
            assert_eq!(all, text);
        }
        assert_eq!(
            tokens(&counted("", "abcdefg", 3)),
            [("", "ab"), ("", "cd"), ("", "efg")]
        );
    }

    #[test]
    fn without_a_count_a_token_is_a_word() {
        let words = |text: &str| {
            let reply = Reply::new(String::new(), text.to_owned(), None);
            tokens(&reply)
                .into_iter()
                .map(|(_, response)| response.to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(words("one two  three\n"), ["one", " two", "  three\n"]);
        assert_eq!(words("  one"), ["  one"]);
        assert_eq!(words(" \n "), [" \n "]);
        assert!(words("").is_empty());
    }

    #[test]
    fn thinking_has_its_share_of_the_tokens_and_comes_first() {
        let reply = counted("think!", "ok", 4);
        assert_eq!(tokens(&reply), [("th", ""), ("in", ""), ("k!", ""), ("", "ok")]);
        let said = reply.first(2);
        assert_eq!((said.thinking, said.response), ("thin", ""));
        let said = reply.first(9);
        assert_eq!((said.thinking, said.response), ("think!", "ok"));
        assert_eq!(
            tokens(&counted("t", "a long answer", 2)),
            [("t", ""), ("", "a long answer")]
        );
    }

    #[test]
    fn waiting_is_part_of_the_total_and_only_that_for_a_runner_of_the_load() {
        let tail = Tail {
            total_duration: Some(1_000),
            load_duration: Some(10),
            eval_duration: Some(800),
            ..Tail::default()
        };
        let expected = Tail {
            total_duration: Some(1_350),
            load_duration: Some(300),
            ..tail.clone()
        };
        assert_eq!(
            tail.waited(Duration::from_nanos(300), Duration::from_nanos(60)),
            expected
        );
    }

    #[test]
    fn a_bounded_answer_took_less_time_and_says_that_it_was_bounded() {
        let tail = Tail {
            done_reason: "stop".to_owned(),
            total_duration: Some(1_000),
            load_duration: Some(10),
            prompt_eval_count: Some(7),
            prompt_eval_duration: Some(190),
            eval_count: Some(8),
            eval_duration: Some(800),
        };
        let bounded = Reply::new(String::new(), "x".repeat(80), Some(tail.clone())).tail_of_first(2);
        let expected = Tail {
            done_reason: "length".to_owned(),
            total_duration: Some(400),
            eval_count: Some(2),
            eval_duration: Some(200),
            ..tail
        };
        assert_eq!(bounded, expected);
    }
}
