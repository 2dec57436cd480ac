//! The folder of one run under way: its own under the state folder, or a temporary one that is gone with it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use super::disk::Disk;

/// Where a run keeps its spool and its checkpoint.
pub(crate) struct RunFolder {
    disk: Arc<dyn Disk>,
    place: Place,
}

enum Place {
    Kept(PathBuf),
    /// Made when first needed.
    Temporary(PathBuf, Option<TempDir>),
}

impl RunFolder {
    /// The folder of a run that can go on after a crash.
    pub(crate) fn kept(disk: Arc<dyn Disk>, folder: PathBuf) -> Self {
        Self {
            disk,
            place: Place::Kept(folder),
        }
    }

    /// A folder for this run alone.
    pub(crate) fn temporary(disk: Arc<dyn Disk>, state_dir: &Path) -> Self {
        Self {
            disk,
            place: Place::Temporary(state_dir.join("temporary"), None),
        }
    }

    /// Whether the run can go on after a crash.
    pub(crate) fn is_kept(&self) -> bool {
        matches!(self.place, Place::Kept(_))
    }

    pub(crate) fn disk(&self) -> &Arc<dyn Disk> {
        &self.disk
    }

    pub(crate) fn path(&mut self) -> io::Result<&Path> {
        match &mut self.place {
            Place::Kept(folder) => Ok(folder),
            Place::Temporary(_, Some(folder)) => Ok(folder.path()),
            Place::Temporary(above, folder) => {
                self.disk.create_folder(above)?;
                let mut builder = tempfile::Builder::new();
                #[cfg(unix)]
                builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
                Ok(folder
                    .insert(builder.prefix("run-").tempdir_in(above)?)
                    .path())
            }
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::state::disk::SystemDisk;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_temporary_folder_is_private_and_goes_with_the_run() {
        let state = tempfile::tempdir().unwrap();
        let mut folder = RunFolder::temporary(Arc::new(SystemDisk), &state.path().join("deep"));
        let path = folder.path().unwrap().to_owned();
        assert_eq!(folder.path().unwrap(), path, "the same one");
        for folder in [path.as_path(), path.parent().unwrap()] {
            let mode = folder.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
        drop(folder);
        assert!(!path.exists());
    }
}
