//! No answer makes the suite fail or wait.

use super::{cut, problem, suite};
use crate::PromptStyle;
use crate::program;
use koderz_plugin::testing::reply;
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// What answers are made of, as likely to be at odds with itself as can be.
fn piece() -> impl Strategy<Value = String> {
    let fixed = prop::sample::select(vec![
        "```",
        "```python\n",
        "~~~",
        "````",
        "\n",
        "\r\n",
        "\r",
        "    ",
        "\t",
        " ",
        "def add(",
        "x, y):",
        "return ",
        "add",
        "class Solution:\n",
        "self",
        "\"\"\"",
        "'''",
        "\"",
        "'",
        "\\",
        "\\\n",
        "#",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ":",
        "=",
        "<think>",
        "</think>",
        "[THINK]",
        "◁think▷",
        "@",
        ">>> ",
        "... ",
        "import ",
        "from ",
        " as ",
        "lambda",
        "async ",
        "é",
        "数",
        "\u{feff}",
        "\u{a0}",
        "🙂",
        ".",
        "1.",
        "__future__",
        "else:",
        "if __name__",
        "print(",
        "<",
        "!",
        "`",
        "0x",
    ]);
    prop_oneof![4 => fixed.prop_map(str::to_owned), 1 => any::<String>()]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_answer_becomes_a_program_or_says_what_is_missing(text in text()) {
        for reply in [reply(text.as_str()), cut(&text)] {
            if let Ok(answer) = program::of(&problem(), &reply, PromptStyle::Chat) {
                prop_assert!(answer.source.contains("def double("));
            }
        }
    }

    #[test]
    fn what_stands_around_a_fenced_answer_does_not_change_it(before in "[a-zA-Z ,.()'\"\n]{0,80}", after in "[a-zA-Z ,.()'\"\n]{0,80}") {
        let code = "def add(x, y):\n    return x + y\n";
        let answer = reply(format!("{before}\n```python\n{code}```\n{after}"));
        let source = program::of(&problem(), &answer, PromptStyle::Chat).expect("there is code").source;
        prop_assert!(source.ends_with(code), "{}", source);
    }

    #[test]
    fn no_settings_make_describing_the_suite_fail(tokens in 1_u32.., cpu in 0.1..3600.0) {
        use koderz_plugin::Suite;
        let settings = format!(r#"{{"max-output-tokens": {tokens}, "cpu-seconds": {cpu}}}"#);
        let suite: crate::HumanEval = koderz_plugin::testing::open(&settings).expect("they are allowed");
        prop_assert!(suite.describe().context_tokens >= Some(tokens));
        let limits = suite.limits(&problem().check);
        prop_assert!(limits.wall > limits.cpu);
    }
}

#[test]
fn the_work_grows_with_the_length_of_the_answer_and_no_faster() {
    let pieces = [
        "`",
        "```\n",
        "```python\n",
        "a ```\n",
        "(",
        "(\n",
        "]",
        "\"",
        "\"\"\"",
        "\"\"\"\n",
        "'",
        "\\",
        "\\\n",
        "<think>",
        "</think>",
        "<",
        "#",
        "def add(x):\n",
        "def add(x):\n    return x\n",
        "class A:\n",
        "class A:\n    def add(self):\n        return 1\n",
        "    return x\n",
        "a\n",
        "a ",
        "x = a\n",
        ">>> a\n",
        "@a\n",
        "import a\n",
        "\n",
        " ",
        "é",
        "````md\n",
        "~",
        "a = (\n",
        "def add(x): return (\n",
        "```python\ndef add(x):\n    return b\n```\n",
        "```python\ndef b(x):\n    return add\n",
    ];
    for piece in pieces {
        let text = piece.repeat(200_000 / piece.len());
        let begun = Instant::now();
        let _ = program::of(&problem(), &cut(&text), PromptStyle::Chat);
        // A fraction of this is usual; work that grows with the square of the length takes minutes.
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "{piece:?} took {:?}",
            begun.elapsed()
        );
    }
}

#[test]
fn equal_answers_are_judged_equally() {
    use koderz_plugin::Suite;
    use koderz_plugin::prelude::Completion;
    use koderz_plugin::testing::{all_tasks, trial};
    let suite = suite("chat");
    let task = all_tasks(&suite).expect("there are tasks").remove(0);
    let text = "```python\nimport a, b\nA = 1\nB = A\ndef f(x): return B\n```\n```python\ndef has_close_elements(x, y): return f(a) + b\n```";
    let history = [vec![Completion::Asked(Ok(reply(text)))]];
    let step = suite.next(&trial(task.clone()), &history);
    assert!((0..20).all(|_| suite.next(&trial(task.clone()), &history) == step));
}
