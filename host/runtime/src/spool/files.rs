//! Blobs in files: of the run's folder, where it has one that stays, or of one that goes with the run.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use tempfile::TempDir;

use super::read_ahead::ReadAhead;
use super::{Blob, BlobReader, Spool, SpoolStore};
use crate::boxed::BoxFuture;
use crate::state::blob_file::{BlobWriter, Seal, on_disk};
use crate::state::disk::Disk;
use crate::state::{RunKey, run_folder};

/// An unsealed blob's file is called this; sealing renames it.
const UNSEALED: &str = "part";
/// What was true of a blob when it was sealed is in a file called this.
const SEAL: &str = "seal";

/// Spools in a state folder.
pub(crate) struct Files {
    disk: Arc<dyn Disk>,
    state_dir: PathBuf,
}

impl Files {
    pub(crate) fn new(disk: Arc<dyn Disk>, state_dir: PathBuf) -> Self {
        Self { disk, state_dir }
    }

    fn folder_of(&self, run: &RunKey) -> PathBuf {
        run_folder(&self.state_dir, run).join("spool")
    }
}

impl SpoolStore for Files {
    fn open<'a>(&'a self, run: Option<&'a RunKey>) -> BoxFuture<'a, io::Result<Box<dyn Spool>>> {
        Box::pin(async move {
            let (folder, temporary) = match run {
                Some(run) => (self.folder_of(run), None),
                None => {
                    let above = self.state_dir.join("temporary");
                    let made = on_disk(&self.disk, move |disk| temporary(disk, &above)).await?;
                    (made.path().join("spool"), Some(made))
                }
            };
            let made = folder.clone();
            on_disk(&self.disk, move |disk| disk.create_folder(&made)).await?;
            let spool: Box<dyn Spool> = Box::new(Folder {
                disk: Arc::clone(&self.disk),
                folder,
                _temporary: temporary,
            });
            Ok(spool)
        })
    }

    fn remove(&self, run: &RunKey) -> io::Result<()> {
        self.disk.remove_folder(&self.folder_of(run))
    }

    fn kept(&self, run: &RunKey) -> u64 {
        let files = std::fs::read_dir(self.folder_of(run));
        let files = files.into_iter().flatten().flatten();
        files
            .filter_map(|file| file.metadata().ok())
            .map(|file| file.len())
            .sum()
    }
}

/// A folder that only its user can enter, and that goes when it is dropped.
fn temporary(disk: &dyn Disk, above: &Path) -> io::Result<TempDir> {
    disk.create_folder(above)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.prefix("run-").tempdir_in(above)
}

/// A run's blobs: files of one folder.
struct Folder {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    _temporary: Option<TempDir>,
}

impl Spool for Folder {
    fn open<'a>(&'a mut self, name: &'a str) -> BoxFuture<'a, io::Result<Box<dyn Blob>>> {
        Box::pin(async move {
            let path = self.folder.join(name);
            let blob: Box<dyn Blob> = Box::new(FileBlob::open(&self.disk, path).await?);
            Ok(blob)
        })
    }
}

struct FileBlob {
    disk: Arc<dyn Disk>,
    sealed_path: PathBuf,
    found: Option<u64>,
    /// There while the blob can be written to.
    writer: Option<BlobWriter>,
}

impl FileBlob {
    /// The blob that an earlier attempt sealed, if it is still what was sealed, or an empty one.
    async fn open(disk: &Arc<dyn Disk>, sealed_path: PathBuf) -> io::Result<Self> {
        let seal = Seal::check(with(&sealed_path, SEAL), sealed_path.clone()).await?;
        let mut blob = Self {
            disk: Arc::clone(disk),
            sealed_path,
            found: seal.map(|seal| seal.length),
            writer: None,
        };
        if seal.is_none() {
            blob.empty().await?;
        }
        Ok(blob)
    }

    async fn empty(&mut self) -> io::Result<()> {
        // Whatever is still on its way to the old file is dropped with it.
        if let Some(mut writer) = self.writer.take() {
            let _ = writer.flush().await;
        }
        let path = self.sealed_path.clone();
        let writer = on_disk(&self.disk, move |disk| {
            disk.remove(&path)?;
            BlobWriter::create(disk, &with(&path, UNSEALED))
        });
        self.writer = Some(writer.await?);
        Ok(())
    }
}

impl Blob for FileBlob {
    fn sealed(&self) -> Option<u64> {
        self.found
    }

    fn append(&mut self, bytes: Bytes) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            match &mut self.writer {
                Some(writer) => writer.append(bytes.into()).await,
                None => Err(io::Error::other("the blob is sealed")),
            }
        })
    }

    /// The name is the last to change: with it the blob is sealed. The disk is not waited for: after a power cut
    /// the blob is as it was, or the seal tells that it is not.
    fn seal(&mut self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            let Some(writer) = self.writer.take() else {
                return Ok(());
            };
            let seal = writer.finish().await?;
            let path = self.sealed_path.clone();
            on_disk(&self.disk, move |disk| {
                seal.write(disk, &with(&path, SEAL))?;
                disk.rename(&with(&path, UNSEALED), &path)
            })
            .await
        })
    }

    fn reset(&mut self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(self.empty())
    }

    fn read(&mut self, offset: u64, length: u64) -> BoxFuture<'_, io::Result<BlobReader>> {
        Box::pin(async move {
            let path = match &mut self.writer {
                Some(writer) => {
                    writer.flush().await?;
                    with(&self.sealed_path, UNSEALED)
                }
                None => self.sealed_path.clone(),
            };
            let reader: BlobReader = Box::pin(ReadAhead::start(path, offset, length).await?);
            Ok(reader)
        })
    }
}

/// `path` with another word behind a dot.
fn with(path: &Path, word: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(word);
    PathBuf::from(name)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::state::SystemDisk;
    use std::os::unix::fs::PermissionsExt;

    #[tokio::test]
    async fn a_temporary_folder_is_private_and_goes_with_the_run() {
        let state = tempfile::tempdir().unwrap();
        let files = Files::new(Arc::new(SystemDisk), state.path().join("deep"));
        let mut spool = files.open(None).await.unwrap();
        let _blob = spool.open("export.csv").await.unwrap();
        let above = state.path().join("deep/temporary");
        let mut runs = std::fs::read_dir(&above).unwrap();
        let path = runs.next().unwrap().unwrap().path();
        assert!(path.join("spool/export.csv.part").is_file() && runs.next().is_none());
        for folder in [path.as_path(), &above] {
            let mode = folder.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
        drop(spool);
        assert!(!path.exists());
    }
}
