//! What can be set, as its JSON Schema documents it, in words.

use crate::figure::harmless;
use serde_json::{Map, Value};

/// How far references in a schema are followed, because they may lead in circles.
const DEPTH: u32 = 8;

/// The settings of a plugin, each with its form, its default and what it is.
pub(super) fn documented(schema: &Value, owner: &str) -> String {
    let none = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    if properties.is_empty() {
        return format!("\nno setting of `{owner}` is documented\n");
    }
    let mut text = format!("\nsettings, as --set {owner}.KEY=VALUE\n");
    for (name, property) in properties {
        let default = match property.get("default") {
            Some(Value::Null) | None => String::new(),
            Some(value) => format!(" [default: {}]", shown(value)),
        };
        text.push_str(&format!("  {}  {}{default}\n", harmless(name), form(schema, property)));
        let lines = words(property).into_iter().chain(choices(schema, property, DEPTH));
        lines.for_each(|line| text.push_str(&format!("      {line}\n")));
    }
    text
}

fn words(schema: &Value) -> Vec<String> {
    let words = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    words.lines().map(harmless).collect()
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => harmless(text),
        // A bound of 60.0 is one of 60.
        Value::Number(number) if number.is_f64() => number.as_f64().map_or(String::new(), |number| number.to_string()),
        other => harmless(&other.to_string()),
    }
}

/// Follows a reference within a schema.
fn resolved<'a>(whole: &'a Value, part: &'a Value) -> &'a Value {
    let reference = part.get("$ref").and_then(Value::as_str);
    let pointed = reference.and_then(|reference| whole.pointer(reference.strip_prefix('#')?));
    pointed.unwrap_or(part)
}

/// What a value has to be: one of a list, or a type with its bounds.
fn form(whole: &Value, property: &Value) -> String {
    let listed = values(whole, property, DEPTH);
    if !listed.is_empty() {
        return listed.join(" | ");
    }
    let types: Vec<&str> = match property.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let of_type = types
        .iter()
        .filter(|of_type| **of_type != "null")
        .map(|of_type| match *of_type {
            "integer" => "whole number",
            "boolean" => "true | false",
            "string" => "text",
            other => other,
        });
    let of_type = of_type.collect::<Vec<_>>().join(" or ");
    let of_type = if of_type.is_empty() {
        "any value".to_owned()
    } else {
        harmless(&of_type)
    };
    let bound = |name: &str| property.get(name).map(shown);
    match (bound("minimum"), bound("maximum")) {
        (Some(least), Some(most)) => format!("{of_type} from {least} to {most}"),
        (Some(least), None) => format!("{of_type} from {least}"),
        (None, Some(most)) => format!("{of_type} up to {most}"),
        (None, None) => of_type,
    }
}

/// The parts of a schema that lists alternatives.
fn parts(schema: &Value) -> &[Value] {
    let parts = schema.get("oneOf").or_else(|| schema.get("anyOf"));
    parts.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The values that a schema lists.
fn values(whole: &Value, part: &Value, depth: u32) -> Vec<String> {
    let Some(depth) = depth.checked_sub(1) else {
        return Vec::new();
    };
    let part = resolved(whole, part);
    if let Some(value) = part.get("const") {
        return vec![shown(value)];
    }
    if let Some(values) = part.get("enum").and_then(Value::as_array) {
        return values.iter().map(shown).collect();
    }
    parts(part).iter().flat_map(|part| values(whole, part, depth)).collect()
}

/// What is said of each of the values that a schema lists.
fn choices(whole: &Value, part: &Value, depth: u32) -> Vec<String> {
    let Some(depth) = depth.checked_sub(1) else {
        return Vec::new();
    };
    let part = resolved(whole, part);
    let parts = parts(part).iter();
    parts
        .flat_map(
            |part| match (part.get("const"), part.get("description").and_then(Value::as_str)) {
                (Some(value), Some(words)) => vec![format!("{}: {}", shown(value), harmless(words))],
                _ => choices(whole, part, depth),
            },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_setting_is_told_with_its_form_its_default_and_its_words() {
        let schema = json!({
            "properties": {
                "delay": {"type": "number", "minimum": 0, "maximum": 60, "default": 2.0, "description": "Seconds."},
                "most": {"type": ["integer", "null"], "minimum": 1, "default": null},
                "note": {},
                "style": {"$ref": "#/$defs/Style", "default": "chat", "description": "How it is asked."},
                "unit": {"enum": ["s", "ms"]},
            },
            "$defs": {"Style": {"oneOf": [
                {"const": "chat", "description": "In a conversation."}, {"const": "bare", "description": "As text."}
            ]}},
        });
        let expected = "
settings, as --set suite.KEY=VALUE
  delay  number from 0 to 60 [default: 2]
      Seconds.
  most  whole number from 1
  note  any value
  style  chat | bare [default: chat]
      How it is asked.
      chat: In a conversation.
      bare: As text.
  unit  s | ms
";
        assert_eq!(documented(&schema, "suite"), expected);
    }

    #[test]
    fn a_schema_that_leads_in_a_circle_or_documents_nothing_is_no_danger() {
        let circle =
            json!({"properties": {"a": {"$ref": "#/properties/b"}, "b": {"oneOf": [{"$ref": "#/properties/a"}]}}});
        assert!(documented(&circle, "retry").contains("  a  any value\n"));
        assert_eq!(
            documented(&json!({}), "retry"),
            "\nno setting of `retry` is documented\n"
        );
    }
}
