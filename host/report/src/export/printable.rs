//! Texts of others, without what a table or XML cannot hold.

use crate::line::acts_on_terminals;

/// A text without control characters and those that turn the writing direction, the ends of lines and tabs apart.
pub(super) fn printable(text: &str) -> String {
    let kept = |c: &char| matches!(c, '\n' | '\t') || !acts_on_terminals(*c);
    text.chars().filter(kept).collect()
}
