//! The way to a server: its address, who is trusted to be it, and how long anything may take.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use url::{Host, Url};

use crate::error::Error;

/// What a connection may take.
const CONNECT: Duration = Duration::from_secs(15);

/// The server's address, checked: `http` is for this machine, unless `insecure`.
pub fn address(text: &str, insecure: bool) -> Result<Url, Error> {
    let wrong = |why: &str| {
        Error::configuration("usage", format!("`--server`: {why}"))
            .hint("write it as `https://writeback.example.com` or `http://127.0.0.1:8080`")
    };
    let url = Url::parse(text).map_err(|_| wrong("it is not a URL"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("a URL with a user or a password is not taken"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("it goes on behind the path"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if insecure || is_loopback(&url) => Ok(url),
        "http" => Err(Error::configuration(
            "usage",
            format!(
                "`--server`: over http, anybody on the way to `{}` could read the token",
                url.host_str().unwrap_or_default()
            ),
        )
        .hint("use https; `--insecure` takes http all the same")),
        _ => Err(wrong("it is neither https nor http")),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// What requests go through. No redirect is followed: the token is for this server alone.
pub fn client(url: &Url, ca_file: Option<&Path>) -> Result<reqwest::Client, Error> {
    let failed = |cause: &(dyn std::error::Error + 'static)| {
        Error::failed("cannot prepare requests").because(cause)
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|cause| failed(&cause))?
        .with_root_certificates(roots(url, ca_file)?)
        .with_no_client_auth();
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(concat!("writeback/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .connect_timeout(CONNECT);
    if is_loopback(url) {
        // What is for this machine goes through no proxy, which would see the token.
        builder = builder.no_proxy();
    }
    builder.build().map_err(|cause| failed(&cause))
}

fn roots(url: &Url, ca_file: Option<&Path>) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = ca_file {
        let wrong = |cause: &(dyn std::error::Error + 'static)| {
            Error::configuration(
                "ca-file",
                format!("cannot read certificates in `{}`", path.display()),
            )
            .because(cause)
            .hint("it is a PEM file with the certificates of authorities")
        };
        let found = CertificateDer::pem_file_iter(path).map_err(|cause| wrong(&cause))?;
        for certificate in found {
            let certificate = certificate.map_err(|cause| wrong(&cause))?;
            roots.add(certificate).map_err(|cause| wrong(&cause))?;
        }
        if roots.is_empty() {
            return Err(Error::configuration(
                "ca-file",
                format!("`{}` holds no certificate", path.display()),
            )
            .hint("it is a PEM file with the certificates of authorities"));
        }
    }
    if url.scheme() == "https" {
        // A machine may keep some that cannot be read: the others are trusted.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine() {
        for good in [
            "https://w.example.com/api",
            "http://localhost:1",
            "http://127.0.0.1:1",
            "http://[::1]:1",
        ] {
            assert!(address(good, false).is_ok(), "{good}");
        }
        for bad in [
            "http://10.0.0.1",
            "http://localhost.example.com",
            "ftp://localhost",
            "https://u:p@h",
            "https://h/?a",
            "h",
        ] {
            assert!(address(bad, false).is_err(), "{bad}");
        }
        assert!(address("http://10.0.0.1", true).is_ok());
    }

    #[test]
    fn a_password_in_the_address_is_not_repeated() {
        let error = address("https://u:hunter2@h", false).unwrap_err();
        assert!(!error.text(false).contains("hunter2"));
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        let url = Url::parse("https://h").unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = client(&url, Some(file.path())).unwrap_err();
        assert_eq!(error.code, "ca-file");
    }
}
