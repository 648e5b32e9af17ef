//! Answers of models, which wrap what was asked for in words.

/// The code of an answer: what its first fenced block holds or, without one, the whole of it. A block that is not closed
/// goes on to the end, and one that is indented is moved to the margin.
///
/// ```
/// use koderz_plugin::answer::code;
///
/// assert_eq!(code("Here it is:\n```python\nx = 1\n```\nDone."), "x = 1\n");
/// assert_eq!(code("x = 1"), "x = 1");
/// ```
pub fn code(answer: &str) -> String {
    let mut lines = answer.split_inclusive('\n');
    let Some(open) = lines.by_ref().find_map(Fence::of) else {
        return answer.to_owned();
    };
    let inside = lines.take_while(|line| !Fence::of(line).is_some_and(|fence| fence.closes(&open)));
    inside.map(|line| open.without_indent(line)).collect()
}

/// A line that begins or ends a block, as CommonMark has it.
struct Fence<'a> {
    indent: usize,
    mark: char,
    length: usize,
    /// What it says of what it holds.
    info: &'a str,
}

impl<'a> Fence<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let fence = line.trim_start_matches(' ');
        let mark = fence.chars().next().filter(|mark| ['`', '~'].contains(mark))?;
        let info = fence.trim_start_matches(mark);
        let length = fence.len() - info.len();
        // Backticks behind it are code within a sentence.
        (length >= 3 && !info.contains('`')).then_some(Fence {
            indent: line.len() - fence.len(),
            mark,
            length,
            info: info.trim(),
        })
    }

    fn closes(&self, open: &Fence<'_>) -> bool {
        self.mark == open.mark && self.length >= open.length && self.info.is_empty()
    }

    /// A line of its block.
    fn without_indent<'b>(&self, line: &'b str) -> &'b str {
        let spaces = line.len() - line.trim_start_matches(' ').len();
        &line[spaces.min(self.indent)..]
    }
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn the_first_block_counts_and_what_is_around_it_does_not() {
        let answer = "So:\n\n~~~~ python title=\"a.py\"\ndef f():\n    return '```'\n~~~\n~~~~\n\n```\nother\n```\n";
        assert_eq!(code(answer), "def f():\n    return '```'\n~~~\n");
    }

    #[test]
    fn an_indented_block_is_moved_to_the_margin_and_ends_of_lines_stay() {
        assert_eq!(
            code("1. First:\n   ```py\r\n   def f():\r\n       pass\r\n   ```\r\n"),
            "def f():\r\n    pass\r\n"
        );
    }

    #[test]
    fn a_block_that_is_cut_off_goes_to_the_end() {
        assert_eq!(code("```python\nx = 1"), "x = 1");
        assert_eq!(code("```"), "");
    }

    #[test]
    fn code_within_a_sentence_is_no_block() {
        for answer in ["Use `x`.", "```x = 1``` does it", "x = 1\n"] {
            assert_eq!(code(answer), answer);
        }
    }
}
