//! Blobs of a run: appended, sealed, then read at any offset. Another run's are out of reach, and what
//! is asked of a blob fits its state, whatever keeps its bytes.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use wasmtime::component::Resource;
use writeback_policy::LimitExceeded;

use crate::bindings::writeback::connector::spool::{Error, Host, HostBlob};
use crate::quota::Share;
use crate::sandbox::Sandbox;
use crate::spool::{self, BlobReader, SpoolStore};
use crate::state::RunKey;

const BLOBS: usize = 64;
const NAME_BYTES: usize = 64;
/// Bytes that one read returns at most.
const READ_BYTES: u32 = 1 << 20;
/// A blob's name does not end in one of these: files beside it do.
const RESERVED: [&str; 3] = ["part", "seal", "new"];

/// A blob that a component holds.
pub struct Blob {
    name: String,
}

/// A run's blobs.
pub(crate) struct Spool {
    store: Arc<dyn SpoolStore>,
    /// The run's, where its blobs may be found again.
    key: Option<RunKey>,
    blobs: BTreeMap<String, Stored>,
    /// Opened when first needed, and dropped after its blobs.
    kept: Option<Box<dyn spool::Spool>>,
    room: Share,
}

/// Why there is no slice.
#[derive(Debug, PartialEq)]
pub(crate) enum NoSlice {
    /// The blob does not hold it.
    Absent(String),
    /// What keeps the blob does not give it.
    Unreadable(String),
}

struct Stored {
    blob: Box<dyn spool::Blob>,
    length: u64,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Sealed,
    /// Writing to it failed: what it holds is anyone's guess.
    Broken,
}

impl Spool {
    pub(crate) fn new(store: Arc<dyn SpoolStore>, room: Share) -> Self {
        Self {
            store,
            key: None,
            blobs: BTreeMap::new(),
            kept: None,
            room,
        }
    }

    /// The same for a run whose blobs may be found again.
    pub(crate) fn keeping(self, key: RunKey) -> Self {
        Self {
            key: Some(key),
            ..self
        }
    }

    async fn open(&mut self, name: &str) -> Result<(), Error> {
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
        let kept = match &mut self.kept {
            Some(kept) => kept,
            none => {
                let opened = self.store.open(self.key.as_ref()).await;
                none.insert(opened.map_err(io_error)?)
            }
        };
        let blob = kept.open(name).await.map_err(io_error)?;
        let sealed = blob.sealed();
        let length = sealed.unwrap_or_default();
        self.room.take(length).map_err(full)?;
        let state = match sealed {
            Some(_) => State::Sealed,
            None => State::Open,
        };
        let stored = Stored {
            blob,
            length,
            state,
        };
        self.blobs.insert(name.to_owned(), stored);
        Ok(())
    }

    async fn append(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), Error> {
        let stored = stored(&mut self.blobs, name)?;
        if stored.state == State::Sealed {
            return Err(Error::Io(format!("blob `{name}` is sealed")));
        }
        stored.whole(name)?;
        self.room.take(bytes.len() as u64).map_err(full)?;
        stored.length += bytes.len() as u64;
        let appended = stored.blob.append(Bytes::from(bytes)).await;
        stored.held(appended)
    }

    async fn seal(&mut self, name: &str) -> Result<(), Error> {
        let stored = self.stored(name)?;
        stored.whole(name)?;
        if stored.state == State::Open {
            let sealed = stored.blob.seal().await;
            stored.held(sealed)?;
            stored.state = State::Sealed;
        }
        Ok(())
    }

    async fn reset(&mut self, name: &str) -> Result<(), Error> {
        let stored = self.stored(name)?;
        let emptied = stored.blob.reset().await;
        stored.held(emptied)?;
        stored.state = State::Open;
        let freed = std::mem::take(&mut stored.length);
        self.room.give(freed);
        Ok(())
    }

    async fn read(&mut self, name: &str, offset: u64, max: u32) -> Result<Vec<u8>, Error> {
        let length = self.stored(name)?.length;
        let wanted = u64::from(max.min(READ_BYTES)).min(length.saturating_sub(offset));
        let stored = self.holding(name, offset, wanted)?;
        let mut reader = stored.blob.read(offset, wanted).await.map_err(io_error)?;
        let wanted = usize::try_from(wanted).unwrap_or_default();
        let mut bytes = Vec::with_capacity(wanted);
        while bytes.len() < wanted {
            let piece = reader.try_next().await.map_err(io_error)?;
            let piece = piece.ok_or_else(|| io_error(io::ErrorKind::UnexpectedEof.into()))?;
            bytes.extend_from_slice(&piece);
        }
        bytes.truncate(wanted);
        Ok(bytes)
    }

    /// A reader of `length` bytes from `offset`, once it is sure that the blob holds them.
    pub(crate) async fn slice(
        &mut self,
        blob: &Blob,
        offset: u64,
        length: u64,
    ) -> Result<BlobReader, NoSlice> {
        let held = self.holding(&blob.name, offset, length);
        let stored = held.map_err(|why| NoSlice::Absent(message(why)))?;
        let read = stored.blob.read(offset, length).await;
        read.map_err(|error| NoSlice::Unreadable(message(io_error(error))))
    }

    /// The blob, if it holds `length` bytes from `offset`.
    fn holding(&mut self, name: &str, offset: u64, length: u64) -> Result<&mut Stored, Error> {
        let stored = self.stored(name)?;
        stored.whole(name)?;
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
        Ok(stored)
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
    fn whole(&self, name: &str) -> Result<(), Error> {
        match self.state {
            State::Broken => Err(Error::Io(format!("writing to blob `{name}` failed before"))),
            State::Open | State::Sealed => Ok(()),
        }
    }

    /// What a change came to.
    fn held(&mut self, changed: io::Result<()>) -> Result<(), Error> {
        changed.map_err(|error| {
            self.state = State::Broken;
            io_error(error)
        })
    }
}

fn is_name(name: &str) -> bool {
    let plain = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.')
    };
    (1..=NAME_BYTES).contains(&name.len())
        && name.bytes().all(plain)
        && !name.starts_with('.')
        && RESERVED
            .iter()
            .all(|word| Path::new(name).extension() != Some(word.as_ref()))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "used as a function in `map_err`"
)]
fn io_error(error: io::Error) -> Error {
    Error::Io(format!("the spool: {error}"))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "used as a function in `map_err`"
)]
fn full(limit: LimitExceeded) -> Error {
    Error::Full(limit.to_string())
}

fn message(error: Error) -> String {
    match error {
        Error::Io(text) | Error::Full(text) => text,
        Error::Cancelled => "the run is being cancelled".to_owned(),
    }
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
        match self.spool.open(&name).await {
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
        Ok(self.spool.append(&name, bytes).await)
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
            .is_some_and(|stored| stored.state == State::Sealed))
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
