//! Blobs: in the state folder where there is one, else in memory, within a cap.

use std::cell::RefCell;
use std::rc::Rc;

use super::offered::spool::{self, Error, Guest, GuestBlob};
use super::wasi::filesystem::types::{Descriptor, DescriptorFlags, OpenFlags, PathFlags};
use super::world::World;
use super::{Adapter, files, world};
use crate::chunks::Chunks;

/// A run has no more blobs.
const BLOBS: usize = 16;
/// Without a folder, this much at most: a 32-bit memory has other uses too.
const MEMORY_BYTES: u64 = 1 << 30;

/// Bytes that are written by appending, then sealed, then read.
pub(super) struct Blob {
    bytes: Bytes,
    length: u64,
    sealed: bool,
}

enum Bytes {
    Memory(Chunks),
    File {
        /// The run's folder.
        folder: Rc<Descriptor>,
        file: Descriptor,
        name: String,
    },
}

/// A blob that the connector holds.
pub(super) struct Handle(pub(super) Rc<RefCell<Blob>>);

/// A part of a sealed blob.
pub(super) struct Part {
    blob: Rc<RefCell<Blob>>,
    offset: u64,
    pub(super) length: u64,
}

impl Part {
    /// `length` bytes of `blob` from `offset`.
    pub(super) fn of(blob: &Handle, offset: u64, length: u64) -> Result<Self, String> {
        let held = blob.0.borrow();
        let end = offset.checked_add(length);
        if !held.sealed || end.is_none_or(|end| end > held.length) {
            return Err("the blob is not sealed, or ends before the slice".to_owned());
        }
        Ok(Self {
            blob: Rc::clone(&blob.0),
            offset,
            length,
        })
    }

    /// At most `max` bytes from `at`.
    pub(super) fn read(&self, at: u64, max: usize) -> Result<Vec<u8>, String> {
        let rest = usize::try_from(self.length - at).unwrap_or(usize::MAX);
        self.blob.borrow().read(self.offset + at, max.min(rest))
    }
}

impl Guest for Adapter {
    type Blob = Handle;

    fn open(name: String) -> Result<spool::Blob, Error> {
        let letter =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
        if !(1..=64).contains(&name.len()) || !name.bytes().all(letter) {
            return Err(Error::Io(
                "a blob's name is 1 to 64 of a-z, 0-9, `-`, `_`, `.`".to_owned(),
            ));
        }
        let world = world::world();
        let mut blobs = world.blobs.borrow_mut();
        if let Some(blob) = blobs.get(&name) {
            return Ok(spool::Blob::new(Handle(Rc::clone(blob))));
        }
        if blobs.len() == BLOBS {
            return Err(Error::Io(format!("a run has at most {BLOBS} blobs")));
        }
        let blob = match &*world.folder.borrow() {
            Some(folder) => Blob::in_folder(folder.descriptor(), &name).map_err(Error::Io)?,
            None => Blob::in_memory(),
        };
        take_room(&world, blob.length)?;
        let blob = Rc::new(RefCell::new(blob));
        blobs.insert(name, Rc::clone(&blob));
        Ok(spool::Blob::new(Handle(blob)))
    }
}

impl GuestBlob for Handle {
    fn append(&self, bytes: Vec<u8>) -> Result<(), Error> {
        let mut blob = self.0.borrow_mut();
        if blob.sealed {
            return Err(Error::Io("the blob is sealed".to_owned()));
        }
        take_room(&world::world(), bytes.len() as u64)?;
        blob.append(&bytes).map_err(Error::Io)
    }

    fn seal(&self) -> Result<(), Error> {
        self.0.borrow_mut().seal().map_err(Error::Io)
    }

    fn reset(&self) -> Result<(), Error> {
        let mut blob = self.0.borrow_mut();
        let world = world::world();
        world.spooled.set(world.spooled.get() - blob.length);
        blob.reset().map_err(Error::Io)
    }

    fn length(&self) -> u64 {
        self.0.borrow().length
    }

    fn sealed(&self) -> bool {
        self.0.borrow().sealed
    }

    fn read(&self, offset: u64, max: u32) -> Result<Vec<u8>, Error> {
        let max = usize::try_from(max).unwrap_or(super::wire::READ_BYTES);
        let blob = self.0.borrow();
        if offset > blob.length {
            return Err(Error::Io("past the end of the blob".to_owned()));
        }
        blob.read(offset, max.min(super::wire::READ_BYTES))
            .map_err(Error::Io)
    }
}

fn take_room(world: &World, bytes: u64) -> Result<(), Error> {
    let limit = world.limits.spool_bytes;
    let spooled = world.spooled.get().saturating_add(bytes);
    if spooled > limit {
        return Err(Error::Full(format!(
            "the run's spool has no room beyond {limit} bytes (the limit is `limits.spool_bytes`)"
        )));
    }
    if spooled > MEMORY_BYTES && world.folder.borrow().is_none() {
        return Err(Error::Full(format!(
            "the run's spool has no room beyond {MEMORY_BYTES} bytes in memory\n\
             hint: let the platform open a folder as `/state`"
        )));
    }
    world.spooled.set(spooled);
    Ok(())
}

impl Blob {
    fn in_memory() -> Self {
        Self {
            bytes: Bytes::Memory(Chunks::default()),
            length: 0,
            sealed: false,
        }
    }

    /// The blob that an earlier attempt sealed, or an empty one.
    fn in_folder(folder: &Rc<Descriptor>, name: &str) -> Result<Self, String> {
        let sealed = sealed_name(name);
        let both = DescriptorFlags::READ | DescriptorFlags::WRITE;
        let stat = folder.stat_at(PathFlags::empty(), &sealed);
        let (path, how, length) = match &stat {
            Ok(stat) => (sealed, OpenFlags::empty(), stat.size),
            Err(_) => (open_name(name), OpenFlags::CREATE | OpenFlags::TRUNCATE, 0),
        };
        let file = files::open(folder, &path, how, both).map_err(|error| told(&path, error))?;
        Ok(Self {
            bytes: Bytes::File {
                folder: Rc::clone(folder),
                file,
                name: name.to_owned(),
            },
            length,
            sealed: stat.is_ok(),
        })
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), String> {
        match &mut self.bytes {
            Bytes::Memory(chunks) => chunks.append(bytes),
            Bytes::File { file, name, .. } => {
                files::write_all(file, bytes, self.length).map_err(|error| told(name, error))?;
            }
        }
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn seal(&mut self) -> Result<(), String> {
        if let (Bytes::File { folder, file, name }, false) = (&self.bytes, self.sealed) {
            file.sync()
                .and_then(|()| folder.rename_at(&open_name(name), folder, &sealed_name(name)))
                .map_err(|error| told(name, error))?;
        }
        self.sealed = true;
        Ok(())
    }

    fn reset(&mut self) -> Result<(), String> {
        let fresh = match &self.bytes {
            Bytes::Memory(_) => Self::in_memory(),
            Bytes::File { folder, name, .. } => {
                if self.sealed {
                    folder
                        .unlink_file_at(&sealed_name(name))
                        .map_err(|error| told(name, error))?;
                }
                Self::in_folder(folder, name)?
            }
        };
        *self = fresh;
        Ok(())
    }

    fn read(&self, offset: u64, max: usize) -> Result<Vec<u8>, String> {
        match &self.bytes {
            Bytes::Memory(chunks) => Ok(chunks.read(offset, max).to_vec()),
            Bytes::File { file, name, .. } => file
                .read(max as u64, offset)
                .map(|(bytes, _)| bytes)
                .map_err(|error| told(name, error)),
        }
    }
}

fn sealed_name(name: &str) -> String {
    format!("blob.{name}")
}

fn open_name(name: &str) -> String {
    format!("open.{name}")
}

fn told(name: &str, error: super::wasi::filesystem::types::ErrorCode) -> String {
    format!("blob `{name}`: {}", files::name(error))
}
