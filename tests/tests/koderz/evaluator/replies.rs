//! Replies that no encoder writes, from a subject that has replaced its side of the encoding.
//!
//! The judge reads them, so none may harm it: each is a failure of the subject, even where the check lets every exception
//! pass, and none is a failure of the evaluator, which would keep a cheat out of the count.

use super::python::{CHECK, program, python};
use koderz_api::execution::Exit;
use koderz_core::ports::Evaluator;

/// In the place of a value: a name, and the text as an expression.
const VALUES: &[(&str, &str)] = &[
    ("empty", r#"''"#),
    ("no JSON", r#"'nonsense'"#),
    ("cut off", r#"'[{"t":2},4'"#),
    ("not a list", r#"'4'"#),
    ("an object", r#"'{"t":2}'"#),
    ("no values", r#"'[]'"#),
    ("one value", r#"'[4]'"#),
    ("three values in a tuple", r#"'[{"t":3},4,null,null]'"#),
    ("a value too many", r#"'[{"t":2},4,null,9]'"#),
    ("a value too few", r#"'[{"t":2},4]'"#),
    ("a list in the place of a pair", r#"'[{"l":1},4]'"#),
    ("a text of two letters for a pair", r#"'["ab"]'"#),
    ("a million open brackets", r#"'[' * 10 ** 6"#),
    ("a million open braces", r#"'{"t":' * 10 ** 6"#),
    ("a million pairs of brackets", r#"'[' * 10 ** 6 + ']' * 10 ** 6"#),
    (
        "brackets in a token",
        r#"'[{"t":2},{"i":' + '[' * 10 ** 5 + ']' * 10 ** 5 + '},null]'"#,
    ),
    ("not-a-number tokens", r#"'[{"t":2},NaN,null]'"#),
    ("infinite tokens", r#"'[{"t":2},-Infinity,null]'"#),
    ("a bare float", r#"'[{"t":2},4.0,null]'"#),
    ("an exponent", r#"'[{"t":2},4e999999999,null]'"#),
    ("a nested list", r#"'[{"t":2},[4],null]'"#),
    ("a negative count", r#"'[{"t":-2},4,null]'"#),
    ("a count that is a float", r#"'[{"t":2.0},4,null]'"#),
    ("a count that is true", r#"'[{"t":2},{"l":true},4,null]'"#),
    ("a count that is a text", r#"'[{"t":"2"},4,null]'"#),
    ("a count that is null", r#"'[{"d":null},4,null]'"#),
    ("a dict of a text", r#"'[{"t":2},{"d":"1"},4,4,null]'"#),
    ("a huge count", r#"'[{"t":' + '9' * 4000 + '},4,null]'"#),
    (
        "a count of a million digits",
        r#"'[{"t":' + '9' * 10 ** 6 + '},4,null]'"#,
    ),
    (
        "a number of a million digits",
        r#"'[{"t":2},' + '9' * 10 ** 6 + ',null]'"#,
    ),
    ("a hexadecimal number that is none", r#"'[{"t":2},{"i":"four"},null]'"#),
    ("a hexadecimal number that is a list", r#"'[{"t":2},{"i":[4]},null]'"#),
    ("a float that is none", r#"'[{"t":2},{"f":"four"},null]'"#),
    ("a float out of range", r#"'[{"t":2},{"f":"0x1p999999"},null]'"#),
    ("a float that is a number", r#"'[{"t":2},{"f":4},null]'"#),
    ("a complex of one part", r#"'[{"t":2},{"c":["0x1p0"]},null]'"#),
    ("a complex of none", r#"'[{"t":2},{"c":{}},null]'"#),
    ("a fraction of nought", r#"'[{"t":2},{"q":["0x4","0x0"]},null]'"#),
    ("a fraction of three", r#"'[{"t":2},{"q":["0x4","0x1","0x1"]},null]'"#),
    ("a decimal that is none", r#"'[{"t":2},{"m":"four"},null]'"#),
    ("a decimal that is a number", r#"'[{"t":2},{"m":4},null]'"#),
    ("odd bytes", r#"'[{"t":2},{"b":"123"},null]'"#),
    ("bytes that are a number", r#"'[{"t":2},{"y":10000000000},null]'"#),
    ("a range of no step", r#"'[{"t":2},{"r":["0x0","0x9","0x0"]},null]'"#),
    ("a range of nothing", r#"'[{"t":2},{"r":[]},null]'"#),
    ("a range of a number", r#"'[{"t":2},{"r":4},null]'"#),
    ("an unknown kind", r#"'[{"t":2},{"q":1},4,null]'"#),
    ("a kind of nothing", r#"'[{"t":2},{},null]'"#),
    ("two kinds at once", r#"'[{"t":2},{"l":0,"s":0},null]'"#),
    ("the same kind twice", r#"'[{"t":2},{"l":0,"l":1},4,null]'"#),
    ("a key that cannot be one", r#"'[{"t":2},{"d":1},{"l":0},4,null]'"#),
    ("a set of what cannot be in one", r#"'[{"t":2},{"s":1},{"d":0},null]'"#),
    (
        "a frozenset of what cannot be in one",
        r#"'[{"t":2},{"z":1},{"s":0},null]'"#,
    ),
    (
        "a set of deep tuples",
        r#"'[{"t":2},{"s":1},' + '{"t":1},' * 10 ** 5 + '4,null]'"#,
    ),
    ("a text that is not closed", r#"'[{"t":2},"' + 'x' * 10 ** 6"#),
    ("escapes that are none", r#"'[{"t":2},"\\\\q",null]'"#),
    (
        "an opaque kind that is deep",
        r#"'[{"t":2},{"o":' + '[' * 5000 + ']' * 5000 + '},null]'"#,
    ),
    (
        "an opaque kind of ten megabytes",
        r#"'[{"t":2},{"o":"' + 'x' * 10 ** 7 + '"},null]'"#,
    ),
    ("changed arguments that are a number", r#"'[{"t":2},5,4]'"#),
    (
        "changed arguments of another shape",
        r#"'[{"t":2},5,{"t":2},{"d":0},{"l":0}]'"#,
    ),
    (
        "changed arguments with more of them",
        r#"'[{"t":2},5,{"t":2},{"l":2},4,4,{"d":1},"x",4]'"#,
    ),
    ("a lone surrogate", r#"'[{"t":2},"\ud800",null]'"#),
];

/// In the place of an exception; `told(…)` is a right one but for what it is given.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("no JSON", r#"'nonsense'"#),
    ("empty", r#"''"#),
    ("an empty list", r#"'[]'"#),
    ("null", r#"'null'"#),
    ("an object", r#"'{}'"#),
    ("a million open brackets", r#"'[' * 10 ** 6"#),
    ("two of the three", r#"'[{"t":2},{"l":0},"no"]'"#),
    ("kinds that are a text", r#"'[{"t":3},"E","no","no"]'"#),
    ("kinds that are no texts", r#"'[{"t":3},{"l":2},4,{"l":0},"no","no"]'"#),
    ("kinds without an end", r#"'[{"t":3},{"l":99999999},"E","no","no"]'"#),
    ("a message that is a list", r#"told(message=[1])"#),
    ("a message that is null", r#"told(message=None)"#),
    ("words that are a number", r#"told(words=4)"#),
    ("no words, as if nothing had happened", r#"told(words=None)"#),
];

/// In the place of an exception, and as an encoder might write it.
const ODD: &[(&str, &str)] = &[
    (
        "kinds that are no exceptions",
        r#"told(['int', 'print', 'SystemExit', '__import__', 'object'])"#,
    ),
    ("no kinds", r#"told([])"#),
    ("a kind that wants more than words", r#"told(['UnicodeDecodeError'])"#),
    ("a group", r#"told(['ExceptionGroup'])"#),
    ("a hundred thousand kinds", r#"told(['x'] * 10 ** 5)"#),
    ("a kind with a null", r#"told(['a\0'])"#),
    ("a kind of half a character", r#"told(['\ud800'])"#),
    ("a kind with a name of a megabyte", r#"told(['x' * 10 ** 6])"#),
    ("a kind that is a keyword", r#"told(['None', 'class'])"#),
    ("empty words", r#"told(words='')"#),
    ("words of half a character", r#"told(words='\ud800')"#),
    ("words of ten megabytes", r#"told(words='x' * 10 ** 7)"#),
    ("words of a terminal", r#"told(words='\x1b[2J')"#),
];

/// In the place of both.
const PAIRS: &[(&str, &str)] = &[
    ("neither a value nor an error", r#"(None, None)"#),
    ("a number in the place of a text", r#"(4, None)"#),
    ("bytes in the place of a text", r#"(b'[]', None)"#),
    ("three of them", r#"(1, 2, 3)"#),
];

/// A check that lets every exception pass.
const FORGIVING: &str = "try:\n    answer = f(2)\nexcept BaseException:\n    answer = 4\nassert answer == 4\n";

fn end(reply: &str, check: &str) -> Result<Exit, String> {
    let subject = format!(
        "import json, subject\n\
         def told(kinds=['E', 'ValueError'], message='no', words='E: no'):\n\
         \x20   held = [json.dumps(kind) for kind in kinds]\n\
         \x20   head = ['{{\"t\":3}}', '{{\"l\":%d}}' % len(held)]\n\
         \x20   return '[' + ','.join(head + held + [json.dumps(message), json.dumps(words)]) + ']'\n\
         REPLY = {reply}\n\
         subject.call = lambda entry_point, text: REPLY\n"
    );
    let outcome = python().execute(&program(&subject, Some(check)));
    outcome.map(|outcome| outcome.exit).map_err(|error| error.message)
}

#[track_caller]
fn none_passes(table: &[(&str, &str)], wrap: impl Fn(&str) -> String, checks: &[&str]) {
    for (name, reply) in table {
        for check in checks {
            let exit = end(&wrap(reply), check);
            assert!(
                matches!(exit, Ok(Exit::Failed(_) | Exit::Crashed(_))),
                "{name}: {exit:?}"
            );
        }
    }
}

#[test]
fn a_value_that_cannot_be_read_is_the_answers_failure() {
    none_passes(VALUES, |text| format!("({text}, None)"), &[CHECK, FORGIVING]);
}

#[test]
fn an_exception_that_cannot_be_read_is_the_answers_failure() {
    none_passes(EXCEPTIONS, |text| format!("(None, {text})"), &[CHECK, FORGIVING]);
}

#[test]
fn an_exception_may_say_of_itself_what_it_likes() {
    none_passes(ODD, |text| format!("(None, {text})"), &[CHECK]);
}

#[test]
fn a_reply_that_is_no_text_is_the_answers_failure() {
    none_passes(PAIRS, str::to_owned, &[CHECK, FORGIVING]);
}
