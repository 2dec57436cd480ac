//! TLS as every connection of a tenant uses it: ring, the system's authorities and the operator's own.

use std::path::Path;
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// The client's settings, with the protocols that may be spoken inside, the preferred one first.
pub(crate) fn client_config(
    ca_file: Option<&Path>,
    protocols: &[&str],
) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    // A machine without authorities can still reach what `ca_file` vouches for.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(file) = ca_file {
        add_file(&mut roots, file)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("cannot set up TLS: {error}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols
        .iter()
        .map(|protocol| protocol.as_bytes().to_vec())
        .collect();
    Ok(config)
}

fn add_file(roots: &mut RootCertStore, file: &Path) -> Result<(), String> {
    let unusable = |why: String| format!("cannot use `egress.ca_file` `{}`: {why}", file.display());
    let mut found = false;
    for certificate in
        CertificateDer::pem_file_iter(file).map_err(|error| unusable(error.to_string()))?
    {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        roots
            .add(certificate)
            .map_err(|error| unusable(error.to_string()))?;
        found = true;
    }
    if found {
        Ok(())
    } else {
        Err(unusable("it holds no certificate".to_owned()))
    }
}
