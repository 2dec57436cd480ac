//! Request bodies: bytes, or part of a blob that is read while it is sent. Memory stays at one chunk.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Instant;

use crate::spool::BlobReader;

/// Bytes handed to the connection at a time.
const CHUNK: u64 = 256 * 1024;

/// A request's body. Its length is known before the first byte is sent.
pub(crate) struct Outgoing {
    remaining: u64,
    source: Source,
    pulse: Arc<Pulse>,
}

enum Source {
    Bytes(Bytes),
    /// A reader, and what it gave last.
    Blob(BlobReader, Bytes),
}

impl Outgoing {
    pub(crate) fn bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self::new(bytes.len() as u64, Source::Bytes(bytes))
    }

    /// `length` bytes that `reader` reads.
    pub(crate) fn slice(reader: BlobReader, length: u64) -> Self {
        Self::new(length, Source::Blob(reader, Bytes::new()))
    }

    fn new(remaining: u64, source: Source) -> Self {
        let pulse = Pulse {
            start: Instant::now(),
            last: AtomicU64::new(0),
            sent: AtomicBool::new(remaining == 0),
        };
        Self {
            remaining,
            source,
            pulse: Arc::new(pulse),
        }
    }

    pub(crate) fn length(&self) -> u64 {
        self.remaining
    }

    /// Tells when the body last moved, also once it has been handed away.
    pub(crate) fn pulse(&self) -> Arc<Pulse> {
        Arc::clone(&self.pulse)
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, Unreadable>> {
        let ready = match &mut self.source {
            Source::Bytes(bytes) => bytes,
            Source::Blob(reader, piece) => {
                while piece.is_empty() {
                    let read = ready!(reader.as_mut().poll_next(cx));
                    let read = read.unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()));
                    *piece = read.map_err(Unreadable)?;
                }
                piece
            }
        };
        let length = self.remaining.min(CHUNK).min(ready.len() as u64);
        Poll::Ready(Ok(ready.split_to(length as usize)))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Unreadable;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Unreadable>>> {
        if self.remaining == 0 {
            return Poll::Ready(None);
        }
        let chunk = ready!(self.poll_chunk(cx))?;
        self.remaining -= chunk.len() as u64;
        self.pulse.beat(self.remaining == 0);
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.remaining == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}

/// The spool does not give what is to be sent.
#[derive(Debug, thiserror::Error)]
#[error("its content cannot be read: the spool: {0}")]
pub(crate) struct Unreadable(io::Error);

/// When a body last moved. It is asked for the next chunk only when the connection has room.
pub(crate) struct Pulse {
    start: Instant,
    last: AtomicU64,
    sent: AtomicBool,
}

impl Pulse {
    fn beat(&self, sent: bool) {
        let elapsed = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(elapsed.max(1), Ordering::Relaxed);
        self.sent.store(sent, Ordering::Relaxed);
    }

    pub(crate) fn is_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn has_moved(&self) -> bool {
        self.last.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn last(&self) -> Instant {
        self.start + Duration::from_millis(self.last.load(Ordering::Relaxed))
    }
}
