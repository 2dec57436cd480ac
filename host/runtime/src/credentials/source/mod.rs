//! Reads a secret's value from where the configuration says it is. The value lives in memory that
//! is wiped, and no error repeats it.

pub(crate) mod access;
mod env;
mod exec;
mod file;
mod keyring;
mod store;
mod vault;

use std::fmt;
use std::sync::Arc;

use writeback_policy::one_line;
use zeroize::Zeroizing;

use super::SignInError;
use crate::config::{SecretSource, VaultConfig};
use crate::error::Error;

pub use store::{SecretError, SecretStore};

/// Longer than any client secret, key or certificate.
const VALUE_BYTES: usize = 64 * 1024;

/// A value's bytes, wiped when they are dropped.
pub(crate) type Value = Zeroizing<Vec<u8>>;

/// Where a tenant's secret values come from.
#[derive(Default)]
pub struct SecretSources {
    vault: Option<VaultConfig>,
    store: Option<Arc<dyn SecretStore>>,
}

impl fmt::Debug for SecretSources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretSources")
            .field("vault", &self.vault)
            .finish_non_exhaustive()
    }
}

impl SecretSources {
    /// SecretSources of a configuration with this vault.
    #[must_use]
    pub fn new(vault: Option<VaultConfig>) -> Self {
        Self { vault, store: None }
    }

    /// The same with a store of the program's own.
    #[must_use]
    pub fn with_store(self, store: Option<Arc<dyn SecretStore>>) -> Self {
        Self { store, ..self }
    }

    /// Whether there is a value. `key` is where the configuration names the source. A command is
    /// looked for and not run, a keyring not unlocked.
    ///
    /// # Errors
    /// [`Error::Secret`]: what is missing, or what keeps it from being read.
    pub async fn look(&self, key: &str, source: &SecretSource) -> Result<(), Error> {
        let looked = match source {
            SecretSource::Keyring(entry) => keyring::look(entry).await,
            SecretSource::Exec(command) => exec::look(command),
            _ => {
                let read = self.read(key, source).await;
                read.map(drop)
                    .map_err(|(SignInError::Refused(why) | SignInError::Unavailable(why))| why)
            }
        };
        looked.map_err(Error::Secret)
    }

    /// A value of one line. `key` is where the configuration names the source.
    pub(crate) async fn text(
        &self,
        key: &str,
        source: &SecretSource,
    ) -> Result<Zeroizing<String>, SignInError> {
        let bytes = self.bytes(key, source).await?;
        one_line(source, &bytes).map_err(SignInError::Refused)
    }

    /// A value of any bytes, such as a certificate with its key.
    pub(crate) async fn bytes(
        &self,
        key: &str,
        source: &SecretSource,
    ) -> Result<Value, SignInError> {
        self.read(key, source).await
    }

    async fn read(&self, key: &str, source: &SecretSource) -> Result<Value, SignInError> {
        let read = match source {
            SecretSource::Store(entry) => {
                return store::read(self.store.as_ref(), entry, store::patience()).await;
            }
            SecretSource::Vault(entry) => vault::read(self.vault.as_ref(), entry).await,
            _ => outside(key, source).await,
        };
        read.map_err(SignInError::Refused)
    }
}

/// A value that is neither in the vault nor in the program's store.
async fn outside(key: &str, source: &SecretSource) -> Result<Value, String> {
    match source {
        SecretSource::Env(variable) => env::read(key, variable),
        SecretSource::File(path) => file::read(key, path),
        SecretSource::Keyring(entry) => keyring::read(entry).await,
        SecretSource::Exec(command) => exec::read(command, exec::patience()).await,
        SecretSource::Vault(_) => Err(format!("`{key}` cannot be kept in the vault")),
        other => Err(format!("`{key}`: {other} is not read here")),
    }
}

/// What opens the vault, read from outside of it.
#[cfg(feature = "vault")]
pub(crate) async fn passphrase(source: &SecretSource) -> Result<Zeroizing<String>, String> {
    let bytes = outside("vault.passphrase", source).await?;
    one_line(source, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) async fn text(source: &SecretSource) -> Result<Zeroizing<String>, String> {
        let read = SecretSources::default().text("client_secret", source).await;
        read.map_err(|error| match error {
            SignInError::Refused(why) | SignInError::Unavailable(why) => why,
        })
    }

    fn printing(text: &str) -> SecretSource {
        SecretSource::Exec(["printf", "%s", text].map(str::to_owned).to_vec())
    }

    #[tokio::test]
    async fn a_value_is_one_line() {
        for right in ["s3cret", "s3cret\n", "s3cret\r\n"] {
            assert_eq!(text(&printing(right)).await.unwrap().as_str(), "s3cret");
        }
        for wrong in ["", "\n", "s3\ncret", "s3cret\n\n"] {
            let error = text(&printing(wrong)).await.unwrap_err();
            assert!(
                error.contains("is empty or holds control characters") && !error.contains("s3"),
                "{error}"
            );
        }
    }

    #[tokio::test]
    async fn no_source_shows_more_than_its_name() {
        let source = SecretSource::Exec(vec!["op".into(), "--token=hunter2".into()]);
        assert!(!format!("{source:?} {source}").contains("hunter2"));
    }
}
