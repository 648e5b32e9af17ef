//! What the page lets a browser do: run its own script, use its own style, and nothing else.
//!
//! Both are named by their digests. Whatever a model writes, a script that is not the page's own does not run, even if
//! the escaping of texts were to fail.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

pub(super) const SCRIPT: &str = include_str!("../../templates/report.js");
pub(crate) const STYLE: &str = include_str!("../../templates/report.css");

/// The value of the header `Content-Security-Policy`, which the page has as a `meta` element too.
pub fn content_security_policy() -> String {
    let digest = |text: &str| STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    )
}
