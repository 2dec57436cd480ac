//! TLS as every connection of a tenant uses it: ring, the system's authorities and the operator's own.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::SystemTime;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio_rustls::TlsConnector;

/// The client's settings, with the protocols that may be spoken inside, the preferred one first.
fn client_config(ca_file: Option<&Path>, protocols: &[&str]) -> Result<ClientConfig, String> {
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

/// What a tenant's connections are encrypted by. Reading the system's authorities takes some milliseconds and
/// is done in the background, so that it does not hold up whoever begins.
pub(crate) struct Tls(Arc<Deferred>);

struct Deferred {
    ca_file: Option<PathBuf>,
    ready: OnceLock<Result<Connectors, String>>,
}

#[derive(Clone)]
struct Connectors {
    /// HTTP/2 preferred.
    any: TlsConnector,
    /// HTTP/1.1 alone.
    http1: TlsConnector,
}

impl Tls {
    /// # Errors
    /// `ca_file` is of no use.
    pub(crate) fn begin(ca_file: Option<&Path>) -> Result<Self, String> {
        if let Some(file) = ca_file {
            add_file(&mut RootCertStore::empty(), file)?;
        }
        let deferred = Arc::new(Deferred {
            ca_file: ca_file.map(Path::to_owned),
            ready: OnceLock::new(),
        });
        let early = Arc::clone(&deferred);
        // Without a thread it is done when it is first needed.
        let _ = std::thread::Builder::new()
            .name("writeback-tls".to_owned())
            .spawn(move || early.get().is_ok());
        Ok(Self(deferred))
    }

    /// Encrypts, HTTP/2 preferred.
    pub(super) async fn any(&self) -> io::Result<TlsConnector> {
        Ok(self.connectors().await?.any)
    }

    /// Encrypts for HTTP/1.1.
    pub(super) async fn http1(&self) -> io::Result<TlsConnector> {
        Ok(self.connectors().await?.http1)
    }

    async fn connectors(&self) -> io::Result<Connectors> {
        let ready = match self.0.ready.get() {
            Some(ready) => ready.clone(),
            None => {
                let deferred = Arc::clone(&self.0);
                tokio::task::spawn_blocking(move || deferred.get()).await?
            }
        };
        ready.map_err(io::Error::other)
    }
}

impl Deferred {
    /// Waits for it where somebody else is at it.
    fn get(&self) -> Result<Connectors, String> {
        let make = |protocols: &[&str]| {
            let config = client_config(self.ca_file.as_deref(), protocols)?;
            Ok::<_, String>(TlsConnector::from(Arc::new(config)))
        };
        let made = || {
            Ok(Connectors {
                any: make(&["h2", "http/1.1"])?,
                http1: make(&["http/1.1"])?,
            })
        };
        self.ready.get_or_init(made).clone()
    }
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
