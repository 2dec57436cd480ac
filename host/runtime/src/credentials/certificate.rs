//! An app's certificate and its private key, from PEM or from a PFX (PKCS #12). The key signs and is
//! never shown.

use std::time::{Duration, SystemTime};

use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PSS_SHA256, RsaKeyPair};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use writeback_oauth::entra::assertion::{Signer, Thumbprint};
use x509_parser::parse_x509_certificate;
use zeroize::{Zeroize as _, Zeroizing};

use super::{SecretSources, SignInError};
use crate::config::SecretSource;

/// How long before its end a certificate is warned of: time enough for those who have to renew it.
const WARNED_BEFORE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Where its parts are.
pub(super) struct CertificateSource {
    pub(super) certificate: SecretSource,
    pub(super) private_key: Option<SecretSource>,
    pub(super) password: Option<SecretSource>,
}

/// A certificate that can sign.
pub(super) struct Certificate {
    der: Vec<u8>,
    key: RsaKeyPair,
    /// Unix seconds.
    not_after: i64,
}

impl CertificateSource {
    pub(super) async fn read(&self, sources: &SecretSources) -> Result<Certificate, SignInError> {
        let bytes = match (&self.private_key, &self.certificate) {
            // Without its key a certificate is public: everyone may be able to read its file.
            (Some(_), SecretSource::File(path)) => {
                Zeroizing::new(std::fs::read(path).map_err(|error| {
                    let path = path.display();
                    SignInError::Refused(format!(
                        "the certificate `{path}` cannot be read: {error}"
                    ))
                })?)
            }
            _ => sources.bytes("certificate", &self.certificate).await?,
        };
        let key = match &self.private_key {
            Some(source) => Some(sources.bytes("private_key", source).await?),
            None => None,
        };
        let password = match &self.password {
            Some(source) => sources.text("certificate_password", source).await?,
            None => Zeroizing::new(String::new()),
        };
        let read = match is_pem(&bytes) {
            true => from_pem(&bytes, key.as_deref().unwrap_or(&bytes)),
            false => from_pfx(&bytes, &password),
        };
        read.map_err(|why| SignInError::Refused(format!("the certificate cannot be used: {why}")))
    }
}

impl Certificate {
    fn new(der: &[u8], key: RsaKeyPair) -> Result<Self, String> {
        let (_, parsed) =
            parse_x509_certificate(der).map_err(|_| "it is not an X.509 certificate".to_owned())?;
        let public = &parsed.public_key().subject_public_key.data;
        if **public != *key.public().as_ref() {
            return Err("its key is that of another certificate".to_owned());
        }
        Ok(Self {
            der: der.to_owned(),
            key,
            not_after: parsed.validity().not_after.timestamp(),
        })
    }

    pub(super) fn thumbprint(&self) -> Thumbprint {
        Thumbprint::of(&self.der)
    }

    /// What there is to say about its end.
    pub(super) fn warning(&self, now: SystemTime) -> Option<String> {
        let since = now.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        let left = self.not_after - i64::try_from(since.as_secs()).ok()?;
        if left > i64::try_from(WARNED_BEFORE.as_secs()).ok()? {
            return None;
        }
        let end = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(self.not_after).ok()?);
        let date = httpdate::fmt_http_date(end);
        Some(match left {
            ..0 => format!(
                "its certificate has expired ({date}): add a new one to the app registration"
            ),
            _ => format!(
                "its certificate expires in {} days ({date}): add a new one to the app registration",
                left / (24 * 60 * 60)
            ),
        })
    }
}

impl Signer for Certificate {
    fn sign(&self, input: &[u8]) -> Result<Vec<u8>, String> {
        let mut signature = vec![0; self.key.public().modulus_len()];
        // ring's salt is as long as the digest, as RFC 7518, 3.5 asks.
        self.key
            .sign(&RSA_PSS_SHA256, &SystemRandom::new(), input, &mut signature)
            .map_err(|_| "signing failed".to_owned())?;
        Ok(signature)
    }
}

fn is_pem(bytes: &[u8]) -> bool {
    bytes.windows(11).any(|window| window == b"-----BEGIN ")
}

fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Certificate, String> {
    let der = CertificateDer::from_pem_slice(certificate)
        .map_err(|_| "the PEM holds no certificate".to_owned())?;
    if key.windows(10).any(|window| window == b" ENCRYPTED") {
        return Err(
            "its private key is encrypted\nhint: use a PFX with `certificate_password`, or decrypt it: \
             `openssl pkey -in KEY -out app.key`, then chmod 600"
                .to_owned(),
        );
    }
    let mut key = PrivateKeyDer::from_pem_slice(key).map_err(|_| {
        "the PEM holds no private key\nhint: name the key's file under `private_key`".to_owned()
    })?;
    let pair = match &key {
        PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
        _ => return Err("its key is not an RSA key".to_owned()),
    };
    let pair = pair.map_err(unusable_key);
    key.zeroize();
    Certificate::new(&der, pair?)
}

fn from_pfx(bytes: &[u8], password: &str) -> Result<Certificate, String> {
    let store = KeyStore::from_pkcs12(bytes, password, Pkcs12ImportPolicy::Relaxed).map_err(|_| {
        "it is neither PEM nor a PFX that this password opens\nhint: check `certificate_password`".to_owned()
    })?;
    let (_, chain) = store
        .private_key_chain()
        .ok_or("the PFX holds no private key with its certificate")?;
    let der = chain
        .certs()
        .first()
        .ok_or("the PFX holds no certificate")?;
    let pair = RsaKeyPair::from_pkcs8(chain.key().as_der()).map_err(unusable_key)?;
    Certificate::new(der.as_der(), pair)
}

fn unusable_key(error: ring::error::KeyRejected) -> String {
    format!("its key is not an RSA key of 2048 to 4096 bits ({error})")
}

#[cfg(test)]
#[path = "certificate_tests.rs"]
mod tests;
