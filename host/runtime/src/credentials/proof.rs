//! How an app proves to Entra ID who it is: by a secret, a certificate, another issuer's word, or not at all.

use std::path::PathBuf;
use std::time::SystemTime;

use ring::rand::{SecureRandom, SystemRandom};
use writeback_oauth::TokenError;
use writeback_oauth::entra::assertion::{self, Moment};
use writeback_oauth::entra::{Client, Credential};
use zeroize::Zeroizing;

use super::certificate::{Certificate, CertificateSource};
use super::{SecretSources, SignInError, federated};
use crate::config::SecretSource;

/// What the configuration says of it.
pub(super) enum Proof {
    Secret(SecretSource),
    Certificate(CertificateSource),
    Federated(PathBuf),
    /// A public client, which only a user's sign-in allows.
    Public,
}

/// The values behind it, for one sign-in.
pub(super) enum Evidence {
    Secret(Zeroizing<String>),
    Certificate(Box<Certificate>),
    Federated(Zeroizing<String>),
    Public,
}

/// What one request carries.
pub(super) enum Proven {
    Secret(Zeroizing<String>),
    Assertion(Zeroizing<String>),
    Public,
}

impl Proof {
    pub(super) async fn read(&self, sources: &SecretSources) -> Result<Evidence, SignInError> {
        Ok(match self {
            Self::Secret(source) => Evidence::Secret(sources.text("client_secret", source).await?),
            Self::Certificate(source) => {
                Evidence::Certificate(Box::new(source.read(sources).await?))
            }
            Self::Federated(path) => Evidence::Federated(federated::read(path)?),
            Self::Public => Evidence::Public,
        })
    }
}

impl Evidence {
    /// For one request: an assertion is never used twice.
    pub(super) fn prove(&self, client: &Client, now: SystemTime) -> Result<Proven, TokenError> {
        Ok(match self {
            Self::Secret(secret) => Proven::Secret(secret.clone()),
            Self::Certificate(certificate) => {
                let moment = Moment {
                    now: unix_seconds(now),
                    jti: &guid()?,
                };
                let thumbprint = certificate.thumbprint();
                Proven::Assertion(assertion::signed(
                    client,
                    &thumbprint,
                    moment,
                    &**certificate,
                )?)
            }
            Self::Federated(text) => Proven::Assertion(assertion::federated(text)?),
            Self::Public => Proven::Public,
        })
    }

    /// What there is to say about its end.
    pub(super) fn warning(&self, now: SystemTime) -> Option<String> {
        match self {
            Self::Certificate(certificate) => certificate.warning(now),
            _ => None,
        }
    }
}

impl Proven {
    pub(super) fn credential(&self) -> Credential<'_> {
        match self {
            Self::Secret(secret) => Credential::Secret(secret),
            Self::Assertion(jwt) => Credential::Assertion(jwt),
            Self::Public => Credential::Public,
        }
    }

    /// A service may repeat what it was sent.
    pub(super) fn hide(&self, text: &str) -> String {
        match self {
            Self::Secret(value) | Self::Assertion(value) => text.replace(value.as_str(), "…"),
            Self::Public => text.to_owned(),
        }
    }
}

fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}

/// A random GUID.
fn guid() -> Result<String, TokenError> {
    let mut bytes = [0_u8; 16];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| TokenError::refused("this machine gives no random numbers".to_owned()))?;
    Ok(assertion::guid(bytes))
}
