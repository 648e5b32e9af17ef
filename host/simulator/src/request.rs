//! Reading a request's body, with the errors that Ollama's own JSON decoder would give.

use crate::duration::{self, KeepAlive};
use crate::question::{Message, Question};
use serde_json::{Map, Value, error::Category};

/// What is asked at `/api/generate` and `/api/chat`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    /// The model as the client spells it.
    pub(crate) model: String,
    pub(crate) question: Question,
    pub(crate) stream: bool,
    /// Whether the model is to think, if that is said.
    pub(crate) think: Option<bool>,
    pub(crate) tools: bool,
    /// Whether a full context goes on without its oldest tokens.
    pub(crate) shift: bool,
    pub(crate) keep_alive: Option<KeepAlive>,
    pub(crate) options: Map<String, Value>,
    /// The shape of the answer, if it is none that there is.
    pub(crate) bad_format: Option<Value>,
}

/// Where it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Generate,
    Chat,
}

/// The fields of a JSON object that Go reads into a struct.
pub(crate) struct Fields {
    name: &'static str,
    map: Map<String, Value>,
}

impl Request {
    /// Reads a body, or says what is wrong with it.
    pub(crate) fn read(endpoint: Endpoint, body: &[u8]) -> Result<Self, String> {
        let mut fields = Fields::read(endpoint.type_name(), body)?;
        let model = fields.text("model")?;
        let question = match endpoint {
            Endpoint::Generate => Question::Prompt(fields.text("prompt")?),
            Endpoint::Chat => Question::Messages(fields.messages()?),
        };
        fields.flag("raw")?;
        let think = match fields.take("think") {
            Some(Value::Bool(think)) => Some(think),
            Some(Value::String(level)) if ["low", "medium", "high", "max"].contains(&level.as_str()) => Some(true),
            None => None,
            Some(other) => return Err(format!("invalid think value: {other}")),
        };
        let tools = match fields.take("tools") {
            None => false,
            Some(Value::Array(tools)) => !tools.is_empty(),
            Some(other) => return Err(fields.mismatch(&other, "tools", "api.Tools")),
        };
        let keep_alive = match fields.take("keep_alive") {
            None => None,
            Some(Value::Number(seconds)) => seconds.as_f64().map(duration::of_seconds),
            Some(Value::String(text)) => Some(duration::keep_alive(&text)?),
            Some(other) => return Err(format!("Unsupported type: '{}'", go_value(&other))),
        };
        let options = match fields.take("options") {
            None => Map::new(),
            Some(Value::Object(options)) => options,
            Some(other) => return Err(fields.mismatch(&other, "options", "map[string]interface {}")),
        };
        Ok(Request {
            stream: fields.flag("stream")?.unwrap_or(true),
            shift: fields.flag("shift")?.unwrap_or(true),
            bad_format: fields
                .take("format")
                .filter(|format| !(format.is_object() || format == "json" || format == "")),
            model,
            question,
            think,
            tools,
            keep_alive,
            options,
        })
    }
}

impl Request {
    /// The seed that the answer is to be drawn with, where it is a number that a cassette may have.
    pub(crate) fn seed(&self) -> Option<u64> {
        self.options.get("seed")?.as_u64()
    }
}

impl Endpoint {
    fn type_name(self) -> &'static str {
        match self {
            Endpoint::Generate => "GenerateRequest",
            Endpoint::Chat => "ChatRequest",
        }
    }
}

impl Fields {
    /// Reads an object. What follows it is ignored, as in Ollama.
    pub(crate) fn read(name: &'static str, body: &[u8]) -> Result<Self, String> {
        let first = serde_json::Deserializer::from_slice(body).into_iter::<Value>().next();
        match first {
            None => Err("missing request body".to_owned()),
            Some(Ok(Value::Object(map))) => Ok(Fields { name, map }),
            Some(Ok(Value::Null)) => Ok(Fields { name, map: Map::new() }),
            Some(Ok(other)) => Err(format!(
                "json: cannot unmarshal {} into Go value of type api.{name}",
                go_value(&other)
            )),
            Some(Err(error)) if error.classify() == Category::Eof => Err("unexpected EOF".to_owned()),
            // Go also says what it looked for, which would take its parser to know.
            Some(Err(error)) => Err(match offending(body, error.line(), error.column()) {
                Some(byte) => format!("invalid character {byte:?} in the request body"),
                None => format!("invalid request body: {error}"),
            }),
        }
    }

    /// A field that is there and not null.
    fn take(&mut self, field: &str) -> Option<Value> {
        self.map.remove(field).filter(|value| !value.is_null())
    }

    /// A text, empty if it is not there.
    pub(crate) fn text(&mut self, field: &str) -> Result<String, String> {
        match self.take(field) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text),
            Some(other) => Err(self.mismatch(&other, field, "string")),
        }
    }

    fn flag(&mut self, field: &str) -> Result<Option<bool>, String> {
        match self.take(field) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(other) => Err(self.mismatch(&other, field, "bool")),
        }
    }

    fn messages(&mut self) -> Result<Vec<Message>, String> {
        let messages = match self.take("messages") {
            None => return Ok(Vec::new()),
            Some(Value::Array(messages)) => messages,
            Some(other) => return Err(self.mismatch(&other, "messages", "[]api.Message")),
        };
        let message = |value| match value {
            Value::Object(map) => {
                let mut fields = Fields {
                    name: "ChatRequest.messages",
                    map,
                };
                Ok(Message {
                    role: fields.text("role")?,
                    content: fields.text("content")?,
                })
            }
            other => Err(self.mismatch(&other, "messages", "api.Message")),
        };
        messages.into_iter().map(message).collect()
    }

    fn mismatch(&self, value: &Value, field: &str, expected: &str) -> String {
        format!(
            "json: cannot unmarshal {} into Go struct field {}.{field} of type {expected}",
            go_value(value),
            self.name
        )
    }
}

fn offending(body: &[u8], line: usize, column: usize) -> Option<char> {
    let line = body.split(|byte| *byte == b'\n').nth(line.checked_sub(1)?)?;
    line.get(column.checked_sub(1)?).map(|byte| char::from(*byte))
}

/// What Go calls a kind of value.
fn go_value(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(endpoint: Endpoint, body: &str) -> String {
        Request::read(endpoint, body.as_bytes()).expect_err("a bad body")
    }

    #[test]
    fn a_bad_body_is_described_in_the_servers_words() {
        use Endpoint::{Chat, Generate};
        for (endpoint, body, words) in [
            (Generate, "", "missing request body"),
            (Generate, r#"{"model":"m","#, "unexpected EOF"),
            (Generate, "{]", "invalid character ']' in the request body"),
            (
                Generate,
                "[]",
                "json: cannot unmarshal array into Go value of type api.GenerateRequest",
            ),
            (
                Generate,
                r#"{"prompt":5}"#,
                "json: cannot unmarshal number into Go struct field GenerateRequest.prompt of type string",
            ),
            (
                Chat,
                r#"{"stream":"no"}"#,
                "json: cannot unmarshal string into Go struct field ChatRequest.stream of type bool",
            ),
            (
                Chat,
                r#"{"messages":[{"role":1}]}"#,
                "json: cannot unmarshal number into Go struct field ChatRequest.messages.role of type string",
            ),
            (Generate, r#"{"keep_alive":"soon"}"#, r#"time: invalid duration "soon""#),
        ] {
            assert_eq!(wrong(endpoint, body), words);
        }
    }

    #[test]
    fn what_is_not_said_has_its_default() {
        let read = |body: &str| Request::read(Endpoint::Chat, body.as_bytes()).expect("a request");
        let request = read(r#"{"model":"m","messages":null,"think":null,"unknown":1} and more"#);
        assert!(request.question.is_empty() && request.stream && request.think.is_none() && !request.tools);
        let request = read(r#"{"messages":[{"role":"user"}],"keep_alive":-1,"think":"low","format":"xml"}"#);
        assert!(!request.question.is_empty() && request.think == Some(true));
        assert_eq!(request.keep_alive, Some(KeepAlive::Forever));
        assert_eq!(request.bad_format, Some(Value::from("xml")));
    }
}
