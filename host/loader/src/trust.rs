//! What a user lets plugins do beyond the least that each is given.
//!
//! All of it is by the plugin's name. Machine code has to be allowed twice: as such, and each file by its digest, because
//! nothing confines it once it is loaded.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What the name of a plugin begins with where machine code is meant.
pub(crate) const NATIVE: &str = "native:";

/// What is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// Whether shared libraries are loaded, those of which are pinned.
    pub native: bool,
    /// The digests that plugins have to have: SHA-256 in lower-case hexadecimal, by the plugin's name. By `native:` and the
    /// name they are those of machine code alone, so that a component of that name is not held to them.
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

    /// Whether a plugin may have this digest: pinned to another, it may not.
    pub(crate) fn permits(&self, name: &str, digest: &str, is_native: bool) -> bool {
        let own = self.pins.get(name);
        let native = self.pins.get(&format!("{NATIVE}{name}")).filter(|_| is_native);
        let mut pins = own.into_iter().chain(native).peekable();
        pins.peek().is_none() || pins.any(|digests| digests.contains(digest))
    }

    pub(crate) fn bounds(&self, name: &str) -> Bounds {
        self.bounds.get(name).copied().unwrap_or_default()
    }
}
