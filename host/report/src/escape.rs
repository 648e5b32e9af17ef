//! JSON that does no harm where a person looks at it.
//!
//! JSON escapes the control characters of ASCII by itself. A terminal acts on others too, and some characters turn the
//! writing direction.

use crate::line::acts_on_terminals;
use serde::Serialize;

/// A value as JSON on one line, in which every character that a terminal would act on is escaped: the same value to
/// whoever reads it as JSON.
pub(crate) fn escaped(value: &impl Serialize) -> String {
    without_characters(&serde_json::to_string(value).expect("a value that JSON can hold"))
}

/// A value as JSON over several lines, in which every character that a terminal would act on is escaped: the same value
/// to whoever reads it as JSON.
///
/// # Panics
/// If a map in it has keys that are no texts, or a number is too large for JSON.
pub fn escaped_pretty(value: &impl Serialize) -> String {
    without_characters(&serde_json::to_string_pretty(value).expect("a value that JSON can hold"))
}

fn without_characters(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        // Outside of strings JSON has no such character but the ends of lines.
        if c != '\n' && acts_on_terminals(c) {
            text.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_that_a_terminal_would_act_on_is_escaped_and_means_the_same() {
        let hostile = "a\u{1b}[2J\u{9b}2J\u{7f}\u{202e}b\n\"数\"";
        for json in [escaped(&hostile), escaped_pretty(&hostile)] {
            assert!(!json.chars().any(acts_on_terminals), "{json:?}");
            assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), hostile);
        }
    }
}
