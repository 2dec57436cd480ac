//! Keeps the refresh token of a user who signed in: in a file that only this user of the machine can
//! read, replaced as a whole, under a lock that other processes respect. The newest one is never lost.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use writeback_oauth::entra::RefreshToken;
use zeroize::Zeroizing;

use super::SignInError;
use crate::private::{create_private, private_file, replace};

const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// Where one account's refresh token is kept.
#[derive(Clone, Debug)]
pub(super) struct Held {
    folder: PathBuf,
    account: String,
    /// Whose the token must be: app and directory.
    owner: Owner,
}

/// A token is good for one app in one directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owner {
    pub(super) tenant: String,
    pub(super) client_id: String,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    #[serde(flatten)]
    owner: Owner,
    refresh_token: String,
}

impl Drop for Stored {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.refresh_token);
    }
}

/// The right to change it; other holders wait, also those of other processes.
pub(super) struct Locked {
    held: Held,
    _lock: File,
}

impl Held {
    pub(super) fn new(state_dir: &Path, account: &str, owner: Owner) -> Self {
        Self {
            folder: state_dir.join("accounts"),
            account: account.to_owned(),
            owner,
        }
    }

    pub(super) async fn lock(&self) -> Result<Locked, SignInError> {
        let held = self.clone();
        let locking = tokio::task::spawn_blocking(move || {
            create_private(&held.folder)?;
            let lock = private_file().open(held.path("lock"))?;
            lock.lock()?;
            Ok(Locked { held, _lock: lock })
        });
        let locked: io::Result<Locked> = locking
            .await
            .unwrap_or_else(|error| Err(io::Error::other(error)));
        locked.map_err(|error| self.unusable(&error))
    }

    fn path(&self, kind: &str) -> PathBuf {
        let name = utf8_percent_encode(&self.account, NAME);
        self.folder.join(format!("{name}.{kind}"))
    }

    fn unusable(&self, error: &io::Error) -> SignInError {
        let folder = self.folder.display();
        SignInError::Refused(format!(
            "the sign-ins kept in `{folder}` cannot be used: {error}"
        ))
    }
}

impl Locked {
    /// The newest token; none where nobody has signed in to this app and directory.
    pub(super) fn read(&self) -> Result<Option<RefreshToken>, SignInError> {
        let path = self.held.path("json");
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.held.unusable(&error)),
        };
        let stored: Option<Stored> = serde_json::from_slice(&bytes).ok();
        let ours = stored.filter(|stored| stored.version == 1 && stored.owner == self.held.owner);
        Ok(ours.map(|mut stored| Zeroizing::new(std::mem::take(&mut stored.refresh_token)).into()))
    }

    /// Returns once it is on stable storage.
    pub(super) fn write(&self, token: &RefreshToken) -> Result<(), SignInError> {
        let stored = Stored {
            version: 1,
            owner: self.held.owner.clone(),
            refresh_token: token.expose().to_owned(),
        };
        // Room for all of it at once: growing would leave copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(2 * stored.refresh_token.len() + 1024));
        serde_json::to_writer(&mut *bytes, &stored)
            .map_err(io::Error::from)
            .and_then(|()| replace(&self.held.path("json"), &bytes))
            .map_err(|error| self.held.unusable(&error))
    }

    /// Forgets it. Says whether there was one.
    pub(super) fn remove(&self) -> Result<bool, SignInError> {
        match std::fs::remove_file(self.held.path("json")) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.held.unusable(&error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(folder: &Path, client_id: &str) -> Held {
        let owner = Owner {
            tenant: "contoso".to_owned(),
            client_id: client_id.to_owned(),
        };
        Held::new(folder, "share/../point", owner)
    }

    fn token(text: &str) -> RefreshToken {
        Zeroizing::new(text.to_owned()).into()
    }

    #[tokio::test]
    async fn the_token_is_kept_for_one_app_and_one_user() {
        let folder = tempfile::tempdir().unwrap();
        let locked = held(folder.path(), "app").lock().await.unwrap();
        assert!(locked.read().unwrap().is_none());
        locked.write(&token("0.first")).unwrap();
        locked.write(&token("0.second")).unwrap();
        assert_eq!(locked.read().unwrap().unwrap().expose(), "0.second");
        drop(locked);
        let other = held(folder.path(), "another").lock().await.unwrap();
        assert!(other.read().unwrap().is_none());
        assert!(other.remove().unwrap());
        assert!(!other.remove().unwrap());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn its_file_is_private_and_lies_in_its_folder() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let held = held(folder.path(), "app");
        held.lock().await.unwrap().write(&token("0.t")).unwrap();
        let path = held.path("json");
        assert_eq!(path.parent().unwrap(), folder.path().join("accounts"));
        for (path, mode) in [(path.as_path(), 0o600), (path.parent().unwrap(), 0o700)] {
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, mode);
        }
    }

    #[tokio::test]
    async fn a_second_holder_waits() {
        let folder = tempfile::tempdir().unwrap();
        let held = held(folder.path(), "app");
        let first = held.lock().await.unwrap();
        let second = tokio::spawn({
            let held = held.clone();
            async move {
                held.lock()
                    .await
                    .unwrap()
                    .read()
                    .unwrap()
                    .unwrap()
                    .expose()
                    .to_owned()
            }
        });
        first.write(&token("0.newest")).unwrap();
        drop(first);
        assert_eq!(second.await.unwrap(), "0.newest");
    }
}
