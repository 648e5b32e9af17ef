//! Fenced blocks, and stretches of code that stand between sentences without a fence.

use super::prose::reads_as_python;
use super::python::{indent, lines};
use super::scanner::Scanner;

/// What a fence may say of Python code.
const PYTHON: [&str; 8] = ["", "python", "py", "python3", "py3", "python2", "pycon", "ipython"];

/// What a fence says of an answer that is itself written in Markdown, fences included.
const MARKDOWN: [&str; 2] = ["markdown", "md"];

/// Some code of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// The fence's word for the language, in lower case; empty where there is none.
    pub(crate) language: String,
    /// The code, moved to the margin.
    pub(crate) code: String,
    /// Whether it was seen to end, rather than the answer.
    pub(crate) ended: bool,
    /// What was done to it.
    pub(crate) repair: Option<&'static str>,
}

impl Block {
    fn new(language: String, code: &str, ended: bool) -> Block {
        let code = at_margin(code);
        let typed = without_prompts(&code);
        Block {
            language,
            repair: typed.is_some().then_some("prompts-removed"),
            code: typed.unwrap_or(code),
            ended,
        }
    }

    /// Whether it may be Python: said to be, or said to be nothing.
    pub(crate) fn may_be_python(&self) -> bool {
        PYTHON.contains(&self.language.as_str())
    }
}

/// The fenced blocks of a text, and what stands around them. A block that is not closed goes on to the end.
pub(crate) fn fenced(text: &str) -> (Vec<Block>, String) {
    let (blocks, around) = fences(text);
    let blocks = blocks
        .into_iter()
        .flat_map(|block| match MARKDOWN.contains(&block.language.as_str()) {
            true => fences(&block.code).0,
            false => vec![block],
        })
        .collect();
    (blocks, around)
}

fn fences(text: &str) -> (Vec<Block>, String) {
    let (mut blocks, mut around) = (Vec::new(), String::new());
    let mut open: Option<Open> = None;
    for line in text.lines() {
        let fence = Fence::of(line);
        let Some(block) = &mut open else {
            match fence.or_else(|| Fence::after_words(line)) {
                Some((fence, info)) => {
                    around.push_str(fence.before);
                    // A fence is no Python either, so code before it and code after it stay apart.
                    around.push_str("\n```\n");
                    open = Some(Open::new(fence, info));
                }
                None => {
                    around.push_str(line);
                    around.push('\n');
                }
            }
            continue;
        };
        match fence {
            // A docstring may hold a block of its own, indented as it is.
            Some((fence, _)) if block.scanner.is_in_string() && fence.indent > block.fence.indent => block.push(line),
            Some((fence, "")) if fence.closes(&block.fence) => {
                blocks.extend(open.take().map(|block| block.end(true)));
            }
            // No Python begins like this, so the fence before was left open.
            Some((fence, info)) if fence.closes(&block.fence) && !block.scanner.is_in_string() => {
                blocks.extend(open.replace(Open::new(fence, info)).map(|block| block.end(true)));
            }
            _ => match block.last_line(line) {
                Some(code) => {
                    block.push(code);
                    blocks.extend(open.take().map(|block| block.end(true)));
                }
                None => block.push(line),
            },
        }
    }
    blocks.extend(open.map(|block| block.end(false)));
    (blocks, around)
}

/// A block that has begun.
struct Open<'a> {
    fence: Fence<'a>,
    language: String,
    code: String,
    scanner: Scanner,
}

impl<'a> Open<'a> {
    fn new(fence: Fence<'a>, info: &str) -> Open<'a> {
        let info = info.trim_start_matches(['{', '.', ' ']);
        let name = |c: char| c.is_alphanumeric() || matches!(c, '+' | '#' | '-' | '_');
        let language = info.split(|c| !name(c)).next().unwrap_or_default().to_lowercase();
        let mut block = Open {
            fence,
            language,
            code: String::new(),
            scanner: Scanner::default(),
        };
        if ["def", "from", "import", "class", "async"].contains(&block.language.as_str()) && info.contains(' ') {
            block.language.clear();
            block.push(info);
        }
        block
    }

    fn push(&mut self, line: &str) {
        self.scanner.read(line);
        self.code.push_str(line);
        self.code.push('\n');
    }

    /// The code of a line that has the closing fence at its end.
    fn last_line<'l>(&self, line: &'l str) -> Option<&'l str> {
        let code = line.trim_end().strip_suffix("```")?;
        let closes = self.fence.mark == '`' && self.fence.length == 3 && !self.scanner.is_in_string();
        (closes && !code.trim().is_empty() && !code.contains('`')).then_some(code)
    }

    fn end(self, ended: bool) -> Block {
        Block::new(self.language, &self.code, ended)
    }
}

/// What begins or ends a block.
struct Fence<'a> {
    before: &'a str,
    indent: usize,
    mark: char,
    length: usize,
}

impl<'a> Fence<'a> {
    /// The fence that a line is, and what it says of the block.
    fn of(line: &'a str) -> Option<(Fence<'a>, &'a str)> {
        let body = line.trim_start_matches([' ', '\t']);
        let mark = body.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
        let info = body.trim_start_matches(mark);
        let fence = Fence {
            before: "",
            indent: indent(line),
            mark,
            length: body.len() - info.len(),
        };
        // Backticks later in the line are code in a sentence.
        (fence.length >= 3 && !info.contains('`')).then(|| (fence, info.trim()))
    }

    /// The fence at the end of a line of prose or after the mark of a list.
    fn after_words(line: &'a str) -> Option<(Fence<'a>, &'a str)> {
        let (before, info) = line.split_once("```")?;
        let info = info.trim();
        let fence = Fence {
            before,
            indent: 0,
            mark: '`',
            length: 3,
        };
        (!before.contains('`') && info.chars().all(char::is_alphanumeric)).then_some((fence, info))
    }

    fn closes(&self, opened: &Fence<'_>) -> bool {
        self.mark == opened.mark && self.length >= opened.length
    }
}

/// Code less the indentation that all of it has, as code in a list has.
fn at_margin(code: &str) -> String {
    let margin = lines(code).iter().map(|line| blank(line.text)).min().unwrap_or(0);
    if margin == 0 {
        return code.to_owned();
    }
    let outdented = |line: &str| line[blank(line).min(margin)..].to_owned();
    code.split_inclusive('\n').map(outdented).collect()
}

/// The bytes of blanks that a line begins with.
fn blank(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// What was typed in a session at the interpreter's prompt, if the code is one.
fn without_prompts(code: &str) -> Option<String> {
    let first = code.lines().find(|line| !line.trim().is_empty())?;
    if !first.starts_with(">>>") {
        return None;
    }
    let typed = |line: &str| {
        let rest = line.strip_prefix(">>>").or_else(|| line.strip_prefix("..."))?;
        Some(format!("{}\n", rest.strip_prefix(' ').unwrap_or(rest)))
    };
    Some(code.lines().filter_map(typed).collect())
}

/// Stretches of lines that read as Python.
pub(crate) fn stretches(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, Scanner)> = None;
    for line in text.lines() {
        if let Some((_, scanner)) = &mut open
            && scanner.is_open()
            && scanner.is_refuted_by(line)
        {
            *scanner = Scanner::default();
        }
        let goes_on = match &open {
            Some((_, scanner)) => {
                scanner.is_open() || line.trim().is_empty() || line.starts_with([' ', '\t']) || reads_as_python(line)
            }
            None => !line.trim().is_empty() && reads_as_python(line),
        };
        if goes_on {
            let (code, scanner) = open.get_or_insert_default();
            scanner.read(line);
            code.push_str(line);
            code.push('\n');
        } else {
            blocks.extend(open.take().map(|(code, _)| Block::new(String::new(), &code, true)));
        }
    }
    blocks.extend(open.map(|(code, _)| Block::new(String::new(), &code, false)));
    blocks
}
