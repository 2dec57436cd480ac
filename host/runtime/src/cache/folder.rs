//! The cache's folder: its user's alone, with the key that its files are sealed under. Files come into
//! being whole, whoever else writes at the same time.

use std::fs::{self, Metadata};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::private::{create_private, sync_folder};

const KEY_BYTES: usize = 32;
/// Components whose code is kept: those of some versions, side by side.
const KEPT: usize = 8;

/// A folder that nobody else can write.
pub(super) struct Folder {
    path: PathBuf,
    key: hmac::Key,
}

impl Folder {
    /// The folder, made where it is missing.
    ///
    /// # Errors
    /// Others can write it, or it cannot be written.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        create_private(path)?;
        check_owner(path, &fs::metadata(path)?)?;
        let key = match read_key(path)? {
            Some(key) => key,
            None => new_key(path)?,
        };
        Ok(Self {
            path: path.to_owned(),
            key: hmac::Key::new(hmac::HMAC_SHA256, &*key),
        })
    }

    pub(super) fn key(&self) -> &hmac::Key {
        &self.key
    }

    /// What the file holds, if it is there.
    pub(super) fn read(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.path.join(name)).ok()
    }

    /// Replaces the file. Returns once that is on stable storage.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let new = written(&self.path, bytes)?;
        new.persist(self.path.join(name))?;
        sync_folder(&self.path)?;
        self.forget_oldest_but(name)
    }

    fn forget_oldest_but(&self, newest: &str) -> io::Result<()> {
        let mut kept = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let path = entry?.path();
            if path.extension().is_some_and(|kind| kind == "code") && !path.ends_with(newest) {
                let written = path.metadata().and_then(|metadata| metadata.modified());
                kept.push((written.unwrap_or(SystemTime::UNIX_EPOCH), path));
            }
        }
        kept.sort_unstable();
        let surplus = (kept.len() + 1).saturating_sub(KEPT);
        // Another process may have been faster.
        kept.iter()
            .take(surplus)
            .for_each(|(_, path)| drop(fs::remove_file(path)));
        Ok(())
    }
}

/// None where there is no key, or a part of one.
fn read_key(folder: &Path) -> io::Result<Option<Zeroizing<[u8; KEY_BYTES]>>> {
    let path = folder.join("key");
    let bytes = match fs::read(&path) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(<[u8; KEY_BYTES]>::try_from(bytes.as_slice())
        .ok()
        .map(Zeroizing::new))
}

/// A new key, or that of whoever made one at the same time.
fn new_key(folder: &Path) -> io::Result<Zeroizing<[u8; KEY_BYTES]>> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    SystemRandom::new()
        .fill(&mut *key)
        .map_err(|_| io::Error::other("the system gives no random bytes"))?;
    let path = folder.join("key");
    // What is there is no key, or it would have been read.
    let new = written(folder, &*key)?;
    match new.persist_noclobber(&path) {
        Ok(_) => sync_folder(folder)?,
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
            if let Some(other) = read_key(folder)? {
                return Ok(other);
            }
            error.file.persist(&path)?;
        }
        Err(error) => return Err(error.error),
    }
    Ok(key)
}

/// A file without its name, for its user alone.
fn written(folder: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

#[cfg(unix)]
fn check_owner(path: &Path, metadata: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    if metadata.uid() == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    let text = format!("`{}` belongs to another user", path.display());
    Err(io::Error::new(io::ErrorKind::PermissionDenied, text))
}

#[cfg(not(unix))]
fn check_owner(_: &Path, _: &Metadata) -> io::Result<()> {
    Ok(())
}
