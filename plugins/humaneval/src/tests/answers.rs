//! What becomes of the answers that models give.

use super::{cut, problem};
use crate::PromptStyle;
use crate::answer::Missing;
use crate::program;
use koderz_plugin::prelude::Reply;
use koderz_plugin::testing::reply;

/// A right answer, as code.
pub(super) const RIGHT: &str = "def add(x, y):\n    return x + y\n";

/// The code that an answer adds to the prompt, and how it was repaired.
pub(super) fn added(reply: &Reply) -> Result<(String, Vec<&'static str>), Missing> {
    let problem = problem();
    let answer = program::of(&problem, reply, PromptStyle::Chat)?;
    let added = answer.source.strip_prefix(problem.prompt.trim_end());
    let added = added
        .expect("the program begins with the prompt")
        .trim_start_matches('\n');
    Ok((added.to_owned(), answer.repairs.into_iter().collect()))
}

/// Answers from which the right code has to come, and nothing else.
pub(super) fn all_yield(expected: &str, repairs: &[&str], answers: &[(&str, &str)]) {
    for (claim, answer) in answers {
        let (code, done) = added(&reply(*answer)).unwrap_or_else(|missing| panic!("{claim}: {missing:?}"));
        assert_eq!(code.trim_end(), expected.trim_end(), "{claim}");
        assert_eq!(done, repairs, "{claim}");
    }
}

#[test]
fn a_fenced_definition_is_found() {
    all_yield(
        RIGHT,
        &[],
        &[
            ("python", "```python\ndef add(x, y):\n    return x + y\n```"),
            ("py", "```py\ndef add(x, y):\n    return x + y\n```"),
            ("nothing", "```\ndef add(x, y):\n    return x + y\n```"),
            ("capitals", "```Python3\ndef add(x, y):\n    return x + y\n```"),
            ("tildes", "~~~python\ndef add(x, y):\n    return x + y\n~~~"),
            ("four backticks", "````python\ndef add(x, y):\n    return x + y\n````"),
            (
                "another language",
                "```javascript\ndef add(x, y):\n    return x + y\n```",
            ),
            (
                "a title",
                "```python title=\"add.py\"\ndef add(x, y):\n    return x + y\n```",
            ),
            (
                "attributes",
                "```{.python .numberLines}\ndef add(x, y):\n    return x + y\n```",
            ),
            ("a file", "```python:add.py\ndef add(x, y):\n    return x + y\n```"),
            (
                "prose around",
                "Sure! Here's it:\n\n```python\ndef add(x, y):\n    return x + y\n```\n\nIt's (so) simple.",
            ),
            (
                "lines of Windows",
                "```python\r\ndef add(x, y):\r\n    return x + y\r\n```\r\n",
            ),
            (
                "a byte order mark",
                "\u{feff}```python\ndef add(x, y):\n    return x + y\n```",
            ),
            (
                "in a list",
                "1. Do:\n\n   ```python\n   def add(x, y):\n       return x + y\n   ```\n2. Done.",
            ),
            (
                "after a list's mark",
                "1. ```python\n   def add(x, y):\n       return x + y\n   ```\n2. Done.",
            ),
            (
                "after words",
                "The code: ```python\ndef add(x, y):\n    return x + y\n```",
            ),
            ("not closed", "```python\ndef add(x, y):\n    return x + y\n"),
            (
                "closed on the last line",
                "```python\ndef add(x, y):\n    return x + y```",
            ),
            ("code on the fence's line", "```def add(x, y):\n    return x + y\n```"),
            (
                "in Markdown in a fence",
                "````markdown\n# It\n```python\ndef add(x, y):\n    return x + y\n```\n````",
            ),
            (
                "in Markdown in a like fence",
                "```markdown\n# It\n```python\ndef add(x, y):\n    return x + y\n```\n```",
            ),
            (
                "after a fence left open",
                "```bash\npip install x\n```python\ndef add(x, y):\n    return x + y\n```",
            ),
            (
                "a shell before",
                "```bash\npip install numpy\n```\n```python\ndef add(x, y):\n    return x + y\n```",
            ),
            (
                "output after",
                "```python\ndef add(x, y):\n    return x + y\n```\nOutput:\n```\n3\nTrue\n```",
            ),
            (
                "inline code around",
                "`add` uses ```+```:\n```python\ndef add(x, y):\n    return x + y\n```\nSo `add`.",
            ),
        ],
    );
}

#[test]
fn thinking_is_no_part_of_the_answer() {
    all_yield(
        RIGHT,
        &[],
        &[
            (
                "thinking",
                "<think>\n```python\ndef add(x, y):\n    return x - y\n```\n</think>\n```python\ndef add(x, y):\n    return x + y\n```",
            ),
            (
                "only its end",
                "```python\ndef add(x, y):\n    return x - y\n```\n</think>\n```python\ndef add(x, y):\n    return x + y\n```",
            ),
            (
                "thinking that does not end",
                "```python\ndef add(x, y):\n    return x + y\n```\n<think>Or rather\n```python\ndef add(x, y):\n    return x - y\n```",
            ),
        ],
    );
}

#[test]
fn the_last_definition_counts() {
    all_yield(
        RIGHT,
        &[],
        &[
            (
                "a draft in another block",
                "```python\ndef add(x, y):\n    return x - y\n```\nNo:\n```python\ndef add(x, y):\n    return x + y\n```",
            ),
            (
                "uses in later blocks",
                "```python\ndef add(x, y):\n    return x + y\n```\n```python\nassert add(1, 2) == 4\nprint(add(1, 2))\n```\n```python\nx = add(1, 2)\n```",
            ),
            (
                "tests in a later block",
                "```python\ndef add(x, y):\n    return x + y\n```\n```python\ndef test_add():\n    assert add(1, 2) == 4\n\ntest_add()\n```",
            ),
        ],
    );
}

#[test]
fn a_later_definition_counts_only_if_it_is_whole() {
    let right = "```python\ndef add(x, y):\n    return x + y\n```\n";
    for (claim, later) in [
        ("a stub", "```python\ndef add(x, y):\n    ...\n```"),
        (
            "a docstring",
            "```python\ndef add(x, y):\n    \"\"\"Returns x and y, to return\"\"\"\n```",
        ),
        ("only a head", "```python\ndef add(x, y):\n```"),
        ("an open bracket", "```python\ndef add(x, y):\n    return (x +"),
        (
            "an open string",
            "```python\ndef add(x, y):\n    \"\"\"Adds\n    return",
        ),
        (
            "a block that did not come",
            "```python\ndef add(x, y):\n    if x: return y\n    for z in x:",
        ),
    ] {
        let (code, repairs) = added(&reply(format!("{right}{later}"))).expect("there is code");
        assert_eq!(
            (code.trim_end(), repairs.as_slice()),
            (RIGHT.trim_end(), &["earlier-definition"][..]),
            "{claim}"
        );
    }
}

#[test]
fn what_the_output_bound_cut_is_not_whole_even_if_it_looks_so() {
    let answer = "```python\ndef add(x, y):\n    return x + y\n```\nBetter:\n```python\ndef add(x, y):\n    if not x: return y\n    z = x";
    let (code, repairs) = added(&cut(answer)).expect("there is code");
    assert_eq!(
        (code.as_str(), repairs.as_slice()),
        (RIGHT, &["earlier-definition"][..])
    );
    let (code, _) = added(&reply(answer)).expect("there is code");
    assert!(code.contains("z = x"));
    let (code, repairs) = added(&cut("```python\ndef add(x, y):\n    return x + y\n")).expect("there is code");
    assert_eq!(
        (code.as_str(), repairs.as_slice()),
        (RIGHT, &[][..]),
        "there is no other"
    );
}

#[test]
fn the_block_of_the_definition_is_kept_with_all_that_it_needs() {
    for (claim, code) in [
        (
            "imports and helpers",
            "import math\n\nZERO = 0\n\ndef one(x):\n    return x\n\ndef add(x, y):\n    return one(x) + y + ZERO\n",
        ),
        (
            "helpers after it",
            "def add(x, y):\n    return one(x) + y\n\ndef one(x):\n    return x\n",
        ),
        (
            "types, defaults and a docstring",
            "def add(x: int, y: int = 0, *rest: List[int]) -> int:\n    '''def add(x):'''\n    return x + y\n",
        ),
        ("a head over lines", "def add(\n    x,\n    y,\n):\n    return x + y\n"),
        (
            "decorators",
            "from functools import lru_cache\n\n@lru_cache(\n    maxsize=None,\n)\ndef add(x, y):\n    return x + y\n",
        ),
        ("async", "async def add(x, y):\n    return x + y\n"),
        (
            "a function within of the same name",
            "def add(x, y):\n    def add(z):\n        return z + y\n    return add(x)\n",
        ),
        ("a lambda", "add = lambda x, y: x + y\n"),
        (
            "another name for it",
            "def plus(x, y):\n    return x + y\n\nadd = plus\n",
        ),
        ("wrapped", "def add(x, y):\n    return x + y\n\nadd = memo(add)\n"),
        (
            "values kept with it",
            "def add(x, y):\n    return x + y + add.zero\n\nadd.zero = 0\n",
        ),
        ("comments at the margin", "def add(x, y):\n# adds\n    return x + y\n"),
        ("tabs", "def add(x, y):\n\treturn x + y\n"),
        (
            "a fence in the docstring",
            "def add(x, y):\n    \"\"\"Adds.\n\n    ```python\n    def add(x, y):\n    ```\n    \"\"\"\n    return x + y\n",
        ),
        (
            "examples in the docstring",
            "def add(x, y):\n    \"\"\"\n    >>> add(1, 2)\n    3\n    \"\"\"\n    return x + y\n",
        ),
        (
            "a draft above",
            "def add(x, y):\n    return x - y\n\ndef add(x, y):\n    return x + y\n",
        ),
        (
            "other alphabets",
            "def add(x, y):\n    # 加法 – naïve\n    größe = '数'\n    return x + y\n",
        ),
        (
            "a class of its own",
            "class Sum:\n    def add(self, x):\n        return x\n\ndef add(x, y):\n    return Sum().add(x) + y\n",
        ),
    ] {
        all_yield(code, &[], &[(claim, &format!("Here:\n\n```python\n{code}```\n"))]);
    }
}

#[test]
fn the_helpers_of_the_prompt_are_there() {
    let answer = program::of(&problem(), &reply(format!("```python\n{RIGHT}```")), PromptStyle::Chat);
    let source = answer.expect("there is code").source;
    assert!(source.starts_with("from typing import List\n\n\ndef double(x: int) -> int:\n    return 2 * x\n"));
}

#[test]
fn an_answer_without_the_function_says_what_is_missing() {
    for (claim, answer, missing) in [
        ("empty", "", Missing::Code),
        ("blank", " \n\n", Missing::Code),
        ("a refusal", "I'm sorry, but I can't help with that.", Missing::Code),
        ("only thinking", "<think>def add(x, y): return x + y", Missing::Code),
        ("only a shell", "```bash\npip install add\n```", Missing::Code),
        (
            "prose that says return",
            "It should return the sum of x and y.",
            Missing::Code,
        ),
        ("an empty block", "```python\n```", Missing::Code),
        (
            "another function",
            "```python\ndef plus(x, y):\n    return x + y\n```",
            Missing::Definition,
        ),
        (
            "another function, not fenced",
            "def plus(x, y):\n    return x + y",
            Missing::Definition,
        ),
        ("only uses", "```python\nprint(add(1, 2))\n```", Missing::Definition),
        (
            "a longer name",
            "```python\ndef add_all(x, y):\n    return x + y\n```",
            Missing::Definition,
        ),
    ] {
        assert_eq!(added(&reply(answer)).err(), Some(missing), "{claim}");
    }
}

#[test]
fn thinking_that_the_server_reports_apart_is_no_answer() {
    let answer = Reply {
        thinking: Some(format!("```python\n{RIGHT}```")),
        ..reply("")
    };
    assert_eq!(added(&answer).err(), Some(Missing::Code));
}

#[test]
fn a_broken_definition_is_run_where_there_is_nothing_better() {
    let (code, repairs) = added(&reply("```python\ndef add(x, y):\n    return (x +\n```")).expect("there is code");
    assert_eq!(code, "def add(x, y):\n    return (x +\n");
    assert!(repairs.is_empty());
}

#[test]
fn a_completion_is_taken_as_it_is() {
    for text in ["    return x + y\n", "", "```python\r\n\tno", "\u{feff}<think>"] {
        let answer = program::of(&problem(), &reply(text), PromptStyle::Completion).expect("it is a program");
        assert_eq!(answer.source, format!("{}{text}", problem().prompt));
        assert!(answer.repairs.is_empty());
    }
}
