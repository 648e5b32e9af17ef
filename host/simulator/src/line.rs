//! The objects of an answer, with the fields and their order as Ollama writes them.

use crate::reply::{Said, Tail};
use crate::request::Endpoint;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;
use serde_json::value::{RawValue, to_raw_value};
use std::io::{self, Write};

/// What is the same in all objects of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    endpoint: Endpoint,
    /// The model as the client spelled it.
    model: Box<RawValue>,
}

/// A time as Ollama writes it. It is JSON once for the many lines that share it, as is the model.
#[derive(Clone, Debug)]
pub(crate) struct Stamp(Box<RawValue>);

#[derive(Serialize)]
struct Line<'a> {
    model: &'a RawValue,
    created_at: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    thinking: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message<'a>>,
    done: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    done_reason: &'a str,
    #[serde(skip_serializing_if = "is_nothing")]
    total_duration: Option<u64>,
    #[serde(skip_serializing_if = "is_nothing")]
    load_duration: Option<u64>,
    #[serde(skip_serializing_if = "is_nothing")]
    prompt_eval_count: Option<u64>,
    #[serde(skip_serializing_if = "is_nothing")]
    prompt_eval_duration: Option<u64>,
    #[serde(skip_serializing_if = "is_nothing")]
    eval_count: Option<u64>,
    #[serde(skip_serializing_if = "is_nothing")]
    eval_duration: Option<u64>,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'a str,
    content: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    thinking: &'a str,
}

/// Ollama leaves zero out.
fn is_nothing(number: &Option<u64>) -> bool {
    number.unwrap_or(0) == 0
}

impl Stamp {
    pub(crate) fn now() -> Self {
        Stamp(raw(&Timestamp::now().to_string()))
    }
}

impl Form {
    /// The form of an answer to a client who spelled the model like this.
    pub(crate) fn new(endpoint: Endpoint, model: &str) -> Self {
        let model = raw(model);
        Form { endpoint, model }
    }

    /// Writes an object that says something, and that the answer is done if there is a tail.
    pub(crate) fn write(&self, out: &mut Vec<u8>, created_at: &Stamp, said: Said<'_>, tail: Option<&Tail>) {
        let (response, thinking, message) = match self.endpoint {
            Endpoint::Generate => (Some(said.response), said.thinking, None),
            Endpoint::Chat => {
                let message = Message {
                    role: "assistant",
                    content: said.response,
                    thinking: said.thinking,
                };
                (None, "", Some(message))
            }
        };
        let line = Line {
            model: &self.model,
            created_at: &created_at.0,
            response,
            thinking,
            message,
            done: tail.is_some(),
            done_reason: tail.map_or("", |tail| &tail.done_reason),
            total_duration: tail.and_then(|tail| tail.total_duration),
            load_duration: tail.and_then(|tail| tail.load_duration),
            prompt_eval_count: tail.and_then(|tail| tail.prompt_eval_count),
            prompt_eval_duration: tail.and_then(|tail| tail.prompt_eval_duration),
            eval_count: tail.and_then(|tail| tail.eval_count),
            eval_duration: tail.and_then(|tail| tail.eval_duration),
        };
        write(out, &line);
    }
}

/// A name or a time as JSON. Neither has a character that Go would escape and others would not.
fn raw(text: &str) -> Box<RawValue> {
    to_raw_value(text).expect("a string is always JSON")
}

/// JSON as Go writes it.
pub(crate) fn json(value: &impl Serialize) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out, value);
    out
}

fn write(out: &mut Vec<u8>, value: &impl Serialize) {
    value
        .serialize(&mut Serializer::with_formatter(out, Go))
        .expect("strings and numbers are always JSON, and a buffer takes all bytes");
}

/// Go escapes what would mean something in HTML.
struct Go;

impl Formatter for Go {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            let (before, from) = rest.split_at(at);
            let c = from.chars().next().expect("something was found");
            write!(writer, "{before}\\u{:04x}", u32::from(c))?;
            rest = &from[c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(endpoint: Endpoint, said: Said<'_>, tail: Option<&Tail>) -> String {
        let mut out = Vec::new();
        Form::new(endpoint, "m").write(&mut out, &Stamp(raw("T")), said, tail);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn a_piece_of_an_answer_has_ollamas_fields_in_their_order() {
        let said = |thinking, response| Said { thinking, response };
        for (endpoint, said, expected) in [
            (
                Endpoint::Generate,
                said("", " one"),
                r#"{"model":"m","created_at":"T","response":" one","done":false}"#,
            ),
            (
                Endpoint::Generate,
                said("hm", ""),
                r#"{"model":"m","created_at":"T","response":"","thinking":"hm","done":false}"#,
            ),
            (
                Endpoint::Chat,
                said("", " one"),
                r#"{"model":"m","created_at":"T","message":{"role":"assistant","content":" one"},"done":false}"#,
            ),
            (
                Endpoint::Chat,
                said("hm", ""),
                r#"{"model":"m","created_at":"T","message":{"role":"assistant","content":"","thinking":"hm"},"done":false}"#,
            ),
        ] {
            assert_eq!(written(endpoint, said, None), expected);
        }
    }

    #[test]
    fn the_last_object_leaves_out_what_is_zero_or_not_known() {
        let tail = Tail {
            done_reason: "stop".to_owned(),
            total_duration: Some(5),
            prompt_eval_count: Some(0),
            eval_count: Some(2),
            ..Tail::default()
        };
        let expected = r#"{"model":"m","created_at":"T","response":"","done":true,"done_reason":"stop","total_duration":5,"eval_count":2}"#;
        assert_eq!(written(Endpoint::Generate, Said::default(), Some(&tail)), expected);
    }

    #[test]
    fn text_is_escaped_as_in_go() {
        let text = "a<b> & \"c\"\n\u{2028}é";
        let expected = r#""a\u003cb\u003e \u0026 \"c\"\n\u2028é""#;
        assert_eq!(String::from_utf8(json(&text)).expect("text"), expected);
    }
}
