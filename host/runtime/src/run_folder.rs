//! A run's folder under the state folder: private to its user, made when first needed, gone with the run.

#[cfg(unix)]
use std::fs::File;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Where a run keeps its spool and its checkpoint.
pub(crate) struct RunFolder {
    state_dir: PathBuf,
    folder: Option<TempDir>,
}

impl RunFolder {
    pub(crate) fn new(state_dir: &Path) -> Self {
        Self {
            state_dir: state_dir.to_owned(),
            folder: None,
        }
    }

    pub(crate) fn path(&mut self) -> io::Result<&Path> {
        if self.folder.is_none() {
            let runs = self.state_dir.join("runs");
            create_private(&runs)?;
            let mut builder = tempfile::Builder::new();
            #[cfg(unix)]
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
            self.folder = Some(builder.prefix("run-").tempdir_in(runs)?);
        }
        self.folder
            .as_ref()
            .map(TempDir::path)
            .ok_or_else(|| io::Error::other("the run has no folder"))
    }
}

/// A file that only its user can read and write.
pub(crate) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Replaces a file: after a crash it is the old one or the whole new one.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = private_file().open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    rename(&new, path)
}

/// Renames within a folder. Returns once that is on stable storage.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)?;
    to.parent().map_or(Ok(()), sync_folder)
}

/// Returns once the folder's names are on stable storage.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    // The folder of a bare name is the current one.
    let here = folder.as_os_str().is_empty();
    File::open(if here { Path::new(".") } else { folder })?.sync_all()
}

#[cfg(not(unix))]
pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
pub(crate) fn create_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let mode = std::fs::metadata(folder)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let text = format!(
            "`{}` is open to others (mode {mode:04o}): make it 0700",
            folder.display()
        );
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn create_private(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_folder_is_private_and_goes_with_the_run() {
        let state = tempfile::tempdir().unwrap();
        let mut folder = RunFolder::new(&state.path().join("deep/er"));
        let path = folder.path().unwrap().to_owned();
        for folder in [path.as_path(), path.parent().unwrap()] {
            assert_eq!(
                folder.metadata().unwrap().permissions().mode() & 0o777,
                0o700
            );
        }
        replace(&path.join("checkpoint"), b"1").unwrap();
        replace(&path.join("checkpoint"), b"2").unwrap();
        assert_eq!(std::fs::read(path.join("checkpoint")).unwrap(), b"2");
        assert_eq!(
            path.join("checkpoint")
                .metadata()
                .unwrap()
                .permissions()
                .mode()
                & 0o777,
            0o600
        );
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn a_folder_that_others_can_enter_is_refused() {
        let state = tempfile::tempdir().unwrap();
        let runs = state.path().join("runs");
        std::fs::create_dir(&runs).unwrap();
        std::fs::set_permissions(&runs, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert!(
            RunFolder::new(state.path())
                .path()
                .unwrap_err()
                .to_string()
                .contains("open to others")
        );
    }
}
