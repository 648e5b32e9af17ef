//! What a user lets plugins do beyond the least that each is given.
//!
//! All of it is by the plugin's name. Machine code has to be allowed twice: as such, and each file by its digest, because
//! nothing confines it once it is loaded.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// Whether shared libraries are loaded, those of which are pinned.
    pub native: bool,
    /// The digests that plugins have to have: SHA-256 in lower-case hexadecimal, by the plugin's name.
    pub pins: BTreeMap<String, BTreeSet<String>>,
    /// Suites and policies that are given WASI, of the kind that denies everything.
    pub wasi: BTreeSet<String>,
    /// Bounds of suites and policies that are not the usual ones.
    pub bounds: BTreeMap<String, Bounds>,
}

/// Bounds of a suite or a policy; none is the usual one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Memory in bytes.
    pub memory: Option<usize>,
    /// The time of one call.
    pub call: Option<Duration>,
}

impl Trust {
    /// Whether some plugin is pinned to a digest. What a library is called is known only once it is loaded.
    pub(crate) fn knows(&self, digest: &str) -> bool {
        self.pins.values().any(|digests| digests.contains(digest))
    }

    /// The digests that a plugin has to have one of; none where it may have any.
    pub(crate) fn pinned(&self, name: &str) -> Option<&BTreeSet<String>> {
        self.pins.get(name)
    }

    pub(crate) fn bounds(&self, name: &str) -> Bounds {
        self.bounds.get(name).copied().unwrap_or_default()
    }
}
