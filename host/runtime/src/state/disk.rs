//! What a run's state is written through: a file port, so that tests can take away what a power cut
//! would take. Reading needs none: the system shows what was written, stable or not.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use crate::private::{create_private, private_file, sync_folder};

/// Changes files and folders. Each call is one that a crash may come before or after.
///
/// Nothing is stable before it was synced: a file's bytes by [`DiskFile::sync`], the names in a
/// folder by [`sync_folder`](Self::sync_folder).
pub trait Disk: Send + Sync {
    /// Makes a folder that only its user can enter, and those above it. One that is there is checked.
    ///
    /// # Errors
    /// The system's, and a folder that others can enter.
    fn create_folder(&self, folder: &Path) -> io::Result<()>;
    /// Makes an empty file that only its user can read, in the place of one that may be there.
    ///
    /// # Errors
    /// The system's.
    fn create(&self, file: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Renames a file, over one that may be there.
    ///
    /// # Errors
    /// The system's.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file. One that is not there is no error.
    ///
    /// # Errors
    /// The system's.
    fn remove(&self, file: &Path) -> io::Result<()>;
    /// Removes a folder and what is in it. One that is not there is no error.
    ///
    /// # Errors
    /// The system's.
    fn remove_folder(&self, folder: &Path) -> io::Result<()>;
    /// Returns once the folder's names are on stable storage.
    ///
    /// # Errors
    /// The system's.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
}

/// A file that is being written.
pub trait DiskFile: Send {
    /// Adds bytes at the end.
    ///
    /// # Errors
    /// The system's.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Returns once the bytes are on stable storage.
    ///
    /// # Errors
    /// The system's.
    fn sync(&mut self) -> io::Result<()>;
}

/// Renames within a folder. Returns once that is on stable storage.
pub(crate) fn rename_for_good(disk: &dyn Disk, from: &Path, to: &Path) -> io::Result<()> {
    disk.rename(from, to)?;
    to.parent()
        .map_or(Ok(()), |folder| disk.sync_folder(folder))
}

/// The machine's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDisk;

impl Disk for SystemDisk {
    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        create_private(folder)
    }

    fn create(&self, file: &Path) -> io::Result<Box<dyn DiskFile>> {
        // A new file, not an emptied one: ext4 writes a file that was emptied to the disk when it is closed.
        self.remove(file)?;
        Ok(Box::new(private_file().open(file)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, file: &Path) -> io::Result<()> {
        gone(fs::remove_file(file))
    }

    fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        gone(fs::remove_dir_all(folder))
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        sync_folder(folder)
    }
}

impl DiskFile for fs::File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
