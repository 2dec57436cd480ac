//! TLS as every connection of a tenant uses it: ring, the system's authorities and the operator's own.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::SystemTime;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// The client's settings, with the protocols that may be spoken inside, the preferred one first.
pub(crate) fn client_config(
    ca_file: Option<&Path>,
    protocols: &[&str],
) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("cannot set up TLS: {error}"))?
        .with_root_certificates(authorities(ca_file)?)
        .with_no_client_auth();
    config.alpn_protocols = protocols
        .iter()
        .map(|protocol| protocol.as_bytes().to_vec())
        .collect();
    Ok(config)
}

/// What authorities were read from: the system, and a file as it was at some moment.
type Source = Option<(PathBuf, Option<SystemTime>, u64)>;

/// The authorities that are in use. They are public, many and the same for most tenants.
static IN_USE: Mutex<Vec<(Source, Weak<RootCertStore>)>> = Mutex::new(Vec::new());

/// The authorities to trust: those that are in use, or read anew.
fn authorities(ca_file: Option<&Path>) -> Result<Arc<RootCertStore>, String> {
    let source = ca_file.map(source_of).transpose()?;
    let mut in_use = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
    in_use.retain(|(_, roots)| roots.strong_count() > 0);
    let known = in_use.iter().find(|(known, _)| *known == source);
    if let Some(roots) = known.and_then(|(_, roots)| roots.upgrade()) {
        return Ok(roots);
    }
    let roots = Arc::new(read(ca_file)?);
    in_use.push((source, Arc::downgrade(&roots)));
    Ok(roots)
}

fn source_of(file: &Path) -> Result<(PathBuf, Option<SystemTime>, u64), String> {
    let data = std::fs::metadata(file).map_err(|error| unusable(file, &error.to_string()))?;
    Ok((file.to_owned(), data.modified().ok(), data.len()))
}

fn read(ca_file: Option<&Path>) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    // A machine without authorities can still reach what `ca_file` vouches for.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(file) = ca_file {
        add_file(&mut roots, file)?;
    }
    Ok(roots)
}

fn unusable(file: &Path, why: &str) -> String {
    format!("cannot use `egress.ca_file` `{}`: {why}", file.display())
}

fn add_file(roots: &mut RootCertStore, file: &Path) -> Result<(), String> {
    let unusable = |why: String| unusable(file, &why);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::egress::testing::authority;

    #[test]
    fn authorities_are_read_once_and_anew_when_their_file_changes() {
        let (first, second) = (authority(&["a"]), authority(&["b", "c"]));
        let file = first.file.path();
        let system = authorities(None).unwrap();
        assert!(Arc::ptr_eq(&system, &authorities(None).unwrap()));
        let own = authorities(Some(file)).unwrap();
        assert!(Arc::ptr_eq(&own, &authorities(Some(file)).unwrap()));
        assert_eq!(own.len(), system.len() + 1);
        let both = [
            std::fs::read(file).unwrap(),
            std::fs::read(second.file.path()).unwrap(),
        ];
        std::fs::write(file, both.concat()).unwrap();
        assert_eq!(authorities(Some(file)).unwrap().len(), system.len() + 2);
        assert_eq!(
            authorities(Some(second.file.path())).unwrap().len(),
            system.len() + 1
        );
    }
}
