//! What an instance said on its way out, as the reader of a report is told.
//!
//! Whatever comes from an instance may have been written by what a model wrote, so none of it is long, and none of it
//! moves a terminal's cursor.

use wasmtime::{Error, Trap};
use wasmtime_wasi::I32Exit;

/// Characters that are kept of a text.
const MOST: usize = 4000;

/// A text from an instance.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = String::new();
    for (number, character) in text.chars().enumerate() {
        match character {
            _ if number == MOST => {
                shown.push('…');
                break;
            }
            '\n' | '\t' => shown.push(character),
            control if control.is_control() => shown.extend(control.escape_default()),
            _ => shown.push(character),
        }
    }
    shown
}

/// A reply that is not carried across.
pub(crate) fn too_long(bytes: usize) -> String {
    format!("a reply of {} MiB, which is more than may cross", bytes >> 20)
}

/// A reply that ended its judge.
pub(crate) fn undigested(how: &str) -> String {
    format!("an answer that the check cannot deal with: {how}")
}

/// A trap.
pub(crate) fn in_words(trap: &Error) -> String {
    if let Some(exit) = trap.downcast_ref::<I32Exit>() {
        return format!("ended the process with status {}", exit.0);
    }
    match trap.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => "stack overflow".to_owned(),
        Some(Trap::UnreachableCodeReached) => "the interpreter aborted".to_owned(),
        Some(trap) => trap.to_string(),
        None => format!("{trap:#}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_from_an_instance_is_short_and_moves_no_cursor() {
        assert_eq!(shown("Odd: é\n\tline 3"), "Odd: é\n\tline 3");
        assert_eq!(shown("\u{1b}[2J\0\r\u{9b}"), "\\u{1b}[2J\\u{0}\\r\\u{9b}");
        assert_eq!(shown(&"é".repeat(MOST)), "é".repeat(MOST));
        assert_eq!(shown(&"é".repeat(MOST + 1)), format!("{}…", "é".repeat(MOST)));
    }
}
