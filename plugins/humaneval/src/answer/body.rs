//! A body without its function, as models write that go on where the question ends.

use super::prose::reads_as_python;
use super::python::{Line, lines};

/// A body moved under a function that is indented by four.
pub(crate) struct Body {
    pub(crate) code: String,
    pub(crate) repairs: Vec<&'static str>,
}

/// Some code as a body, if it is one: if it gives a value back outside of any definition.
pub(crate) fn body(code: &str) -> Option<Body> {
    let body = indented(code)?;
    returns(&body.code).then_some(body)
}

fn returns(code: &str) -> bool {
    let mut definitions: Vec<Line<'_>> = Vec::new();
    for line in lines(code) {
        while definitions.last().is_some_and(|outer| outer.indent >= line.indent) {
            definitions.pop();
        }
        if line.function().is_some() || line.class().is_some() {
            definitions.push(line);
        } else if definitions.is_empty() && line.returns() && reads_as_python(line.text) {
            return true;
        }
    }
    false
}

/// Code indented by four, whatever it was indented by.
fn indented(code: &str) -> Option<Body> {
    let lines = lines(code);
    let (first, rest) = lines.split_first()?;
    let mut repairs = vec!["body-under-prompt"];
    let inner = rest.iter().take_while(|line| line.indent > first.indent);
    let level = inner.clone().map(|line| line.indent).min();
    // Deeper lines after a line that is no header, or that come back to a level that was never begun, say that it was
    // the first line which lost its indentation, as happens where an answer is trimmed.
    let lost = level.filter(|level| !first.is_header() || rest[0].indent > *level);
    let kept = match lost {
        Some(_) => inner.count(),
        None => rest.iter().take_while(|line| line.indent >= first.indent).count(),
    };
    let margin = lost.unwrap_or(first.indent);
    if lost.is_some() {
        repairs.push("first-line-indented");
    }
    if kept < rest.len() {
        repairs.push("usage-dropped");
    }
    let mut code = String::new();
    for line in &lines[..=kept] {
        // What goes on in further lines stays as it is, because it may be in a string.
        code.push_str(&" ".repeat(4 + line.indent.saturating_sub(margin)));
        code.push_str(line.text.trim_start_matches([' ', '\t']));
    }
    Some(Body { code, repairs })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(code: &str) -> Body {
        body(code).expect("it is a body")
    }

    #[test]
    fn a_body_is_indented_by_four_whatever_it_was_indented_by() {
        let expected = "    if x:\n        return 1\n    return 2\n";
        let cases = [
            ("as it should be", "    if x:\n        return 1\n    return 2\n"),
            ("at the margin", "if x:\n    return 1\nreturn 2\n"),
            ("by two", "  if x:\n      return 1\n  return 2\n"),
            ("by tabs", "\tif x:\n\t\treturn 1\n\treturn 2\n"),
            ("but for its first line", "if x:\n        return 1\n    return 2\n"),
            (
                "with something after it",
                "    if x:\n        return 1\n    return 2\n\nprint(f(1))\n",
            ),
        ];
        for (name, given) in cases {
            assert_eq!(moved(given).code, expected, "{name}");
        }
    }

    #[test]
    fn a_first_line_that_lost_its_indentation_is_named() {
        assert_eq!(moved("x = 1\n    return x\n").code, "    x = 1\n    return x\n");
        assert_eq!(
            moved("x = 1\n    return x\n").repairs,
            ["body-under-prompt", "first-line-indented"]
        );
        assert_eq!(moved("x = 1\nreturn x\n").repairs, ["body-under-prompt"]);
    }

    #[test]
    fn strings_that_span_lines_are_left_alone() {
        assert_eq!(
            moved("x = '''a\n b'''\nreturn x").code,
            "    x = '''a\n b'''\n    return x"
        );
    }

    #[test]
    fn a_body_returns_outside_of_any_definition() {
        assert!(body("def g(x):\n    return x\nreturn g(1)").is_some());
        assert!(body("if x: return 1").is_some());
        assert!(body("def g(x):\n        return x\n    return g(1)").is_some());
        assert!(body("def g(x):\n    return x\nprint(g(1))").is_none());
        assert!(body("1\n2\n").is_none());
        assert!(body("This will return the sum.\n").is_none());
        assert!(body("").is_none());
    }
}
