//! Blobs in files of the run's folder: appended, sealed, then read at any offset. Another run's
//! files are out of reach: names are words, never paths.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use tokio::io::AsyncWriteExt;
use wasmtime::component::Resource;

use crate::bindings::writeback::connector::spool::{Error, Host, HostBlob};
use crate::limit::LimitExceeded;
use crate::quota::Share;
use crate::run_folder::{RunFolder, private_file, rename};
use crate::sandbox::Sandbox;

const BLOBS: usize = 64;
const NAME_BYTES: usize = 64;
/// Bytes on their way to the file, so that writing overlaps with the network.
const WRITE_BUFFER: usize = 512 * 1024;
/// Bytes that one read returns at most.
const READ_BYTES: u32 = 1 << 20;
/// An unsealed blob's file is called this; sealing renames it.
const UNSEALED: &str = "part";

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
    sealed_path: PathBuf,
    length: u64,
    /// Open while the blob can be written to.
    writer: Option<tokio::fs::File>,
}

impl Spool {
    pub(crate) fn new(room: Share) -> Self {
        Self {
            room,
            blobs: BTreeMap::new(),
        }
    }

    fn open(&mut self, folder: &mut RunFolder, name: &str) -> Result<(), Error> {
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
        let sealed_path = spool_folder(folder).map_err(io_error)?.join(name);
        let stored = match std::fs::metadata(&sealed_path) {
            Ok(sealed) => Stored {
                sealed_path,
                length: sealed.len(),
                writer: None,
            },
            Err(_) => Stored {
                writer: Some(create(&sealed_path).map_err(io_error)?),
                sealed_path,
                length: 0,
            },
        };
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
        writer.write_all(bytes).await.map_err(io_error)
    }

    async fn seal(&mut self, name: &str) -> Result<(), Error> {
        let stored = self.stored(name)?;
        let Some(mut writer) = stored.writer.take() else {
            return Ok(());
        };
        writer.flush().await.map_err(io_error)?;
        writer.sync_all().await.map_err(io_error)?;
        rename(&stored.unsealed_path(), &stored.sealed_path).map_err(io_error)
    }

    async fn reset(&mut self, name: &str) -> Result<(), Error> {
        let stored = self.stored(name)?;
        // Whatever is still on its way to the old file is dropped with it.
        if let Some(mut writer) = stored.writer.take() {
            let _ = writer.flush().await;
        }
        if let Err(error) = std::fs::remove_file(&stored.sealed_path)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(io_error(error));
        }
        let freed = std::mem::take(&mut stored.length);
        stored.writer = Some(create(&stored.sealed_path).map_err(io_error)?);
        self.room.give(freed);
        Ok(())
    }

    async fn read(&mut self, name: &str, offset: u64, max: u32) -> Result<Vec<u8>, Error> {
        let length = self.stored(name)?.length;
        let wanted = u64::from(max.min(READ_BYTES)).min(length.saturating_sub(offset));
        let mut file = self.file(name, offset, wanted).await?;
        let reading = tokio::task::spawn_blocking(move || {
            let mut bytes = vec![0; usize::try_from(wanted).unwrap_or_default()];
            file.seek(SeekFrom::Start(offset))?;
            file.read_exact(&mut bytes)?;
            Ok(bytes)
        });
        reading
            .await
            .map_err(|error| Error::Io(error.to_string()))?
            .map_err(io_error)
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
                stored.unsealed_path()
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
    fn unsealed_path(&self) -> PathBuf {
        unsealed(&self.sealed_path)
    }
}

fn unsealed(sealed: &Path) -> PathBuf {
    let mut name = sealed.as_os_str().to_owned();
    name.push(".");
    name.push(UNSEALED);
    PathBuf::from(name)
}

fn create(sealed: &Path) -> io::Result<tokio::fs::File> {
    let mut file = tokio::fs::File::from_std(private_file().open(unsealed(sealed))?);
    file.set_max_buf_size(WRITE_BUFFER);
    Ok(file)
}

fn is_name(name: &str) -> bool {
    let plain = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.')
    };
    (1..=NAME_BYTES).contains(&name.len())
        && name.bytes().all(plain)
        && !name.starts_with('.')
        && Path::new(name)
            .extension()
            .is_none_or(|extension| extension != UNSEALED)
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
        match self.spool.open(&mut self.folder, &name) {
            Ok(()) => self.hold(Blob { name }).map(Ok),
            Err(error) => {
                self.release_room();
                Ok(Err(error))
            }
        }
    }
}

fn spool_folder(folder: &mut RunFolder) -> io::Result<PathBuf> {
    let spool = folder.path()?.join("spool");
    std::fs::create_dir_all(&spool)?;
    Ok(spool)
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
