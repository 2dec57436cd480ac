//! Spools in memory: an export touches no disk. Nothing outlives its run, so one that goes on exports anew.

use std::io;

use writeback_host::spool::{Blob, BlobReader, Spool, SpoolStore, in_memory};
use writeback_host::state::RunKey;
use writeback_host::{BoxFuture, Bytes};

/// Spools of any number of runs. `limits.spool_bytes` bounds each, `limits.tenant.spool_bytes` all of a tenant's.
pub struct Memory;

impl SpoolStore for Memory {
    fn open<'a>(&'a self, _: Option<&'a RunKey>) -> BoxFuture<'a, io::Result<Box<dyn Spool>>> {
        Box::pin(async {
            let spool: Box<dyn Spool> = Box::new(Memory);
            Ok(spool)
        })
    }
}

impl Spool for Memory {
    fn open<'a>(&'a mut self, _: &'a str) -> BoxFuture<'a, io::Result<Box<dyn Blob>>> {
        Box::pin(async {
            let blob: Box<dyn Blob> = Box::new(MemoryBlob::Open(Vec::new()));
            Ok(blob)
        })
    }
}

enum MemoryBlob {
    Open(Vec<u8>),
    Sealed(Bytes),
}

impl Blob for MemoryBlob {
    fn append(&mut self, bytes: Bytes) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            match self {
                Self::Open(content) => content.extend_from_slice(&bytes),
                Self::Sealed(_) => return Err(io::Error::other("the blob is sealed")),
            }
            Ok(())
        })
    }

    fn seal(&mut self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            if let Self::Open(content) = self {
                *self = Self::Sealed(std::mem::take(content).into());
            }
            Ok(())
        })
    }

    fn reset(&mut self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            *self = Self::Open(Vec::new());
            Ok(())
        })
    }

    fn read(&mut self, offset: u64, length: u64) -> BoxFuture<'_, io::Result<BlobReader>> {
        Box::pin(async move {
            let start = usize::try_from(offset).map_err(io::Error::other)?;
            let range = start..start + usize::try_from(length).map_err(io::Error::other)?;
            // Of a sealed blob nothing is copied.
            let part = match self {
                Self::Open(content) => Bytes::copy_from_slice(&content[range]),
                Self::Sealed(content) => content.slice(range),
            };
            Ok(in_memory(part))
        })
    }
}
