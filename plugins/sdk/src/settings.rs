//! Settings: a type with defaults, whose schema the host shows and checks against.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

/// What may be a plugin's settings: anything with serde's `Deserialize` and a JSON Schema.
///
/// Use `#[serde(default, deny_unknown_fields)]`: the host passes only what the user set, and a name that is not in the
/// schema should be refused rather than ignored.
pub trait Settings: DeserializeOwned + JsonSchema {}

impl<T: DeserializeOwned + JsonSchema> Settings for T {}

/// The JSON Schema of settings, as text.
pub fn schema<S: Settings>() -> String {
    schemars::schema_for!(S).as_value().to_string()
}

/// Reads settings.
///
/// # Errors
/// What does not fit the type, in serde's words.
pub(crate) fn read<S: Settings>(settings: &str) -> Result<S, String> {
    serde_json::from_str(settings).map_err(|error| error.to_string())
}
