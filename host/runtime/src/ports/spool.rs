//! Blobs in files of the run's folder: appended, sealed, then read at any offset. Another run's
//! files are out of reach: names are words, never paths.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wasmtime::component::Resource;
use writeback_policy::LimitExceeded;

use crate::bindings::writeback::connector::spool::{Error, Host, HostBlob};
use crate::quota::Share;
use crate::sandbox::Sandbox;
use crate::state::blob_file::{BlobWriter, Seal, blocking, on_disk};
use crate::state::disk::{Disk, rename_for_good};
use crate::state::folder::RunFolder;

const BLOBS: usize = 64;
const NAME_BYTES: usize = 64;
/// Bytes that one read returns at most.
const READ_BYTES: u32 = 1 << 20;
/// An unsealed blob's file is called this; sealing renames it.
const UNSEALED: &str = "part";
/// What was true of a blob when it was sealed is in a file called this.
const SEAL: &str = "seal";

/// A blob that a component holds.
pub struct Blob {
    name: String,
}

/// A run's blobs.
pub(crate) struct Spool {
    room: Share,
    blobs: BTreeMap<String, Stored>,
}

struct Stored {
    disk: Arc<dyn Disk>,
    sealed_path: PathBuf,
    length: u64,
    /// There while the blob can be written to.
    writer: Option<BlobWriter>,
}

impl Spool {
    pub(crate) fn new(room: Share) -> Self {
        Self {
            room,
            blobs: BTreeMap::new(),
        }
    }

    async fn open(&mut self, folder: &mut RunFolder, name: &str) -> Result<(), Error> {
        if !is_name(name) {
            return Err(Error::Io(
                "a blob's name is 1 to 64 of a-z, 0-9, `-`, `_`, `.`".to_owned(),
            ));
        }
        if self.blobs.contains_key(name) {
            return Ok(());
        }
        if self.blobs.len() == BLOBS {
            return Err(Error::Io(format!("a run has at most {BLOBS} blobs")));
        }
        let path = folder.path().map_err(io_error)?.join("spool");
        let stored = Stored::open(folder.disk(), path, name).await;
        let stored = stored.map_err(io_error)?;
        self.room.take(stored.length).map_err(full)?;
        self.blobs.insert(name.to_owned(), stored);
        Ok(())
    }

    async fn append(&mut self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let stored = stored(&mut self.blobs, name)?;
        let writer = stored
            .writer
            .as_mut()
            .ok_or_else(|| Error::Io(format!("blob `{name}` is sealed")))?;
        self.room.take(bytes.len() as u64).map_err(full)?;
        stored.length += bytes.len() as u64;
        writer.append(bytes).await.map_err(io_error)
    }

    async fn seal(&mut self, name: &str) -> Result<(), Error> {
        self.stored(name)?.seal().await.map_err(io_error)
    }

    async fn reset(&mut self, name: &str) -> Result<(), Error> {
        let stored = self.stored(name)?;
        stored.reset().await.map_err(io_error)?;
        let freed = std::mem::take(&mut stored.length);
        self.room.give(freed);
        Ok(())
    }

    async fn read(&mut self, name: &str, offset: u64, max: u32) -> Result<Vec<u8>, Error> {
        let length = self.stored(name)?.length;
        let wanted = u64::from(max.min(READ_BYTES)).min(length.saturating_sub(offset));
        let mut file = self.file(name, offset, wanted).await?;
        let reading = blocking(move || {
            let mut bytes = vec![0; usize::try_from(wanted).unwrap_or_default()];
            file.seek(SeekFrom::Start(offset))?;
            file.read_exact(&mut bytes)?;
            Ok(bytes)
        });
        reading.await.map_err(io_error)
    }

    /// The blob's file, once it is sure that it holds `length` bytes from `offset`.
    pub(crate) async fn slice(
        &mut self,
        blob: &Blob,
        offset: u64,
        length: u64,
    ) -> Result<File, String> {
        self.file(&blob.name, offset, length)
            .await
            .map_err(|error| match error {
                Error::Io(text) => text,
                Error::Full(_) | Error::Cancelled => "the spool cannot be read".to_owned(),
            })
    }

    async fn file(&mut self, name: &str, offset: u64, length: u64) -> Result<File, Error> {
        let stored = self.stored(name)?;
        if offset
            .checked_add(length)
            .is_none_or(|end| end > stored.length)
        {
            let text = format!(
                "blob `{name}` ends at {} bytes, before {offset} + {length}",
                stored.length
            );
            return Err(Error::Io(text));
        }
        let path = match &mut stored.writer {
            Some(writer) => {
                writer.flush().await.map_err(io_error)?;
                with(&stored.sealed_path, UNSEALED)
            }
            None => stored.sealed_path.clone(),
        };
        File::open(path).map_err(io_error)
    }

    fn stored(&mut self, name: &str) -> Result<&mut Stored, Error> {
        stored(&mut self.blobs, name)
    }
}

fn stored<'a>(
    blobs: &'a mut BTreeMap<String, Stored>,
    name: &str,
) -> Result<&'a mut Stored, Error> {
    blobs
        .get_mut(name)
        .ok_or_else(|| Error::Io(format!("there is no blob `{name}`")))
}

impl Stored {
    /// The blob that an earlier attempt sealed, if it is still what was sealed, or an empty one.
    async fn open(disk: &Arc<dyn Disk>, folder: PathBuf, name: &str) -> io::Result<Self> {
        let sealed_path = folder.join(name);
        on_disk(disk, move |disk| disk.create_folder(&folder)).await?;
        let seal = Seal::check(with(&sealed_path, SEAL), sealed_path.clone()).await?;
        let mut stored = Self {
            disk: Arc::clone(disk),
            sealed_path,
            length: seal.map_or(0, |seal| seal.length),
            writer: None,
        };
        if seal.is_none() {
            stored.reset().await?;
        }
        Ok(stored)
    }

    /// The name is the last to change: with it the blob is sealed.
    async fn seal(&mut self) -> io::Result<()> {
        let Some(writer) = self.writer.take() else {
            return Ok(());
        };
        let seal = writer.finish().await?;
        let path = self.sealed_path.clone();
        on_disk(&self.disk, move |disk| {
            seal.write(disk, &with(&path, SEAL))?;
            rename_for_good(disk, &with(&path, UNSEALED), &path)
        })
        .await
    }

    async fn reset(&mut self) -> io::Result<()> {
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

/// `path` with another word behind a dot.
fn with(path: &Path, word: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(word);
    PathBuf::from(name)
}

fn is_name(name: &str) -> bool {
    let plain = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.')
    };
    (1..=NAME_BYTES).contains(&name.len())
        && name.bytes().all(plain)
        && !name.starts_with('.')
        && [UNSEALED, SEAL, "new"]
            .iter()
            .all(|word| Path::new(name).extension() != Some(word.as_ref()))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "used as a function in `map_err`"
)]
fn io_error(error: io::Error) -> Error {
    Error::Io(format!("the spool's file: {error}"))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "used as a function in `map_err`"
)]
fn full(limit: LimitExceeded) -> Error {
    Error::Full(limit.to_string())
}

impl Sandbox {
    fn blob(&self, blob: &Resource<Blob>) -> wasmtime::Result<String> {
        Ok(self.table.get(blob)?.name.clone())
    }
}

impl Host for Sandbox {
    async fn open(&mut self, name: String) -> wasmtime::Result<Result<Resource<Blob>, Error>> {
        if self.cancel.is_cancelled() {
            return Ok(Err(Error::Cancelled));
        }
        if let Err(limit) = self.room() {
            return Ok(Err(full(limit)));
        }
        match self.spool.open(&mut self.folder, &name).await {
            Ok(()) => self.hold(Blob { name }).map(Ok),
            Err(error) => {
                self.release_room();
                Ok(Err(error))
            }
        }
    }
}

impl HostBlob for Sandbox {
    async fn append(
        &mut self,
        blob: Resource<Blob>,
        bytes: Vec<u8>,
    ) -> wasmtime::Result<Result<(), Error>> {
        if self.cancel.is_cancelled() {
            return Ok(Err(Error::Cancelled));
        }
        let name = self.blob(&blob)?;
        Ok(self.spool.append(&name, &bytes).await)
    }

    async fn seal(&mut self, blob: Resource<Blob>) -> wasmtime::Result<Result<(), Error>> {
        let name = self.blob(&blob)?;
        Ok(self.spool.seal(&name).await)
    }

    async fn reset(&mut self, blob: Resource<Blob>) -> wasmtime::Result<Result<(), Error>> {
        let name = self.blob(&blob)?;
        Ok(self.spool.reset(&name).await)
    }

    async fn length(&mut self, blob: Resource<Blob>) -> wasmtime::Result<u64> {
        let name = self.blob(&blob)?;
        Ok(self
            .spool
            .blobs
            .get(&name)
            .map_or(0, |stored| stored.length))
    }

    async fn sealed(&mut self, blob: Resource<Blob>) -> wasmtime::Result<bool> {
        let name = self.blob(&blob)?;
        Ok(self
            .spool
            .blobs
            .get(&name)
            .is_some_and(|stored| stored.writer.is_none()))
    }

    async fn read(
        &mut self,
        blob: Resource<Blob>,
        offset: u64,
        max: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        if self.cancel.is_cancelled() {
            return Ok(Err(Error::Cancelled));
        }
        let name = self.blob(&blob)?;
        Ok(self.spool.read(&name, offset, max).await)
    }

    async fn drop(&mut self, blob: Resource<Blob>) -> wasmtime::Result<()> {
        self.release(blob)
    }
}

#[cfg(test)]
#[path = "spool_tests.rs"]
mod tests;
