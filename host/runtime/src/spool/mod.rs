//! Where the blobs of runs are kept: a port that a program may put a storage of its own behind. Names,
//! lengths and limits are not its business: they are checked before it is asked.

mod files;
mod read_ahead;

use std::io;
use std::pin::Pin;

use bytes::Bytes;
use futures_util::{Stream, stream};

use crate::boxed::BoxFuture;
use crate::state::RunKey;

pub(crate) use files::Files;

/// Where a tenant's runs keep their blobs, such as the export between Domo and SharePoint. Without one
/// of the program's own they are files of the state folder.
///
/// An error's text is shown to people, after `the spool: `.
pub trait SpoolStore: Send + Sync {
    /// The spool of an attempt at a run. It is dropped when the attempt ends, and its blobs with it,
    /// unless the run has a key: then the next attempt may find again what was sealed. A store that
    /// keeps nothing costs that attempt another export, and nothing else.
    ///
    /// # Errors
    /// Why there is none.
    fn open<'a>(&'a self, run: Option<&'a RunKey>) -> BoxFuture<'a, io::Result<Box<dyn Spool>>>;

    /// Removes what is kept of a run, which is over, too old or forgotten. One that nothing is kept of
    /// is no error. May block. Does nothing unless it is implemented.
    ///
    /// # Errors
    /// Why it is still there.
    fn remove(&self, _run: &RunKey) -> io::Result<()> {
        Ok(())
    }

    /// Bytes that are kept of a run. Those of interrupted runs count towards `limits.tenant.spool_bytes`.
    /// May block. 0 unless it is implemented.
    fn kept(&self, _run: &RunKey) -> u64 {
        0
    }
}

/// The blobs of one run.
pub trait Spool: Send {
    /// Opens a blob: the one of this name that an earlier attempt sealed, or an empty one. A name is
    /// opened once, and is 1 to 64 of `a-z`, `0-9`, `-`, `_` and `.`, the first not being `.`.
    ///
    /// # Errors
    /// Why it cannot be opened.
    fn open<'a>(&'a mut self, name: &'a str) -> BoxFuture<'a, io::Result<Box<dyn Blob>>>;
}

/// Bytes that are appended, sealed, then read. After an error nothing is asked of it but
/// [`reset`](Self::reset).
pub trait Blob: Send {
    /// Its length where it was found sealed. Asked once, before anything else. `None` unless it is implemented.
    fn sealed(&self) -> Option<u64> {
        None
    }

    /// Adds bytes at the end. Not called once it is sealed.
    ///
    /// # Errors
    /// Why they are not kept.
    fn append(&mut self, bytes: Bytes) -> BoxFuture<'_, io::Result<()>>;

    /// Ends the writing. Returns once the blob would be found again after a crash of the program, where the run
    /// has a key and the store keeps anything. After a power cut it is found as it was, or not at all.
    ///
    /// # Errors
    /// Why it is not sealed.
    fn seal(&mut self) -> BoxFuture<'_, io::Result<()>>;

    /// Empties it; it can be appended to again.
    ///
    /// # Errors
    /// Why it is not empty.
    fn reset(&mut self) -> BoxFuture<'_, io::Result<()>>;

    /// Reads `length` bytes from `offset`, all of which were appended before. Several reads may be under
    /// way at a time, and one may go on while its request is on its way.
    ///
    /// # Errors
    /// Why they cannot be read. The reader may fail too; one that ends early has failed.
    fn read(&mut self, offset: u64, length: u64) -> BoxFuture<'_, io::Result<BlobReader>>;
}

/// Bytes of a blob on their way to a connection, in pieces that the store chooses: around 1 MiB is quick, and all of
/// a piece is in memory at once.
pub type BlobReader = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// A reader of bytes that are in memory already.
#[must_use]
pub fn in_memory(bytes: Bytes) -> BlobReader {
    Box::pin(stream::iter([Ok(bytes)]))
}
