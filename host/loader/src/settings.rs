//! Settings as a user types them, checked against a plugin's schema.

use crate::nearest::meant;
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
        /// Why.
        what: String,
        /// What there is to set, or what the setting is, on a line of its own.
        hint: String,
    },
    /// Each may do, but all of them together do not.
    #[error("refused as a whole: {0}")]
    Whole(String),
    /// The plugin itself does not accept the settings.
    #[error("{0}")]
    Plugin(String),
    /// The plugin's schema is none.
    #[error("its settings-schema is no JSON Schema: {0}")]
    Schema(String),
}

/// How far a schema's references are followed, because they may lead in circles.
const DEPTH: u32 = 8;

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
                let place = error.instance_path().to_string();
                let name = place.trim_start_matches('/').split('/').next().unwrap_or_default();
                match settings.get(name) {
                    Some(value) => Err(self.refusal(name, &value.to_string(), &whole)),
                    None => Err(SettingError::Whole(error.to_string())),
                }
            }
        }
    }

    fn refusal(&self, name: &str, value: &str, whole: &Value) -> SettingError {
        let known = self.names();
        let documented = self.text.get("properties").and_then(|properties| properties.get(name));
        let choices = documented.and_then(|schema| self.choices(schema, DEPTH));
        let what = match (self.validator.validate(whole), choices) {
            _ if !known.is_empty() && documented.is_none() => "there is no such setting".to_owned(),
            (_, Some(choices)) => format!("it can be {}", choices.join(", ")),
            (Err(error), None) => error.to_string(),
            (Ok(()), None) => "the schema does not accept it".to_owned(),
        };
        let description = documented.and_then(|schema| schema.get("description")?.as_str());
        let hint = match (documented, description) {
            (None, _) if !known.is_empty() => {
                let there = known.join(", ");
                format!("{}\nhint: its settings are {there}", meant(name, known))
            }
            (Some(_), Some(description)) => format!("\nhint: {name} is: {description}"),
            _ => String::new(),
        };
        SettingError::Refused {
            name: name.to_owned(),
            value: value.to_owned(),
            what,
            hint,
        }
    }

    /// The name of the setting that can be this, where one has a list of values.
    pub(crate) fn listing(&self, value: &str) -> Option<&str> {
        self.names().into_iter().find(|name| {
            let choices = self.choices(&self.text["properties"][name], DEPTH);
            choices.is_some_and(|choices| choices.iter().any(|choice| choice == value))
        })
    }

    /// The values that a schema lists, where it is a list. The checker would only say that none of its parts fits.
    fn choices(&self, schema: &Value, depth: u32) -> Option<Vec<String>> {
        let depth = depth.checked_sub(1)?;
        let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            return self.choices(self.text.pointer(reference.strip_prefix('#')?)?, depth);
        }
        if let Some(value) = schema.get("const") {
            return Some(vec![shown(value)]);
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return Some(values.iter().map(shown).collect());
        }
        let parts = schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array()?;
        let listed: Option<Vec<_>> = parts.iter().map(|part| self.choices(part, depth)).collect();
        Some(listed?.concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Schema {
        let text = r##"{"type": "object", "additionalProperties": false, "properties": {
            "delay": {"type": "number", "minimum": 0, "description": "Seconds."}, "style": {"enum": ["chat", "bare"]},
            "note": {"type": "string"}, "shape": {"$ref": "#/$defs/Shape"}, "circle": {"$ref": "#/properties/circle"}},
            "$defs": {"Shape": {"oneOf": [{"const": "round", "description": "No corner."}, {"enum": ["flat", 4]}]}}}"##;
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
            "dealy=1 is refused: there is no such setting\nhint: did you mean `delay`?\nhint: its settings are circle, delay, note, shape, style"
        );
    }

    #[test]
    fn a_value_out_of_bounds_is_refused_with_the_schemas_reason() {
        let error = settings(&[("delay", "-1")]).expect_err("refused").to_string();
        assert_eq!(
            error,
            "delay=-1 is refused: -1 is less than the minimum of 0\nhint: delay is: Seconds."
        );
    }

    #[test]
    fn a_value_that_is_none_of_a_list_is_refused_with_the_list() {
        let refused = |pairs| settings(pairs).expect_err("refused").to_string();
        assert_eq!(
            refused(&[("style", "long")]),
            "style=long is refused: it can be chat, bare"
        );
        assert_eq!(
            refused(&[("shape", "7")]),
            "shape=7 is refused: it can be round, flat, 4"
        );
    }

    #[test]
    fn a_setting_is_found_by_a_value_that_it_lists() {
        assert_eq!(schema().listing("bare"), Some("style"));
        assert_eq!(schema().listing("round"), Some("shape"));
        assert_eq!(schema().listing("12"), None);
    }

    #[test]
    fn what_a_new_schema_does_not_know_any_more_is_refused_as_a_whole() {
        let old = Map::from_iter([("colour".to_owned(), Value::from("red"))]);
        let error = schema().check(&old).expect_err("refused").to_string();
        assert!(
            error.starts_with("refused as a whole: ") && error.contains("colour"),
            "{error}"
        );
    }

    #[test]
    fn a_schema_that_is_none_is_refused() {
        assert!(matches!(Schema::parse("{"), Err(SettingError::Schema(_))));
        assert!(matches!(Schema::parse(r#"{"type": 7}"#), Err(SettingError::Schema(_))));
    }
}
