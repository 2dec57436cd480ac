//! A blob's bytes on their way to a file, and the proof that they are still what was sealed.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crc32fast::Hasher;
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;

use super::disk::{Disk, DiskFile};
use super::frame::{self, Kind};

/// Bytes gathered before they go to the file, so that writing overlaps with the network.
const GATHERED: usize = 1024 * 1024;
/// Pieces up to this size are copied together; larger ones go to the file as they came.
const SMALL: usize = 16 * 1024;

/// A file that grows in the background, one write at a time.
pub(crate) struct BlobWriter {
    gathered: Gathered,
    writing: Writing,
}

/// Bytes on their way to the file.
#[derive(Default)]
struct Gathered {
    pieces: Vec<Vec<u8>>,
    length: usize,
}

enum Writing {
    Idle(Begun),
    Busy(JoinHandle<(Begun, io::Result<()>)>),
    /// An earlier write failed.
    Broken,
}

struct Begun {
    file: Box<dyn DiskFile>,
    checksum: Hasher,
    length: u64,
}

/// What was true of a blob when it was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seal {
    pub(crate) length: u64,
    crc32: u32,
}

impl BlobWriter {
    pub(crate) fn create(disk: &dyn Disk, path: &Path) -> io::Result<Self> {
        Ok(Self {
            gathered: Gathered::default(),
            writing: Writing::Idle(Begun {
                file: disk.create(path)?,
                checksum: Hasher::new(),
                length: 0,
            }),
        })
    }

    pub(crate) async fn append(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        self.gathered.add(bytes);
        if self.gathered.length < GATHERED {
            return Ok(());
        }
        self.write().await
    }

    /// Returns once everything that was appended can be read from the file.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        if self.gathered.length > 0 {
            self.write().await?;
        }
        self.writing = Writing::Idle(self.settled().await?);
        Ok(())
    }

    /// Returns once everything is in the file. Nobody waits for the disk: what a power cut takes is told by the seal.
    pub(crate) async fn finish(mut self) -> io::Result<Seal> {
        self.flush().await?;
        let begun = self.settled().await?;
        Ok(Seal {
            length: begun.length,
            crc32: begun.checksum.finalize(),
        })
    }

    async fn write(&mut self) -> io::Result<()> {
        let mut begun = self.settled().await?;
        let gathered = std::mem::take(&mut self.gathered);
        self.writing = Writing::Busy(tokio::task::spawn_blocking(move || {
            let written = gathered.pieces.iter().try_for_each(|piece| {
                begun.checksum.update(piece);
                begun.length += piece.len() as u64;
                begun.file.write(piece)
            });
            (begun, written)
        }));
        Ok(())
    }

    /// The file, once the last write is over.
    async fn settled(&mut self) -> io::Result<Begun> {
        match std::mem::replace(&mut self.writing, Writing::Broken) {
            Writing::Idle(begun) => Ok(begun),
            Writing::Broken => Err(io::Error::other("an earlier write failed")),
            Writing::Busy(task) => {
                let (begun, written) = task.await.map_err(io::Error::other)?;
                written?;
                Ok(begun)
            }
        }
    }
}

impl Gathered {
    fn add(&mut self, bytes: Vec<u8>) {
        self.length += bytes.len();
        match self.pieces.last_mut() {
            Some(last) if bytes.len() <= SMALL && last.len() < GATHERED => {
                last.extend_from_slice(&bytes);
            }
            _ => self.pieces.push(bytes),
        }
    }
}

impl Seal {
    pub(crate) fn write(&self, disk: &dyn Disk, path: &Path) -> io::Result<()> {
        let seal = frame::framed(Kind::Seal, &serde_json::to_vec(self)?);
        disk.create(path)?.write(&seal)
    }

    /// The seal at `path`, if `blob` is what was sealed.
    pub(crate) async fn check(path: PathBuf, blob: PathBuf) -> io::Result<Option<Self>> {
        blocking(move || {
            let Ok(Some(content)) = frame::read(&path, Kind::Seal) else {
                return Ok(None);
            };
            let seal: Self = serde_json::from_slice(&content)?;
            let mut file = match File::open(&blob) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                opened => opened?,
            };
            let (mut checksum, mut length) = (Hasher::new(), 0);
            let mut bytes = vec![0; GATHERED];
            loop {
                let read = file.read(&mut bytes)?;
                if read == 0 {
                    break;
                }
                checksum.update(&bytes[..read]);
                length += read as u64;
            }
            let same = (length, checksum.finalize()) == (seal.length, seal.crc32);
            Ok(same.then_some(seal))
        })
        .await
    }
}

/// Work of the disk, away from the threads that others wait on.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}

/// A disk, to be used away from the threads that others wait on.
pub(crate) async fn on_disk<T: Send + 'static>(
    disk: &Arc<dyn Disk>,
    work: impl FnOnce(&dyn Disk) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let disk = Arc::clone(disk);
    blocking(move || work(&*disk)).await
}
