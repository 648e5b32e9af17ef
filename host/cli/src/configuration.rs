//! What holds where the command line says nothing.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::num::NonZeroU32;

/// The embedded configuration.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Configuration {
    pub(crate) suite: String,
    pub(crate) speed_suite: String,
    pub(crate) retry: String,
    pub(crate) host: String,
    pub(crate) timeout: u64,
    pub(crate) concurrency: NonZeroU32,
    pub(crate) temperature: f64,
    pub(crate) seed: u64,
    pub(crate) completions_format: String,
    pub(crate) sample_settings: BTreeMap<String, String>,
}

impl Configuration {
    pub(crate) fn embedded() -> Self {
        toml::from_str(include_str!("../defaults.toml")).expect("the embedded configuration is part of this program")
    }

    /// What it says of flags.
    pub(crate) fn flags(&self) -> [(&'static str, String); 7] {
        [
            ("suite", self.suite.clone()),
            ("retry", self.retry.clone()),
            ("host", self.host.clone()),
            ("timeout", self.timeout.to_string()),
            ("concurrency", self.concurrency.to_string()),
            ("temperature", self.temperature.to_string()),
            ("seed", self.seed.to_string()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_configuration_can_be_read() {
        assert_eq!(Configuration::embedded().timeout, 300);
    }
}
