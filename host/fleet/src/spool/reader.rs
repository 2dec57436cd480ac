//! Bytes of a blob on their way out, a batch of chunks at a time.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::task::JoinHandle;

use super::file::{ChunkFile, Extent};

/// Reads from one place to another.
pub(super) struct Reader {
    file: Arc<ChunkFile>,
    extent: Extent,
    at: u64,
    end: u64,
    ready: Bytes,
    reading: Option<JoinHandle<io::Result<Bytes>>>,
}

impl Reader {
    pub(super) fn new(file: Arc<ChunkFile>, extent: Extent, at: u64, length: u64) -> Self {
        Self {
            end: at.saturating_add(length),
            file,
            extent,
            at,
            ready: Bytes::new(),
            reading: None,
        }
    }
}

impl AsyncRead for Reader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.ready.is_empty() && this.at < this.end {
            let reading = this.reading.get_or_insert_with(|| {
                let (file, extent) = (Arc::clone(&this.file), this.extent.clone());
                let (at, end) = (this.at, this.end);
                tokio::task::spawn_blocking(move || file.read(&extent, at, end))
            });
            let read = ready!(Pin::new(reading).poll(cx));
            this.reading = None;
            this.ready = read.map_err(io::Error::other)??;
            this.at += this.ready.len() as u64;
        }
        let length = this.ready.len().min(to.remaining());
        to.put_slice(&this.ready[..length]);
        this.ready.advance(length);
        Poll::Ready(Ok(()))
    }
}
