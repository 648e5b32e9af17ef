//! Who made a plugin.

use serde::{Deserialize, Serialize};

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
