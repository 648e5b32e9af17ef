//! Who made a plugin.

use serde::{Deserialize, Serialize};

/// Whether a plugin may have this name, which users type and records hold: lower-case letters, digits and dashes, 64 at
/// most.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=64).contains(&name.len()) && name.chars().all(plain)
}

/// What every plugin says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginInfo {
    /// Stable, lower-case, dash-separated: what a user types.
    pub name: String,
    /// The plugin's own semantic version, recorded with every result.
    pub version: String,
    /// One line for listings.
    pub summary: String,
}
