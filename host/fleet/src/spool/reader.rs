//! Bytes of a blob on their way out, a batch of chunks at a time.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use tokio::task::JoinHandle;

use super::file::{ChunkFile, Extent};

/// Reads from one place to another.
pub(super) struct Reader {
    file: Arc<ChunkFile>,
    extent: Extent,
    at: u64,
    end: u64,
    reading: Option<JoinHandle<io::Result<Bytes>>>,
}

impl Reader {
    pub(super) fn new(file: Arc<ChunkFile>, extent: Extent, at: u64, length: u64) -> Self {
        Self {
            end: at.saturating_add(length),
            file,
            extent,
            at,
            reading: None,
        }
    }
}

impl Stream for Reader {
    type Item = io::Result<Bytes>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Bytes>>> {
        let this = &mut *self;
        if this.at == this.end {
            return Poll::Ready(None);
        }
        let reading = this.reading.get_or_insert_with(|| {
            let (file, extent) = (Arc::clone(&this.file), this.extent.clone());
            let (at, end) = (this.at, this.end);
            tokio::task::spawn_blocking(move || file.read(&extent, at, end))
        });
        let read = ready!(Pin::new(reading).poll(cx));
        this.reading = None;
        let bytes = read.map_err(io::Error::other)??;
        this.at += bytes.len() as u64;
        Poll::Ready(Some(Ok(bytes)))
    }
}
