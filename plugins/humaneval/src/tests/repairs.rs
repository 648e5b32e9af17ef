//! What is done to answers beyond taking code out of its fence, and how it is named.

use super::answers::{RIGHT, added, all_yield};
use super::problem;
use crate::PromptStyle;
use crate::program;
use koderz_plugin::testing::reply;

#[test]
fn code_is_found_between_sentences() {
    all_yield(
        RIGHT,
        &["unfenced"],
        &[
            ("nothing else", "def add(x, y):\n    return x + y"),
            (
                "prose around",
                "Here's the function:\n\ndef add(x, y):\n    return x + y\n\nThis adds x and y (what else?).",
            ),
            (
                "a list after",
                "def add(x, y):\n    return x + y\n\n- it adds\n* it's simple\n1. Done",
            ),
            (
                "indented",
                "The function:\n\n    def add(x, y):\n        return x + y\n\nThat's it.",
            ),
            (
                "a shell before",
                "```bash\npip install numpy\n```\nThen:\n\ndef add(x, y):\n    return x + y\n\nDone.",
            ),
            (
                "only a closing fence",
                "def add(x, y):\n    return x + y\n```\nThis will return the sum.",
            ),
            (
                "tags",
                "[PYTHON]\ndef add(x, y):\n    return x + y\n[/PYTHON]\n[TESTS]\nassert add(1, 2) == 4\n[/TESTS]",
            ),
            ("elements", "<code>\ndef add(x, y):\n    return x + y\n</code>"),
            (
                "a draft",
                "First:\n\ndef add(x, y):\n    return x - y\n\nThat is wrong, so rather:\n\ndef add(x, y):\n    return x + y\n",
            ),
        ],
    );
}

#[test]
fn a_bare_body_goes_under_the_prompt() {
    let body = "    z = x\n    return z + y";
    let prompt = problem().prompt;
    for (claim, answer, repairs) in [
        (
            "fenced",
            "```python\n    z = x\n    return z + y\n```",
            vec!["body-under-prompt"],
        ),
        (
            "at the margin",
            "```\nz = x\nreturn z + y\n```",
            vec!["body-under-prompt"],
        ),
        (
            "by tabs",
            "```python\n\tz = x\n\treturn z + y\n```",
            vec!["body-under-prompt"],
        ),
        (
            "by eight",
            "```python\n        z = x\n        return z + y\n```",
            vec!["body-under-prompt"],
        ),
        (
            "trimmed",
            "```python\nz = x\n    return z + y\n```",
            vec!["body-under-prompt", "first-line-indented"],
        ),
        (
            "not fenced",
            "    z = x\n    return z + y",
            vec!["body-under-prompt", "unfenced"],
        ),
        (
            "trimmed, not fenced",
            "z = x\n    return z + y",
            vec!["body-under-prompt", "first-line-indented", "unfenced"],
        ),
        (
            "in prose",
            "The body:\n\n    z = x\n    return z + y\n\nIt's short.",
            vec!["body-under-prompt", "unfenced"],
        ),
        (
            "used",
            "```python\n    z = x\n    return z + y\n\nprint(add(1, 2))\n```",
            vec!["body-under-prompt", "usage-dropped"],
        ),
    ] {
        let answer = program::of(&problem(), &reply(answer), PromptStyle::Chat).expect("there is a body");
        assert_eq!(answer.source.trim_end(), format!("{prompt}{body}"), "{claim}");
        assert_eq!(answer.repairs.into_iter().collect::<Vec<_>>(), repairs, "{claim}");
    }
}

#[test]
fn what_only_shows_or_tries_the_function_is_not_run() {
    let uses = [
        "print(add(1, 2))",
        "assert add(1, 2) == 4",
        "x = add(1, 2)",
        "for x in range(9):\n    print(add(x, x))",
        "if __name__ == \"__main__\":\n    import sys\n    sys.exit(add(0, 0))",
        "unittest.main()",
        "try:\n    add(1, 2)\nexcept ValueError:\n    pass",
    ];
    for usage in uses {
        all_yield(
            RIGHT,
            &["usage-dropped"],
            &[(usage, &format!("```python\n{RIGHT}\n{usage}\n```"))],
        );
    }
}

#[test]
fn what_is_broken_around_the_function_is_left_out() {
    for rest in [
        "print(add(1,",
        "assert add('1",
        "if __name__ == '__main__':",
        "This isn't code.",
        ">>> add(1, 2)\n3",
        "def add(x, y):\n    pass",
    ] {
        let (code, repairs) = added(&reply(format!("```python\n{RIGHT}\n{rest}"))).expect("there is code");
        assert!(code.starts_with(RIGHT) && !code.contains(rest), "{rest}: {code}");
        assert!(repairs.contains(&"fragment-dropped"), "{rest}");
    }
}

#[test]
fn definitions_that_are_needed_come_from_other_blocks() {
    let answer = "First:\n```python\nimport math\nONE = 1\nexample = input()\n\ndef one(x):\n    return x * ONE\n\ndef two(x):\n    return 2\n\ndef add(x, y):\n    return 0\n```\n\
                  Then:\n```python\ndef add(x, y):\n    example = one(x)\n    return math.floor(example + y)\n```";
    let (code, repairs) = added(&reply(answer)).expect("there is code");
    assert_eq!(repairs, ["blocks-joined"]);
    assert_eq!(
        code,
        "import math\nONE = 1\ndef one(x):\n    return x * ONE\n\ndef add(x, y):\n    example = one(x)\n    return math.floor(example + y)\n"
    );
}

#[test]
fn a_method_is_called_on_a_new_object() {
    let answer = "```python\nclass Solution:\n    def other(self):\n        pass\n\n    def add(self, x, y):\n        return x + y\n\nprint(Solution().add(1, 2))\n```";
    let (code, repairs) = added(&reply(answer)).expect("there is a method");
    assert!(code.ends_with("\n\ndef add(*values, **named):\n    return Solution().add(*values, **named)\n"));
    assert!(!code.contains("print"));
    assert_eq!(repairs, ["method-unwrapped", "usage-dropped"]);
}

#[test]
fn a_session_is_read_as_what_was_typed() {
    all_yield(
        RIGHT,
        &["prompts-removed"],
        &[(
            "a session",
            "```pycon\n>>> def add(x, y):\n...     return x + y\n...\n```\n",
        )],
    );
    let (code, _) = added(&reply(
        "```\n>>> def add(x, y):\n...     return x + y\n...\n>>> add(1, 2)\n4\n```",
    ))
    .expect("code");
    assert_eq!(code.trim_end(), RIGHT.trim_end());
}

#[test]
fn imports_from_the_future_come_first() {
    let answer = reply("```python\nfrom __future__ import annotations\n\ndef add(x, y):\n    return x + y\n```");
    let source = program::of(&problem(), &answer, PromptStyle::Chat)
        .expect("there is code")
        .source;
    assert!(source.starts_with("from __future__ import annotations\n"));
    assert_eq!(source.matches("__future__").count(), 1);
}
