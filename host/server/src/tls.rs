//! TLS by files in PEM.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::error::{Error, Result};

/// Takes a certificate chain and its private key.
pub(crate) fn acceptor(chain: &Path, key: &Path) -> Result<TlsAcceptor> {
    let unusable = |path: &Path, cause: String| {
        Error::Setting(format!("cannot use `{}` for TLS: {cause}", path.display()))
    };
    let certificates = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect)
        .map_err(|cause| unusable(chain, cause.to_string()))?;
    let private =
        PrivateKeyDer::from_pem_file(key).map_err(|cause| unusable(key, cause.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder
                .with_no_client_auth()
                .with_single_cert(certificates, private)
        })
        .map_err(|cause| unusable(chain, cause.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
