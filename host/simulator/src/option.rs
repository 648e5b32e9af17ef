//! The `options` of a request: which there are, and what type they must have.
//!
//! Only the bound of the answer and what a runner starts with have an effect; an answer from a cassette cannot be
//! sampled anew. A wrong type is still an error, as it is in Ollama. An unknown name is not.

use crate::profile::Profile;
use serde_json::{Map, Value};

/// What has an effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// The most tokens of an answer.
    pub(crate) bound: Option<usize>,
    /// What the runner has to be started with.
    pub(crate) profile: Profile,
}

const INTEGERS: [&str; 11] = [
    "draft_num_predict",
    "main_gpu",
    "num_batch",
    "num_ctx",
    "num_gpu",
    "num_keep",
    "num_predict",
    "num_thread",
    "repeat_last_n",
    "seed",
    "top_k",
];
const FLOATS: [&str; 7] = [
    "frequency_penalty",
    "min_p",
    "presence_penalty",
    "repeat_penalty",
    "temperature",
    "top_p",
    "typical_p",
];
const BOOLEANS: [&str; 1] = ["use_mmap"];
const LISTS: [&str; 1] = ["stop"];

impl Options {
    /// Reads options, or says in Ollama's words what is wrong with them.
    pub(crate) fn read(options: &Map<String, Value>) -> Result<Self, String> {
        for (name, value) in options {
            let must_be = match name.as_str() {
                _ if value.is_null() => None,
                name if INTEGERS.contains(&name) => (!value.is_number()).then_some("of type integer"),
                name if FLOATS.contains(&name) => (!value.is_number()).then_some("of type float32"),
                name if BOOLEANS.contains(&name) => (!value.is_boolean()).then_some("of type boolean"),
                name if LISTS.contains(&name) => match value.as_array() {
                    None => Some("of type array"),
                    Some(items) => (!items.iter().all(Value::is_string)).then_some("of an array of strings"),
                },
                _ => None,
            };
            if let Some(must_be) = must_be {
                return Err(format!("option {name:?} must be {must_be}"));
            }
        }
        // Zero and below mean that there is no bound, or the server's own.
        let above_zero = |name| options.get(name).and_then(whole).filter(|number| *number > 0);
        let integer = |name| options.get(name).and_then(Value::as_f64).map(|number| number as i64);
        let usual = Profile::default().with_context(above_zero("num_ctx"));
        Ok(Options {
            bound: above_zero("num_predict").map(|bound| usize::try_from(bound).unwrap_or(usize::MAX)),
            profile: Profile {
                batch: above_zero("num_batch").unwrap_or(usual.batch),
                layers: integer("num_gpu").unwrap_or(usual.layers),
                main_gpu: integer("main_gpu").unwrap_or(usual.main_gpu),
                mmap: options.get("use_mmap").and_then(Value::as_bool),
                threads: integer("num_thread").unwrap_or(usual.threads),
                drafts: integer("draft_num_predict").unwrap_or(usual.drafts),
                ..usual
            },
        })
    }
}

/// A number without its fraction, which Ollama drops too; nothing if it is below zero.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let number = value.as_f64()?;
        (number >= 0.0).then_some(number as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(options: Value) -> Result<Options, String> {
        Options::read(options.as_object().expect("an object"))
    }

    #[test]
    fn an_option_of_the_wrong_type_is_named() {
        for (options, words) in [
            (
                json!({"num_predict": "abc"}),
                r#"option "num_predict" must be of type integer"#,
            ),
            (
                json!({"temperature": true}),
                r#"option "temperature" must be of type float32"#,
            ),
            (json!({"use_mmap": 1}), r#"option "use_mmap" must be of type boolean"#),
            (json!({"stop": "x"}), r#"option "stop" must be of type array"#),
            (json!({"stop": [1]}), r#"option "stop" must be of an array of strings"#),
        ] {
            assert_eq!(read(options), Err(words.to_owned()));
        }
    }

    #[test]
    fn unknown_options_and_empty_ones_are_ignored() {
        let options = json!({"no_such_option": {}, "seed": null, "num_predict": -1, "num_ctx": 2048.9});
        let expected = Options {
            bound: None,
            profile: Profile::default().with_context(Some(2048)),
        };
        assert_eq!(read(options), Ok(expected));
        assert_eq!(read(json!({"num_predict": 7})).expect("options").bound, Some(7));
    }

    #[test]
    fn what_a_runner_starts_with_is_read() {
        let options = json!({"num_batch": 64, "num_gpu": 20, "main_gpu": 1, "use_mmap": false, "num_thread": 2.5});
        let expected = Profile {
            batch: 64,
            layers: 20,
            main_gpu: 1,
            mmap: Some(false),
            threads: 2,
            ..Profile::default()
        };
        assert_eq!(read(options).expect("options").profile, expected);
        let sampling = json!({"temperature": 0.5, "seed": 3, "num_predict": 9, "num_gpu": -1});
        assert_eq!(read(sampling).expect("options").profile, Profile::default());
    }
}
