//! Telling prose from Python, line by line, where no fence does.
//!
//! In Python two names never stand side by side unless one of them is a keyword, which is what sentences are made of.

use super::python::{KEYWORDS, is_of_word, word};

/// Keywords whose line needs a colon.
const COMPOUND: [&str; 12] = [
    "async", "class", "def", "elif", "else", "except", "finally", "for", "if", "try", "while", "with",
];

/// Keywords that a statement does not begin with.
const INNER: [&str; 6] = ["and", "as", "in", "is", "not", "or"];

/// Letters that may stand before a string, which then is of another kind.
const PREFIXES: [&str; 8] = ["r", "b", "f", "u", "rb", "br", "rf", "fr"];

/// What stands before a place in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Nothing,
    Keyword,
    /// A name, a number, a string, or a closing bracket: what a second one cannot follow.
    Value,
    Operator,
}

/// Whether a line that begins a statement may be Python.
pub(crate) fn reads_as_python(line: &str) -> bool {
    let line = line.trim();
    if line.starts_with("##") || is_tag(line) {
        return false;
    }
    let Some(end) = end_of(line) else {
        return false;
    };
    let first = word(line);
    let after = line[first.len()..].trim_start();
    let has_colon = end.colon || end.brackets > 0 || line.ends_with('\\');
    if COMPOUND.contains(&first) {
        return has_colon;
    }
    if INNER.contains(&first) || (first == "from" && !line.contains(" import ")) {
        return false;
    }
    // "Complexity: O(n)" would be an annotation.
    let is_title = first.chars().next().is_some_and(char::is_uppercase) && first.chars().any(char::is_lowercase);
    let is_label = after.starts_with(':') && (is_title || after.len() == 1);
    let is_word_alone = !first.is_empty() && after.is_empty() && !KEYWORDS.contains(&first);
    let is_sentence = end.brackets == 0 && end.before == Before::Operator && line.ends_with(['.', ',', ':', ';', '!']);
    !(is_label || is_word_alone || is_sentence)
}

/// `[PYTHON]` and the like, by which some models mark what follows.
fn is_tag(line: &str) -> bool {
    let name = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let name = name.map(|name| name.strip_prefix('/').unwrap_or(name));
    name.is_some_and(|name| name.len() > 2 && name.chars().all(|c| c.is_ascii_uppercase()))
}

/// How a line ends that may be Python.
struct End {
    before: Before,
    brackets: usize,
    /// Whether there is a colon outside of brackets.
    colon: bool,
}

/// Reads a line; none if it cannot be Python.
fn end_of(line: &str) -> Option<End> {
    let mut end = End {
        before: Before::Nothing,
        brackets: 0,
        colon: false,
    };
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        match c {
            '#' => break,
            ' ' | '\t' | '\n' => {}
            '"' | '\'' => {
                if end.before == Before::Value {
                    return None;
                }
                length = string(rest, c)?;
                end.before = Before::Value;
            }
            '(' | '[' | '{' => {
                end.brackets += 1;
                end.before = Before::Operator;
            }
            ')' | ']' | '}' => {
                end.brackets = end.brackets.checked_sub(1)?;
                end.before = Before::Value;
            }
            c if is_of_word(c) => {
                let token = if c.is_ascii_digit() { number(rest) } else { word(rest) };
                length = token.len();
                let is_prefix =
                    PREFIXES.contains(&token.to_lowercase().as_str()) && rest[length..].starts_with(['"', '\'']);
                end.before = if KEYWORDS.contains(&token) {
                    Before::Keyword
                } else if end.before == Before::Value {
                    return None;
                } else if is_prefix {
                    Before::Operator
                } else {
                    Before::Value
                };
            }
            '.' if !rest[1..].starts_with(|next: char| is_of_word(next) || next == '.') && !rest.starts_with("...") => {
                return None;
            }
            '!' if !rest.starts_with("!=") => return None,
            '`' | '$' | '?' => return None,
            '@' => end.before = Before::Operator,
            _ if !c.is_ascii() || end.before == Before::Nothing => return None,
            _ => {
                end.colon |= c == ':' && end.brackets == 0;
                end.before = Before::Operator;
            }
        }
        rest = &rest[length..];
    }
    Some(end)
}

/// The length of the string that a text begins with. One in three quotes may go on in the next line.
fn string(text: &str, quote: char) -> Option<usize> {
    let triple: String = [quote; 3].iter().collect();
    if let Some(inside) = text.strip_prefix(&triple) {
        return Some(inside.find(&triple).map_or(text.len(), |end| end + 6));
    }
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The number that a text begins with: `1.` is one, so that it is not taken for the name of what follows.
fn number(text: &str) -> &str {
    let end = text.find(|c: char| !is_of_word(c) && c != '.').unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::reads_as_python;

    #[test]
    fn code_reads_as_python() {
        for line in [
            "def f(x: int) -> str:",
            "async def f(x):",
            "class A(B):",
            "from typing import List, Dict",
            "import math",
            "@lru_cache(maxsize=None)",
            "x = 1.5 if y else .5",
            "x: int = 3",
            "MOD: int = 10 ** 9 + 7",
            "return not x and y is None",
            "return [i for i in xs if i % 2 == 0]",
            "if x: return 'it is'  # isn't it so",
            "for i, x in enumerate(xs):",
            "print(f(1), \"yes it is\")",
            "assert f([1, 2]) == r'\\d'",
            "pass",
            "# what this does",
            "\"\"\"Adds two numbers.",
            "x = foo(a,",
            "with open(name) as file:",
            "lst[1:] = sorted(lst)",
            "名 = 1",
        ] {
            assert!(reads_as_python(line), "{line}");
        }
    }

    #[test]
    fn sentences_do_not() {
        for line in [
            "Here's the function:",
            "This works because the list is sorted.",
            "for example, the empty list gives zero",
            "if you want to know more",
            "return the list that was found",
            "- it sorts the list",
            "* it sorts the list",
            "1. Sort the list",
            "### Explanation",
            "**Explanation**",
            "Explanation:",
            "Complexity: O(n)",
            "Example: x = 1",
            "f(1) returns 2",
            "`f` calls itself.",
            "Done.",
            "i.e., it ends",
            "and so on",
            "import them first.",
            "from the list",
            "这是一个函数：",
            "That is all!",
            "[PYTHON]",
            "[/PYTHON]",
            "<code>",
            ">>> f(1)",
            "Hope this helps",
            "```",
        ] {
            assert!(!reads_as_python(line), "{line}");
        }
    }
}
