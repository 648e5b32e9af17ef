//! Encryption: whom an https address is trusted by.

use crate::address::Address;
use crate::error::TransportError;
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use std::sync::Arc;

/// What an address needs. The system's certificates are read only for https, so that a machine without any still reaches
/// its own server.
pub(crate) fn config(address: &Address) -> Result<ClientConfig, TransportError> {
    let failed = |error: rustls::Error| TransportError::Client(format!("trust the system's certificates: {error}"));
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(failed)?;
    let builder = if address.is_encrypted() {
        builder.with_platform_verifier().map_err(failed)?
    } else {
        builder.with_root_certificates(RootCertStore::empty())
    };
    Ok(builder.with_no_client_auth())
}
