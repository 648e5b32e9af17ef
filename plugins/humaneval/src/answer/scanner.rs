//! What is open where a line of Python ends: strings, brackets, a line that is to be joined with the next.

/// Reads code line by line and knows what is open.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Scanner {
    brackets: usize,
    string: Option<Delimiter>,
    /// The line ended with a backslash.
    joined: bool,
    /// A plain string did not end on its line.
    torn: bool,
}

#[derive(Clone, Copy, Debug)]
struct Delimiter {
    quote: u8,
    length: usize,
}

impl Delimiter {
    fn of(bytes: &[u8]) -> Option<Delimiter> {
        let quote = *bytes.first().filter(|byte| matches!(byte, b'"' | b'\''))?;
        let length = if bytes.starts_with(&[quote; 3]) { 3 } else { 1 };
        Some(Delimiter { quote, length })
    }

    fn closes_at(self, bytes: &[u8]) -> bool {
        bytes.len() >= self.length && bytes[..self.length].iter().all(|byte| *byte == self.quote)
    }
}

impl Scanner {
    /// Takes in a line, and says what it ends with, comments and blanks aside.
    pub(crate) fn read(&mut self, line: &str) -> Option<u8> {
        let bytes = line.trim_end_matches('\n').as_bytes();
        let mut last = None;
        let mut at = 0;
        self.joined = false;
        while at < bytes.len() {
            let here = &bytes[at..];
            if let Some(delimiter) = self.string {
                if here[0] == b'\\' {
                    at += 2;
                } else if delimiter.closes_at(here) {
                    self.string = None;
                    last = Some(delimiter.quote);
                    at += delimiter.length;
                } else {
                    at += 1;
                }
                continue;
            }
            self.string = Delimiter::of(here);
            if let Some(delimiter) = self.string {
                last = Some(delimiter.quote);
                at += delimiter.length;
                continue;
            }
            match here[0] {
                b'#' => break,
                b'(' | b'[' | b'{' => self.brackets += 1,
                b')' | b']' | b'}' => self.brackets = self.brackets.saturating_sub(1),
                b'\\' if here.len() == 1 => self.joined = true,
                _ => {}
            }
            if !here[0].is_ascii_whitespace() {
                last = Some(here[0]);
            }
            at += 1;
        }
        // A plain string ends with its line at the latest, unless the end of the line is escaped.
        let escaped = at > bytes.len();
        if self.string.is_some_and(|delimiter| delimiter.length == 1) && !escaped {
            self.string = None;
            self.torn = true;
        }
        last
    }

    /// Whether the next line goes on with this one.
    pub(crate) fn is_open(&self) -> bool {
        self.brackets > 0 || self.string.is_some() || self.joined
    }

    /// Whether nothing is open, and nothing was left open.
    pub(crate) fn is_closed(&self) -> bool {
        !self.is_open() && !self.torn
    }

    /// Whether a string that spans lines is open.
    pub(crate) fn is_in_string(&self) -> bool {
        self.string.is_some()
    }

    /// Whether a line shows that an open bracket was never closed: no expression has a definition in it.
    pub(crate) fn is_refuted_by(&self, line: &str) -> bool {
        self.string.is_none()
            && ["def ", "class ", "async def "]
                .iter()
                .any(|head| line.starts_with(head))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(code: &str) -> Scanner {
        let mut scanner = Scanner::default();
        for line in code.lines() {
            scanner.read(line);
        }
        scanner
    }

    #[test]
    fn brackets_strings_and_backslashes_go_on_in_the_next_line() {
        for code in [
            "f(1,",
            "x = [{",
            r#"x = """a"#,
            r"x = '''a''\'''",
            r"x = 1 + \",
            r"x = 'a\",
            "# (\nx = (",
        ] {
            assert!(read(code).is_open(), "{code}");
        }
    }

    #[test]
    fn what_is_closed_or_in_a_string_or_a_comment_does_not() {
        for code in [
            "f(1)",
            "'('",
            r#""it's (""#,
            r"'a\'('",
            "\"\"\"a\n(\"\"\"",
            "x # (",
            "x = '''a\n'b'''",
            "''",
            ")",
            r"x \ ",
        ] {
            assert!(!read(code).is_open(), "{code}");
        }
    }

    #[test]
    fn a_plain_string_that_does_not_end_on_its_line_is_an_error_and_ends_all_the_same() {
        let scanner = read("x = 'a");
        assert!(!scanner.is_open() && !scanner.is_closed());
    }

    #[test]
    fn a_line_ends_with_what_is_neither_blank_nor_comment() {
        let last = |line| Scanner::default().read(line);
        assert_eq!(last("if x:  # why: so\n"), Some(b':'));
        assert_eq!(last("x = 'a#'  "), Some(b'\''));
        assert_eq!(last("  # nothing"), None);
    }
}
