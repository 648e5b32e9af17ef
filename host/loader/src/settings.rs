//! Settings as a user types them, checked against a plugin's schema.

use jsonschema::Validator;
use serde_json::{Map, Value};
use thiserror::Error;

/// A setting is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SettingError {
    /// The schema does not accept it.
    #[error("{name}={value} is refused: {what}{hint}")]
    Refused {
        /// The setting.
        name: String,
        /// What was given.
        value: String,
        /// Why, in the words of the schema's checker.
        what: String,
        /// What there is to set, on a line of its own.
        hint: String,
    },
    /// The plugin itself does not accept the settings.
    #[error("{0}")]
    Plugin(String),
    /// The plugin's schema is none.
    #[error("its settings-schema is no JSON Schema: {0}")]
    Schema(String),
}

/// The schema of a plugin's settings.
#[derive(Debug)]
pub(crate) struct Schema {
    text: Value,
    validator: Validator,
}

impl Schema {
    pub(crate) fn parse(text: &str) -> Result<Self, SettingError> {
        let broken = |error: String| SettingError::Schema(error);
        let text: Value = serde_json::from_str(text).map_err(|error| broken(error.to_string()))?;
        let validator = jsonschema::validator_for(&text).map_err(|error| broken(error.to_string()))?;
        Ok(Schema { text, validator })
    }

    pub(crate) fn text(&self) -> &Value {
        &self.text
    }

    /// Names that the schema documents.
    pub(crate) fn names(&self) -> Vec<&str> {
        let properties = self.text.get("properties").and_then(Value::as_object);
        properties
            .map(|properties| properties.keys().map(String::as_str).collect())
            .unwrap_or_default()
    }

    /// Settings from pairs of name and text. A text is taken as JSON where the schema accepts that, and as a string
    /// otherwise.
    pub(crate) fn settings(&self, pairs: &[(String, String)]) -> Result<Map<String, Value>, SettingError> {
        let mut settings = Map::new();
        for (name, text) in pairs {
            let as_json: Option<Value> = serde_json::from_str(text).ok();
            let candidates: Vec<Value> = as_json.into_iter().chain([Value::String(text.clone())]).collect();
            let alone = |value: &Value| Value::Object(Map::from_iter([(name.clone(), value.clone())]));
            match candidates.iter().find(|value| self.validator.is_valid(&alone(value))) {
                Some(value) => settings.insert(name.clone(), value.clone()),
                None => return Err(self.refusal(name, text, &alone(&candidates[0]))),
            };
        }
        self.check(&settings)?;
        Ok(settings)
    }

    /// Checks settings as a whole.
    pub(crate) fn check(&self, settings: &Map<String, Value>) -> Result<(), SettingError> {
        let whole = Value::Object(settings.clone());
        match self.validator.validate(&whole) {
            Ok(()) => Ok(()),
            Err(error) => {
                let name = error.instance_path().to_string().trim_start_matches('/').to_owned();
                let value = settings.get(&name).map(Value::to_string).unwrap_or_default();
                Err(self.refusal(&name, &value, &whole))
            }
        }
    }

    fn refusal(&self, name: &str, value: &str, whole: &Value) -> SettingError {
        let known = self.names();
        let what = match self.validator.validate(whole) {
            _ if !known.is_empty() && !known.contains(&name) => "there is no such setting".to_owned(),
            Ok(()) => "the schema does not accept it".to_owned(),
            Err(error) => error.to_string(),
        };
        let hint = if known.is_empty() {
            String::new()
        } else {
            format!("\nhint: it can be set: {}", known.join(", "))
        };
        SettingError::Refused {
            name: name.to_owned(),
            value: value.to_owned(),
            what,
            hint,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Schema {
        let text = r#"{"type": "object", "additionalProperties": false, "properties": {
            "delay": {"type": "number", "minimum": 0}, "style": {"enum": ["chat", "bare"]}, "note": {"type": "string"}}}"#;
        Schema::parse(text).expect("a schema")
    }

    fn settings(pairs: &[(&str, &str)]) -> Result<Map<String, Value>, SettingError> {
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        schema().settings(&pairs)
    }

    #[test]
    fn a_text_becomes_what_the_schema_wants() {
        let settings = settings(&[("delay", "0.5"), ("style", "bare"), ("note", "12")]).expect("accepted");
        assert_eq!(
            Value::Object(settings),
            serde_json::json!({"delay": 0.5, "style": "bare", "note": "12"})
        );
    }

    #[test]
    fn an_unknown_setting_is_refused_with_what_there_is() {
        let error = settings(&[("dealy", "1")]).expect_err("refused").to_string();
        assert_eq!(
            error,
            "dealy=1 is refused: there is no such setting\nhint: it can be set: delay, note, style"
        );
    }

    #[test]
    fn a_value_out_of_bounds_is_refused_with_the_schemas_reason() {
        let error = settings(&[("delay", "-1")]).expect_err("refused").to_string();
        assert!(
            error.starts_with("delay=-1 is refused: -1 is less than the minimum of 0"),
            "{error}"
        );
    }

    #[test]
    fn a_schema_that_is_none_is_refused() {
        assert!(matches!(Schema::parse("{"), Err(SettingError::Schema(_))));
        assert!(matches!(Schema::parse(r#"{"type": 7}"#), Err(SettingError::Schema(_))));
    }
}
