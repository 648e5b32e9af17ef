//! The same short pause before each of five retries, whatever happened.

use koderz_plugin::{prelude::*, schemars};
use std::time::Duration;

/// What can be set.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Retries after the first attempt.
    max_retries: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { max_retries: 5 }
    }
}

/// The policy.
pub struct Steady(Settings);

impl RetryPolicy for Steady {
    type Settings = Settings;

    fn identity() -> PluginInfo {
        koderz_plugin::identity!("steady", "A tenth of a second before each of five retries.")
    }

    fn open(settings: Settings) -> Result<Self, String> {
        Ok(Steady(settings))
    }

    fn decide(&self, attempt: &Attempt) -> Decision {
        if attempt.number > self.0.max_retries {
            return Decision::GiveUp("steadily failing".to_owned());
        }
        Decision::Retry(Duration::from_millis(100))
    }
}

koderz_plugin::export!(retry: Steady);
