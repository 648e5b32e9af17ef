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
    pub(crate) timeout_seconds: u64,
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_configuration_can_be_read() {
        assert_eq!(Configuration::embedded().timeout_seconds, 300);
    }
}
