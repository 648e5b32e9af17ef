//! A suite's own additions to a request: merged by RFC 7396, except for what is not a question's to set.

use serde_json::{Map, Value};

/// Options that make the server load the model anew when they change. They are the run's to choose.
const RELOADS: [&str; 7] = [
    "num_ctx",
    "num_batch",
    "num_gpu",
    "main_gpu",
    "use_mmap",
    "num_thread",
    "draft_num_predict",
];

/// Fields that the host fills. `shift` and `keep_alive` are among them because they too decide about the loaded model, for
/// everybody who uses it.
const OWN: [&str; 7] = ["model", "stream", "keep_alive", "shift", "messages", "prompt", "raw"];

/// What a user adds to every request of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Additions {
    whole: Map<String, Value>,
    /// Of these, what decides how a model is loaded and how long it stays.
    residency: Map<String, Value>,
}

/// Fields that decide about a model in memory. They have to be the same in every request, or it is loaded anew.
const RESIDENCY: [&str; 2] = ["options", "keep_alive"];

impl Additions {
    pub(crate) fn new(whole: Map<String, Value>) -> Self {
        let residency = whole.iter().filter(|(name, _)| RESIDENCY.contains(&name.as_str()));
        let residency = residency.map(|(name, value)| (name.clone(), value.clone())).collect();
        Additions { whole, residency }
    }

    /// Adds them to a question.
    pub(crate) fn to_question(&self, body: &mut Value) {
        merge(body, Value::Object(self.whole.clone()));
    }

    /// Adds what a request that only loads a model, or tries it, has in common with questions.
    pub(crate) fn to_load(&self, body: &mut Value) {
        merge(body, Value::Object(self.residency.clone()));
    }
}

/// A request with a suite's additions, or why they must not be sent.
pub(crate) fn merged(mut body: Value, extra: &str) -> Result<Value, String> {
    let extra: Value = serde_json::from_str(extra).map_err(|error| format!("the extra fields are no JSON: {error}"))?;
    allowed(&extra)?;
    merge(&mut body, extra);
    Ok(body)
}

fn allowed(extra: &Value) -> Result<(), String> {
    let Some(fields) = extra.as_object() else {
        return Err("the extra fields are no JSON object".to_owned());
    };
    for (name, value) in fields {
        // The server reads names of fields in any case, so `Keep_Alive` would pass for `keep_alive`.
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if OWN.iter().any(|known| is(known)) {
            return Err(format!("`{name}` is not a question's to set"));
        }
        if !is("options") {
            continue;
        }
        // Anything but an object, null included, would replace the options and the context window with them.
        let options = value
            .as_object()
            .filter(|_| name == "options")
            .ok_or_else(|| format!("`{name}` is no object of options"))?;
        if let Some(reload) = RELOADS.iter().find(|name| options.contains_key(**name)) {
            return Err(format!(
                "`options.{reload}` would make the server load the model anew; it is set for a whole run"
            ));
        }
    }
    Ok(())
}

/// Merges a patch into a value by RFC 7396.
pub(crate) fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(target) = target {
        for (name, value) in patch {
            if value.is_null() {
                target.remove(&name);
            } else {
                merge(target.entry(name).or_insert(Value::Null), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The cases of the appendix of RFC 7396.
    #[test]
    fn a_patch_is_merged_as_rfc_7396_says() {
        for (mut target, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (
                json!({"a": {"b": "c"}}),
                json!({"a": {"b": "d", "c": null}}),
                json!({"a": {"b": "d"}}),
            ),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a": "b"}), json!(["c"]), json!(["c"])),
            (json!({"a": "foo"}), json!(null), json!(null)),
            (json!({"a": "foo"}), json!("bar"), json!("bar")),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            merge(&mut target, patch);
            assert_eq!(target, result);
        }
    }

    #[test]
    fn sampling_may_be_added_and_taken_away() {
        let body = json!({"model": "m", "options": {"num_ctx": 2048, "stop": ["x"]}});
        let extra = r#"{"think": false, "options": {"top_k": 5, "stop": null}}"#;
        let expected = json!({"model": "m", "think": false, "options": {"num_ctx": 2048, "top_k": 5}});
        assert_eq!(merged(body, extra), Ok(expected));
    }

    #[test]
    fn what_would_load_the_model_anew_is_refused() {
        let reloads = RELOADS.iter().flat_map(|option| {
            [
                format!(r#"{{"options": {{"{option}": 1}}}}"#),
                format!(r#"{{"options": {{"{option}": null}}}}"#),
            ]
        });
        let own = OWN.iter().map(|field| format!(r#"{{"{field}": 1}}"#));
        let others = [
            r#"{"options": null}"#,
            r#"{"options": []}"#,
            r#"{"Options": {}}"#,
            r#"{"KEEP_ALIVE": 0}"#,
            "[]",
            "null",
            "{",
        ];
        for extra in reloads.chain(own).chain(others.map(str::to_owned)) {
            assert!(merged(json!({}), &extra).is_err(), "{extra}");
        }
    }
}
