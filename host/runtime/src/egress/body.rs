//! Request bodies: bytes, or part of a file that is read while it is sent. Memory stays at one chunk.

use std::fs::File;
use std::future::Future;
use std::io::{self, Read, Seek, SeekFrom};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Bytes read from the spool, and handed to the connection, at a time.
const CHUNK: u64 = 256 * 1024;

/// A request's body. Its length is known before the first byte is sent.
pub(crate) struct Outgoing {
    remaining: u64,
    source: Source,
    pulse: Arc<Pulse>,
}

enum Source {
    Bytes(Bytes),
    File(File),
    Reading(JoinHandle<io::Result<(File, Bytes)>>),
    Nothing,
}

impl Outgoing {
    pub(crate) fn bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self::new(bytes.len() as u64, Source::Bytes(bytes))
    }

    /// `length` bytes of `file` from `offset`.
    pub(crate) fn slice(mut file: File, offset: u64, length: u64) -> io::Result<Self> {
        file.seek(SeekFrom::Start(offset))?;
        Ok(Self::new(length, Source::File(file)))
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

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        loop {
            match std::mem::replace(&mut self.source, Source::Nothing) {
                Source::Nothing => return Poll::Ready(Ok(Bytes::new())),
                Source::Bytes(mut bytes) => {
                    let chunk = bytes.split_to(bytes.len().min(CHUNK as usize));
                    self.source = Source::Bytes(bytes);
                    return Poll::Ready(Ok(chunk));
                }
                Source::File(file) => {
                    let length = self.remaining.min(CHUNK) as usize;
                    self.source = Source::Reading(tokio::task::spawn_blocking(move || {
                        read_chunk(file, length)
                    }));
                }
                Source::Reading(mut reading) => {
                    let Poll::Ready(done) = Pin::new(&mut reading).poll(cx) else {
                        self.source = Source::Reading(reading);
                        return Poll::Pending;
                    };
                    let (file, chunk) = done.map_err(io::Error::other)??;
                    self.source = Source::File(file);
                    return Poll::Ready(Ok(chunk));
                }
            }
        }
    }
}

fn read_chunk(mut file: File, length: usize) -> io::Result<(File, Bytes)> {
    let mut chunk = BytesMut::zeroed(length);
    file.read_exact(&mut chunk)?;
    Ok((file, chunk.freeze()))
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
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
