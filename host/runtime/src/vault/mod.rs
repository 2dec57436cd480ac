//! The vault: secrets in one file that is encrypted with `age`, unlocked by an identity or a passphrase.
//! It is read anew whenever a secret is spent, and nothing decrypted is kept.

mod document;
mod key;
mod sealed;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use zeroize::Zeroizing;

use self::key::Key;
use crate::config::VaultConfig;
use crate::error::Error;

/// The values by their names.
pub(crate) type Entries = BTreeMap<String, Zeroizing<Vec<u8>>>;

/// All entries.
pub(crate) async fn read(config: &VaultConfig) -> Result<Entries, String> {
    let key = Key::read(config, None).await?;
    let file = config.file.clone();
    let entries = blocking(move || sealed::read(&file, &key)).await?;
    entries.ok_or_else(|| {
        format!(
            "there is no vault at `{}`\nhint: `writeback account add` makes one",
            config.file.display()
        )
    })
}

/// A vault that is being changed. Other writers wait until this is dropped.
pub struct VaultEdit {
    file: PathBuf,
    key: Key,
    entries: Entries,
    is_new: bool,
    _lock: File,
}

impl std::fmt::Debug for VaultEdit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VaultEdit")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

impl VaultEdit {
    /// Unlocks the vault, or begins an empty one, and with it the file of its identity, where neither is there.
    /// `passphrase` stands in for the configured one.
    ///
    /// # Errors
    /// [`Error::Secret`]: it cannot be unlocked, or others can get at one of the files.
    pub async fn open(
        config: &VaultConfig,
        passphrase: Option<Zeroizing<String>>,
    ) -> Result<Self, Error> {
        Self::opened(config, passphrase)
            .await
            .map_err(Error::Secret)
    }

    async fn opened(
        config: &VaultConfig,
        passphrase: Option<Zeroizing<String>>,
    ) -> Result<Self, String> {
        let file = config.file.clone();
        let lock = blocking(move || sealed::lock(&file)).await?;
        if let Some(identity) = &config.identity
            && !config.file.exists()
            && !identity.exists()
        {
            key::make_identity(identity)?;
        }
        let key = Key::read(config, passphrase).await?;
        let file = config.file.clone();
        let (key, entries) = blocking(move || {
            let entries = sealed::read(&file, &key)?;
            Ok((key, entries))
        })
        .await?;
        Ok(Self {
            file: config.file.clone(),
            key,
            is_new: entries.is_none(),
            entries: entries.unwrap_or_default(),
            _lock: lock,
        })
    }

    /// Whether there was no vault yet.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Puts a value there, in the place of one of this name.
    pub fn insert(&mut self, entry: &str, value: Zeroizing<Vec<u8>>) {
        self.entries.insert(entry.to_owned(), value);
    }

    /// Takes a value away. Says whether there was one.
    pub fn remove(&mut self, entry: &str) -> bool {
        self.entries.remove(entry).is_some()
    }

    /// Writes the vault: after a crash it is the old one or the whole new one.
    ///
    /// # Errors
    /// [`Error::Secret`]: the file cannot be written.
    pub async fn save(self) -> Result<(), Error> {
        let saving = blocking(move || sealed::write(&self.file, &self.key, &self.entries));
        saving.await.map_err(Error::Secret)
    }
}

/// Files are waited for and keys derived where that holds up nobody.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let working = tokio::task::spawn_blocking(work).await;
    working.unwrap_or_else(|error| Err(format!("reading the vault broke off: {error}")))
}

#[cfg(test)]
mod tests;
