//! A policy that traps when it is asked who it is.

use koderz_plugin::{prelude::*, schemars};

/// Nothing can be set.
#[derive(Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {}

/// The policy.
pub struct Mute;

impl RetryPolicy for Mute {
    type Settings = Settings;

    fn identity() -> PluginInfo {
        panic!("I would rather not say")
    }

    fn open(_settings: Settings) -> Result<Self, String> {
        Ok(Mute)
    }

    fn decide(&self, _attempt: &Attempt) -> Decision {
        Decision::GiveUp(String::new())
    }
}

koderz_plugin::export!(retry: Mute);
