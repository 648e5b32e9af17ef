//! What is sent: a question as Ollama's `/api/chat` and `/api/generate` take it.

use crate::extra;
use koderz_api::chat::{Format, Prompt, Role};
use koderz_core::ports::{Question, Refusal};
use serde_json::{Map, Value, json};

/// Where a question goes.
pub(crate) fn endpoint(prompt: &Prompt) -> &'static str {
    match prompt {
        Prompt::Chat(_) => "/api/chat",
        Prompt::Completion(_) => "/api/generate",
    }
}

/// The body of a request, or why it must not be sent.
pub(crate) fn of(question: &Question) -> Result<Value, Refusal> {
    let request = &question.request;
    let sampling = &request.sampling;
    let mut options = Map::new();
    let mut option = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            options.insert(name.to_owned(), value);
        }
    };
    option("temperature", sampling.temperature.map(Value::from));
    option("top_p", sampling.top_p.map(Value::from));
    option("num_predict", sampling.max_output_tokens.map(Value::from));
    option("seed", sampling.seed.map(Value::from));
    option("num_ctx", question.context_tokens.map(Value::from));
    option(
        "stop",
        (!sampling.stop.is_empty()).then(|| Value::from(sampling.stop.clone())),
    );
    let mut body = json!({ "model": question.model, "stream": true, "options": options });
    match &request.prompt {
        Prompt::Chat(messages) => {
            let messages = messages
                .iter()
                .map(|message| json!({"role": role(message.role), "content": message.content}));
            body["messages"] = messages.collect();
        }
        Prompt::Completion(text) => {
            body["prompt"] = Value::from(text.as_str());
            body["raw"] = Value::from(true);
        }
    }
    match &request.format {
        Format::Text => {}
        Format::JsonValue => body["format"] = Value::from("json"),
        Format::JsonSchema(schema) => {
            body["format"] = serde_json::from_str(schema).map_err(|error| {
                refusal(
                    "invalid-format",
                    format!("the schema of the answer is no JSON: {error}"),
                )
            })?;
        }
    }
    match &request.extra {
        Some(extra) => extra::merged(body, extra).map_err(|why| refusal("invalid-extra", why)),
        None => Ok(body),
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

fn refusal(detail: &str, message: String) -> Refusal {
    Refusal {
        status: None,
        detail: detail.to_owned(),
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use koderz_api::chat::{Capture, Message, Request, Sampling};

    fn question(prompt: Prompt, extra: Option<&str>) -> Question {
        let sampling = Sampling {
            temperature: Some(0.0),
            max_output_tokens: Some(9),
            stop: vec!["\n#".to_owned()],
            ..Sampling::default()
        };
        let request = Request {
            slot: "subject".to_owned(),
            prompt,
            format: Format::Text,
            sampling,
            capture: Capture::default(),
            extra: extra.map(str::to_owned),
        };
        Question {
            model: "m".to_owned(),
            request,
            context_tokens: Some(2048),
        }
    }

    #[test]
    fn a_completion_goes_past_the_template_with_only_what_is_set() {
        let body = of(&question(Prompt::Completion("def f".to_owned()), None)).expect("a body");
        let options = json!({"temperature": 0.0, "num_predict": 9, "num_ctx": 2048, "stop": ["\n#"]});
        let expected = json!({"model": "m", "stream": true, "options": options, "prompt": "def f", "raw": true});
        assert_eq!(body, expected);
    }

    #[test]
    fn a_conversation_keeps_its_roles() {
        let message = |role, content: &str| Message {
            role,
            content: content.to_owned(),
        };
        let prompt = Prompt::Chat(vec![message(Role::System, "s"), message(Role::User, "u")]);
        let body = of(&question(prompt, None)).expect("a body");
        let expected = json!([{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]);
        assert_eq!(body["messages"], expected);
    }

    #[test]
    fn the_shape_of_an_answer_is_passed_on() {
        let mut question = question(Prompt::Completion(String::new()), None);
        question.request.format = Format::JsonValue;
        assert_eq!(of(&question).expect("a body")["format"], json!("json"));
        question.request.format = Format::JsonSchema(r#"{"type": "object"}"#.to_owned());
        assert_eq!(of(&question).expect("a body")["format"], json!({"type": "object"}));
        question.request.format = Format::JsonSchema("{".to_owned());
        assert_eq!(of(&question).expect_err("refused").detail, "invalid-format");
    }

    #[test]
    fn extra_fields_come_last_and_the_forbidden_ones_not_at_all() {
        let extra = |extra| of(&question(Prompt::Completion(String::new()), Some(extra)));
        let body = extra(r#"{"think": false, "options": {"num_predict": 5}}"#).expect("a body");
        assert_eq!(
            (&body["think"], &body["options"]["num_predict"]),
            (&json!(false), &json!(5))
        );
        assert_eq!(body["options"]["num_ctx"], json!(2048));
        let refused = extra(r#"{"keep_alive": 0}"#).expect_err("refused");
        assert_eq!((refused.detail.as_str(), refused.status), ("invalid-extra", None));
    }
}
