//! How much room a text gets in the page, counted as it is written there: escaped.

use crate::excerpt::{Excerpt, Keep, fair_limit};
use crate::line::acts_on_terminals;
use std::borrow::Cow;

/// The most for what is a line or two unless somebody is up to something: reasons, messages, labels.
const SHORT: usize = 4 << 10;

/// The most that a single text may take, in bytes.
#[derive(Clone, Copy)]
pub(super) struct Room(usize);

impl Room {
    /// The most for each text under which all together keep within a budget.
    pub(super) fn shared_by<'a>(texts: impl Iterator<Item = &'a Excerpt>, budget: usize) -> Self {
        let lengths = texts.map(|text| text.kept().chars().map(room_of).sum());
        Room(fair_limit(lengths.collect(), budget))
    }

    /// The same for what should be short.
    pub(super) fn short(self) -> Self {
        Room(self.0.min(SHORT))
    }

    /// A text as it is shown, with a line that says so where it was cut.
    pub(super) fn excerpt(self, excerpt: &Excerpt) -> String {
        let mut left = self.0;
        let end = excerpt.kept().char_indices().find(|(_, c)| {
            let fits = room_of(*c) <= left;
            left = left.saturating_sub(room_of(*c));
            !fits
        });
        visible(&excerpt.shown(end.map_or(usize::MAX, |(end, _)| end)))
    }

    /// The same for a text that is not kept apart.
    pub(super) fn text(self, text: &str) -> String {
        self.excerpt(&Keep::Beginnings.text(text))
    }
}

/// What a character takes, as the template escapes it and as [`visible`] shows it.
fn room_of(c: char) -> usize {
    match c {
        '&' | '<' | '>' | '"' | '\'' => 5,
        c if c.is_ascii_control() => 3,
        c => c.len_utf8(),
    }
}

/// A text with its control characters as pictures, since a page would swallow them.
fn visible(text: &str) -> String {
    let text = if text.contains("\r\n") {
        Cow::Owned(text.replace("\r\n", "\n"))
    } else {
        Cow::Borrowed(text)
    };
    let picture = |c: char| match c {
        '\n' | '\t' => c,
        '\u{7f}' => '\u{2421}',
        c if c.is_ascii_control() => char::from_u32(0x2400 + u32::from(c)).unwrap_or(c),
        // Those that have no picture of their own, and those that would turn the text after them around.
        c if acts_on_terminals(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.chars().map(picture).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_do_something_are_shown_instead() {
        assert_eq!(
            visible("a\u{1b}b\u{7f}\u{9b}c\u{202e}d\te\r\nf"),
            "a\u{241b}b\u{2421}\u{fffd}c\u{fffd}d\te\nf"
        );
    }

    #[test]
    fn room_is_counted_as_it_is_written() {
        assert_eq!(Room(12).text("a<b<c<d"), "a<b<\n[cut here; 3 bytes more in the record]");
        assert_eq!(Room(12).text("abcdefghijkl"), "abcdefghijkl");
    }

    #[test]
    fn control_characters_are_seen() {
        assert_eq!(Room(99).text("a\u{0}\u{1b}[2J\r\n\tb\u{7f}"), "a␀␛[2J\n\tb␡");
    }
}
