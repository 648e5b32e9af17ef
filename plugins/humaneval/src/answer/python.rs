//! Python as lines and statements.
//!
//! Strings, brackets, comments and indentation are enough to say where a statement begins, what it defines and whether
//! it is whole. Of code that is broken it says what is likely.

use super::scanner::Scanner;

/// Words that are no names.
pub(crate) const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// What follows a statement at the margin and still belongs to it.
const CLAUSES: [&str; 4] = ["else", "elif", "except", "finally"];

/// What a finished line never ends with. A colon is looked at apart.
const UNFINISHED: &[u8] = b"=+-*/%<>&|^~@\\";

/// A line of code together with those that go on with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    /// Where it begins in the code.
    pub(crate) start: usize,
    pub(crate) text: &'a str,
    pub(crate) indent: usize,
    /// Whether every string and bracket in it ends.
    pub(crate) closed: bool,
    last: u8,
}

impl<'a> Line<'a> {
    /// Whether lines that are indented deeper have to follow.
    pub(crate) fn is_header(&self) -> bool {
        self.last == b':'
    }

    /// The word that it begins with.
    pub(crate) fn first_word(&self) -> &'a str {
        word(self.text.trim_start())
    }

    /// Whether it gives a value back. Strings that stand by themselves do not.
    pub(crate) fn returns(&self) -> bool {
        !self.text.trim_start().starts_with(['"', '\''])
            && words(self.text).any(|word| matches!(word, "return" | "yield"))
    }

    /// The name of the function whose definition it begins.
    pub(crate) fn function(&self) -> Option<&'a str> {
        let text = self.text.trim_start();
        let head = text.strip_prefix("async ").map_or(text, str::trim_start);
        Some(word(head.strip_prefix("def ")?.trim_start())).filter(|name| !name.is_empty())
    }

    /// The name of the class whose definition it begins.
    pub(crate) fn class(&self) -> Option<&'a str> {
        Some(word(self.text.trim_start().strip_prefix("class ")?.trim_start())).filter(|name| !name.is_empty())
    }
}

/// The blanks that a line begins with, a tab being four.
pub(crate) fn indent(line: &str) -> usize {
    let blanks = line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t'));
    blanks.fold(
        0,
        |width, blank| if blank == b'\t' { (width / 4 + 1) * 4 } else { width + 1 },
    )
}

/// The lines of some code; blank ones and comments are none.
pub(crate) fn lines(code: &str) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    let mut scanner = Scanner::default();
    let mut start = 0;
    for physical in code.split_inclusive('\n') {
        let end = start + physical.len();
        if scanner.is_open() && scanner.is_refuted_by(physical) {
            scanner = Scanner::default();
        }
        let going_on = scanner.is_open();
        if !going_on {
            scanner = Scanner::default();
        }
        let last = scanner.read(physical);
        let closed = scanner.is_closed();
        match (lines.last_mut(), last) {
            (Some(line), _) if going_on => {
                line.text = &code[line.start..end];
                line.last = last.unwrap_or(line.last);
                line.closed = closed;
            }
            (_, Some(last)) => lines.push(Line {
                start,
                text: physical,
                indent: indent(physical),
                closed,
                last,
            }),
            (_, None) => {}
        }
        start = end;
    }
    lines
}

/// A statement at the margin, with all that is indented under it.
#[derive(Clone, Debug)]
pub(crate) struct Statement<'a> {
    pub(crate) text: &'a str,
    pub(crate) lines: Vec<Line<'a>>,
}

/// The statements of some code.
pub(crate) fn statements(code: &str) -> Vec<Statement<'_>> {
    let mut groups: Vec<Vec<Line<'_>>> = Vec::new();
    for line in lines(code) {
        match groups.last_mut() {
            Some(group) if line.indent > 0 || CLAUSES.contains(&line.first_word()) || is_decorator(group) => {
                group.push(line);
            }
            _ => groups.push(vec![line]),
        }
    }
    let mut statements = Vec::with_capacity(groups.len());
    let mut end = code.len();
    for lines in groups.into_iter().rev() {
        let start = lines[0].start;
        statements.push(Statement {
            text: &code[start..end],
            lines,
        });
        end = start;
    }
    statements.reverse();
    statements
}

/// Whether what is still to come belongs to these lines because they only decorate.
fn is_decorator(lines: &[Line<'_>]) -> bool {
    lines
        .last()
        .is_some_and(|line| line.indent == 0 && line.text.starts_with('@'))
}

impl<'a> Statement<'a> {
    /// The line that says what it is.
    pub(crate) fn head(&self) -> Line<'a> {
        let head = self.lines.iter().find(|line| !line.text.starts_with('@'));
        *head.unwrap_or(&self.lines[0])
    }

    /// The names that it defines, as far as its head says.
    pub(crate) fn names(&self) -> Vec<&'a str> {
        let head = self.head();
        if let Some(name) = head.function().or_else(|| head.class()) {
            return vec![name];
        }
        match head.first_word() {
            "import" => imported(&head.text["import".len()..], |name| word(name)),
            "from" => head
                .text
                .split_once(" import ")
                .map_or(Vec::new(), |(_, names)| imported(names, |name| name)),
            _ => self.targets().unwrap_or_default(),
        }
    }

    /// The names that it assigns, if it is an assignment.
    pub(crate) fn targets(&self) -> Option<Vec<&'a str>> {
        let (targets, _) = assignment(self.head().text)?;
        Some(
            targets
                .split(',')
                .map(|target| word(target.trim_start_matches([' ', '(', '[', '*'])))
                .collect(),
        )
    }

    /// Whether it makes something that can be called by this name.
    pub(crate) fn makes(&self, name: &str) -> bool {
        let head = self.head();
        head.function() == Some(name) || self.wraps(name)
    }

    /// Whether it assigns something that can be called: a lambda, another function, a wrapped one.
    fn wraps(&self, name: &str) -> bool {
        assignment(self.head().text).is_some_and(|(target, value)| {
            let value = word(value.trim_start());
            target.trim() == name
                && !value.is_empty()
                && value != name
                && !value.starts_with(|c: char| c.is_ascii_digit())
        })
    }

    /// Whether all that is opened in it is closed, and all that is begun goes on.
    pub(crate) fn is_closed(&self) -> bool {
        self.lines.iter().all(|line| line.closed)
            && self
                .lines
                .last()
                .is_some_and(|line| !line.is_header() && !UNFINISHED.contains(&line.last))
    }

    /// Whether it is closed and makes something that gives a value back, which a stub does not.
    pub(crate) fn is_whole(&self) -> bool {
        let head = self.head();
        let gives = || head.text.contains(':') && self.lines.iter().any(Line::returns);
        self.is_closed() && (head.function().is_none() || gives())
    }

    /// The method of that name, if it is a class that has one.
    pub(crate) fn method(&self, name: &str) -> Option<Statement<'a>> {
        self.head().class()?;
        let head = self.lines.iter().position(|line| line.class().is_some())?;
        let level = self.lines.get(head + 1)?.indent;
        let own = |line: &Line<'_>| line.indent == level && line.function() == Some(name);
        let start = self.lines.iter().rposition(own)?;
        let rest = &self.lines[start..];
        let length = rest
            .iter()
            .skip(1)
            .position(|line| line.indent <= level)
            .map_or(rest.len(), |end| end + 1);
        Some(Statement {
            text: self.text,
            lines: rest[..length].to_vec(),
        })
    }

    /// Whether a name occurs in it.
    pub(crate) fn mentions(&self, name: &str) -> bool {
        words(self.text).any(|word| word == name)
    }
}

/// The two sides of an assignment to plain names, which may say a type.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let (left, right) = line.split_once('=')?;
    let (targets, _) = left.split_once(':').unwrap_or((left, ""));
    let plain = |c: char| is_of_word(c) || matches!(c, ',' | ' ' | '*');
    let bare = targets
        .trim()
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
        .unwrap_or(targets);
    let first = word(bare.trim_start_matches([' ', '*']));
    let is_assignment =
        bare.chars().all(plain) && !right.starts_with('=') && !first.is_empty() && !KEYWORDS.contains(&first);
    is_assignment.then_some((targets, right))
}

fn imported<'a>(names: &'a str, of: impl Fn(&'a str) -> &'a str) -> Vec<&'a str> {
    names
        .split([',', '\n', '(', ')', '\\'])
        .map(|name| {
            name.rsplit_once(" as ")
                .map_or_else(|| of(name.trim()), |(_, name)| name.trim())
        })
        .map(|name| name.split('#').next().unwrap_or_default().trim())
        .filter(|name| !name.is_empty())
        .collect()
}

/// All names that some code defines at the margin.
pub(crate) fn names(code: &str) -> Vec<&str> {
    statements(code).iter().flat_map(Statement::names).collect()
}

/// The imports from `__future__`, which have to stand first in a file, and the rest.
pub(crate) fn split_futures(code: &str) -> (String, String) {
    let (mut futures, mut rest) = (String::new(), String::new());
    for statement in statements(code) {
        let is_future = statement.head().text.starts_with("from __future__ ");
        let part = if is_future { &mut futures } else { &mut rest };
        part.push_str(statement.text);
        if !part.ends_with('\n') {
            part.push('\n');
        }
    }
    (futures, rest)
}

/// The word that a text begins with; empty if it does not begin with one.
pub(crate) fn word(text: &str) -> &str {
    let end = text.find(|c: char| !is_of_word(c)).unwrap_or(text.len());
    &text[..end]
}

/// All words of a text.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !is_of_word(c)).filter(|word| !word.is_empty())
}

pub(crate) fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(code: &str) -> Statement<'_> {
        let mut statements = statements(code);
        assert_eq!(statements.len(), 1, "{code}");
        statements.remove(0)
    }

    #[test]
    fn a_statement_begins_at_the_margin_and_holds_what_belongs_to_it() {
        let code = r#"import a
@b
@c(
1)
def f(
    x
):
# no
    """d
def f(x):
"""
    return x

if f:
    x
else:
    y
"#;
        let statements = statements(code);
        let heads: Vec<&str> = statements
            .iter()
            .map(|statement| statement.head().first_word())
            .collect();
        assert_eq!(heads, ["import", "def", "if"]);
        let whole: String = statements.iter().map(|statement| statement.text).collect();
        assert_eq!(whole, code);
    }

    #[test]
    fn a_statement_defines_names() {
        let cases: [(&str, &[&str]); 13] = [
            ("def f(x): return x", &["f"]),
            ("async def f(x):\n    return x", &["f"]),
            ("@a\nclass A(B):\n    pass", &["A"]),
            ("import os.path, sys as s", &["os", "s"]),
            ("from a import (b,\n    c as d,  # why\n    e)", &["b", "d", "e"]),
            ("x, y = 1, 2", &["x", "y"]),
            ("(x, y) = 1, 2", &["x", "y"]),
            ("x: int = 1", &["x"]),
            ("x += 1", &[]),
            ("x == 1", &[]),
            ("print(x, end='')", &[]),
            ("if x: y = 1", &[]),
            ("x[0] = 1", &[]),
        ];
        for (code, names) in cases {
            assert_eq!(only(code).names(), names, "{code}");
        }
    }

    #[test]
    fn a_function_is_whole_when_it_gives_something_back_and_nothing_is_open() {
        for code in [
            "def f(x): return x",
            "def f(x):\n    yield x",
            "f = lambda x: x",
            "f = memo(g)",
            "def f(x):\n    if x: return (1,\n2)",
        ] {
            assert!(only(code).makes("f") && only(code).is_whole(), "{code}");
        }
        for code in [
            "def f(x):",
            "def f(x",
            "def f(x):\n    '''\n    return\n    '''\n    pass",
            "def f(x):\n    return (x",
            "def f(x):\n    return x +",
            "def f(x):\n    return 'x",
            "def f(x):\n    return '''x",
            "def f(x):\n    if x: return 1\n    for y in x:",
            "def f(x)\n    return x\n",
        ] {
            assert!(only(code).makes("f") && !only(code).is_whole(), "{code}");
        }
    }

    #[test]
    fn a_value_is_no_function() {
        for code in ["f = 1", "f = f(1)", "f = [1]", "g = f(1)", "f == g"] {
            assert!(!only(code).makes("f"), "{code}");
        }
    }

    #[test]
    fn a_method_ends_where_the_next_one_begins() {
        let class = only("class A:\n    x = 1\n    def f(self):\n        return 1\n    def g(self):\n        pass\n");
        assert!(class.method("f").is_some_and(|method| method.is_whole()));
        assert!(class.method("g").is_some_and(|method| !method.is_whole()));
        assert!(class.method("h").is_none());
    }
}
