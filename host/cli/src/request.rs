//! What the user adds to every request of a run: options of the runner, how long a model stays, whether it thinks.

use crate::arguments::Asking;
use crate::server::Need;
use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};
use std::str::FromStr;

/// Options that have a flag of their own, which also tells the rest of the program about them.
const FLAGS: [(&str, &str); 5] = [
    ("num_ctx", "--num-ctx"),
    ("num_predict", "--num-predict"),
    ("temperature", "--temperature"),
    ("top_p", "--top-p"),
    ("seed", "--seed"),
];

/// `KEY=VALUE`, an option of Ollama's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunnerOption {
    key: String,
    value: Value,
}

impl FromStr for RunnerOption {
    type Err = String;

    /// A value is what it is as JSON, and otherwise a text.
    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = text
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or("KEY=VALUE is needed, such as num_gpu=20")?;
        if let Some((_, flag)) = FLAGS.iter().find(|(known, _)| *known == key) {
            return Err(format!("{key} is set with {flag}"));
        }
        Ok(RunnerOption {
            key: key.to_owned(),
            value: serde_json::from_str(value).unwrap_or_else(|_| Value::from(value)),
        })
    }
}

/// How much a model is to think before it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Think {
    On,
    Low,
    Medium,
    High,
    Off,
}

impl Think {
    fn value(self) -> Value {
        match self {
            Think::On => Value::from(true),
            Think::Off => Value::from(false),
            Think::Low => Value::from("low"),
            Think::Medium => Value::from("medium"),
            Think::High => Value::from("high"),
        }
    }

    /// What only a model that can think can do, on a server that knows of that.
    pub(crate) fn needs(self) -> Option<Need> {
        let need = |since| Need {
            flag: "--think",
            capability: "thinking",
            since,
        };
        match self {
            Think::Off => None,
            Think::On => Some(need([0, 9, 0])),
            Think::Low | Think::Medium | Think::High => Some(need([0, 11, 0])),
        }
    }
}

/// How long a model stays in memory after an answer, as Ollama writes it: seconds, a length of time such as `30m` or
/// `1h30m`, and below 0 for ever.
pub(crate) fn keep_alive(text: &str) -> Result<Value, String> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Ok(Value::from(seconds));
    }
    let mut rest = text.strip_prefix('-').unwrap_or(text);
    while !rest.is_empty() {
        let number = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let digits = rest.len() - number.len();
        let unit = ["ms", "h", "m", "s"].into_iter().find(|unit| number.starts_with(unit));
        match unit {
            Some(unit) if digits > 0 => rest = &number[unit.len()..],
            _ => return Err("seconds, or a length of time such as 30m or 1h30m, is needed; -1 is for ever".to_owned()),
        }
    }
    match text.trim_start_matches('-') {
        "" => Err("a length of time is needed".to_owned()),
        _ => Ok(Value::from(text)),
    }
}

/// What goes into every request.
pub(crate) fn added(asking: &Asking) -> Map<String, Value> {
    let mut added = Map::new();
    if !asking.options.is_empty() {
        let options = asking
            .options
            .iter()
            .map(|option| (option.key.clone(), option.value.clone()));
        added.insert("options".to_owned(), Value::Object(options.collect()));
    }
    if let Some(keep_alive) = &asking.keep_alive {
        added.insert("keep_alive".to_owned(), keep_alive.clone());
    }
    if let Some(think) = asking.think {
        added.insert("think".to_owned(), think.value());
    }
    added
}

/// The text that conversations begin with.
pub(crate) fn system(asking: &Asking) -> Result<Option<String>> {
    let Some(path) = &asking.system else { return Ok(None) };
    let text = std::fs::read_to_string(path).with_context(|| format!("--system: read {}", path.display()))?;
    match text.trim() {
        "" => bail!("--system: {} is empty", path.display()),
        text => Ok(Some(text.to_owned())),
    }
}

/// Says so where an answer may be longer than what the context window leaves it.
pub(crate) fn check_room(num_predict: Option<u32>, context_tokens: Option<u32>) {
    if let (Some(answer), Some(context)) = (num_predict, context_tokens)
        && answer >= context
    {
        tracing::warn!(
            "an answer of {answer} tokens does not fit a context window of {context}, which holds the question too; \
             --num-ctx {} would hold both",
            json!(answer.saturating_add(context))
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_json_where_it_can_be_and_a_text_otherwise() {
        let value = |text: &str| text.parse::<RunnerOption>().map(|option| option.value);
        assert_eq!(value("num_gpu=20"), Ok(json!(20)));
        assert_eq!(value("use_mmap=false"), Ok(json!(false)));
        assert_eq!(value("stop=[\"a\"]"), Ok(json!(["a"])));
        assert_eq!(value("name=a=b"), Ok(json!("a=b")));
        assert_eq!(value("num_ctx=1"), Err("num_ctx is set with --num-ctx".to_owned()));
        assert!(value("num_gpu").is_err() && value("=1").is_err());
    }

    #[test]
    fn how_long_a_model_stays_is_seconds_or_a_length_of_time() {
        assert_eq!(keep_alive("300"), Ok(json!(300)));
        assert_eq!(keep_alive("-1"), Ok(json!(-1)));
        for good in ["30m", "1h30m", "500ms", "1.5h", "-1m"] {
            assert_eq!(keep_alive(good), Ok(json!(good)));
        }
        for bad in ["", "-", "30 m", "m", "3x", "forever"] {
            assert!(keep_alive(bad).is_err(), "{bad}");
        }
    }
}
