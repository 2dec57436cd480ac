//! A file of encrypted chunks: written at its end, read anywhere.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::cipher::{BlobKey, CHUNK, HEAD, Place, TAG, TenantKey};

/// Chunks that are read or written together.
pub(super) const BATCH: usize = 8;
const SEALED: usize = CHUNK + TAG;

/// A file and its key. Each use goes to a place of its own, so that several may go on at a time.
pub(super) struct ChunkFile {
    file: Mutex<File>,
    key: BlobKey,
}

/// How much of a file can be read.
#[derive(Clone)]
pub(super) struct Extent {
    /// Whole chunks, each in the file.
    pub(super) chunks: u64,
    /// What comes after them.
    pub(super) tail: Tail,
}

#[derive(Clone)]
pub(super) enum Tail {
    /// The last chunk, of so many bytes, in the file: the blob is sealed.
    Sealed(usize),
    /// Bytes that are not in the file yet.
    Pending(Bytes),
}

impl Extent {
    /// Bytes of the content.
    pub(super) fn length(&self) -> u64 {
        let tail = match &self.tail {
            Tail::Sealed(length) => *length,
            Tail::Pending(bytes) => bytes.len(),
        };
        self.chunks * CHUNK as u64 + tail as u64
    }
}

impl ChunkFile {
    /// Begins an empty file.
    pub(super) fn create(mut file: File, key: &TenantKey, place: Place<'_>) -> io::Result<Self> {
        let (key, head) = key.create(place)?;
        file.write_all(&head)?;
        let file = Mutex::new(file);
        Ok(Self { file, key })
    }

    /// A file that was sealed for this place, if it is whole: every chunk is read.
    pub(super) fn open(
        mut file: File,
        key: &TenantKey,
        place: Place<'_>,
    ) -> io::Result<Option<(Self, Extent)>> {
        let (mut head, length) = ([0; HEAD], file.metadata()?.len());
        let Some(extent) = extent_of(length) else {
            return Ok(None);
        };
        file.read_exact(&mut head)?;
        let Some(key) = key.open(place, &head) else {
            return Ok(None);
        };
        let file = Mutex::new(file);
        let opened = Self { file, key };
        Ok(opened.is_whole(&extent)?.then_some((opened, extent)))
    }

    fn is_whole(&self, extent: &Extent) -> io::Result<bool> {
        let length = extent.length();
        let mut at = 0;
        loop {
            match self.read(extent, at, length) {
                Ok(bytes) => at += bytes.len() as u64,
                Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(false),
                Err(error) => return Err(error),
            }
            if at == length {
                // A last chunk without content has not been looked at yet.
                return match extent.tail {
                    Tail::Sealed(0) => Ok(self.chunk(extent.chunks, true, 0).is_ok()),
                    _ => Ok(true),
                };
            }
        }
    }

    /// Writes whole chunks, the first of which has this number.
    pub(super) fn write(&self, number: u64, content: &[u8]) -> io::Result<()> {
        let mut sealed = Vec::with_capacity(content.len() / CHUNK * SEALED);
        for (chunk, number) in content.chunks_exact(CHUNK).zip(number..) {
            self.key.seal(number, false, chunk, &mut sealed)?;
        }
        self.write_at(number, &sealed)
    }

    /// Writes the last chunk, which is not a whole one.
    pub(super) fn finish(&self, number: u64, content: &[u8]) -> io::Result<()> {
        let mut sealed = Vec::with_capacity(content.len() + TAG);
        self.key.seal(number, true, content, &mut sealed)?;
        self.write_at(number, &sealed)
    }

    /// Bytes from `from` on, at least one and none of `end` or after, where there are any.
    pub(super) fn read(&self, extent: &Extent, from: u64, end: u64) -> io::Result<Bytes> {
        if from >= end {
            return Ok(Bytes::new());
        }
        let first = from / CHUNK as u64;
        let last = ((end - 1) / CHUNK as u64).min(first + BATCH as u64 - 1);
        let (whole, chunks) = (last.min(extent.chunks.saturating_sub(1)), extent.chunks);
        let mut content = Vec::with_capacity(BATCH * CHUNK);
        if first < chunks {
            content = self.chunks(first, whole)?;
        }
        if last == chunks {
            match &extent.tail {
                Tail::Pending(bytes) => content.extend_from_slice(bytes),
                Tail::Sealed(length) => content.extend(self.chunk(chunks, true, *length)?),
            }
        }
        let start = first * CHUNK as u64;
        let upto =
            usize::try_from(end - start).map_or(content.len(), |upto| upto.min(content.len()));
        let from = usize::try_from(from - start).unwrap_or(usize::MAX);
        match from < upto {
            true => Ok(Bytes::from(content).slice(from..upto)),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Whole chunks, the first and the last of which have these numbers.
    fn chunks(&self, first: u64, last: u64) -> io::Result<Vec<u8>> {
        let count = usize::try_from(last + 1 - first).unwrap_or(usize::MAX);
        let mut sealed = vec![0; count.saturating_mul(SEALED)];
        self.read_at(first, &mut sealed)?;
        let mut content = Vec::with_capacity((count + 1) * CHUNK);
        for (chunk, number) in sealed.chunks_exact_mut(SEALED).zip(first..) {
            content.extend_from_slice(self.key.open(number, false, chunk)?);
        }
        Ok(content)
    }

    /// One chunk of so many bytes.
    fn chunk(&self, number: u64, last: bool, length: usize) -> io::Result<Vec<u8>> {
        let mut sealed = vec![0; length + TAG];
        self.read_at(number, &mut sealed)?;
        Ok(self.key.open(number, last, &mut sealed)?.to_vec())
    }

    fn write_at(&self, number: u64, sealed: &[u8]) -> io::Result<()> {
        let mut file = self.lock();
        file.seek(SeekFrom::Start(place_of(number)))?;
        file.write_all(sealed)
    }

    fn read_at(&self, number: u64, sealed: &mut [u8]) -> io::Result<()> {
        let mut file = self.lock();
        file.seek(SeekFrom::Start(place_of(number)))?;
        file.read_exact(sealed)
    }

    fn lock(&self) -> MutexGuard<'_, File> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place_of(number: u64) -> u64 {
    HEAD as u64 + number * SEALED as u64
}

/// What a sealed file of this length holds. The last chunk is never a whole one.
fn extent_of(length: u64) -> Option<Extent> {
    let chunks = length.checked_sub(HEAD as u64)?;
    let tail = usize::try_from(chunks % SEALED as u64).ok()?;
    Some(Extent {
        chunks: chunks / SEALED as u64,
        tail: Tail::Sealed(tail.checked_sub(TAG)?),
    })
}
