//! A blob's bytes on their way to its file, in whole chunks, one batch at a time and in the background.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use tokio::task::JoinHandle;

use super::cipher::CHUNK;
use super::file::{BATCH, ChunkFile, Extent, Tail};

/// A file that grows.
pub(super) struct Writer {
    file: Arc<ChunkFile>,
    /// Whole chunks that are in the file, or on their way.
    chunks: u64,
    /// What comes after them.
    pending: Vec<u8>,
    writing: Option<JoinHandle<io::Result<Vec<u8>>>>,
}

impl Writer {
    pub(super) fn new(file: ChunkFile) -> Self {
        Self {
            file: Arc::new(file),
            chunks: 0,
            pending: Vec::new(),
            writing: None,
        }
    }

    pub(super) async fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.pending.extend_from_slice(bytes);
        match self.pending.len() >= BATCH * CHUNK {
            true => self.write().await,
            false => Ok(()),
        }
    }

    /// What can be read now: all that was appended.
    pub(super) async fn readable(&mut self) -> io::Result<(Arc<ChunkFile>, Extent)> {
        self.write().await?;
        self.settle().await?;
        let extent = Extent {
            chunks: self.chunks,
            tail: Tail::Pending(Bytes::copy_from_slice(&self.pending)),
        };
        Ok((Arc::clone(&self.file), extent))
    }

    /// Returns once all is in the file, the last chunk as such. Nobody waits for the disk: what a power cut takes is
    /// seen when the file is opened again, for every chunk is read then.
    pub(super) async fn finish(mut self) -> io::Result<(Arc<ChunkFile>, Extent)> {
        self.write().await?;
        self.settle().await?;
        let (file, number, last) = (Arc::clone(&self.file), self.chunks, self.pending);
        let extent = Extent {
            chunks: number,
            tail: Tail::Sealed(last.len()),
        };
        blocking(move || file.finish(number, &last)).await?;
        Ok((self.file, extent))
    }

    /// Sends the whole chunks on their way, after those before them.
    async fn write(&mut self) -> io::Result<()> {
        let whole = self.pending.len() / CHUNK;
        if whole == 0 {
            return Ok(());
        }
        let mut rest = self.settle().await?;
        rest.extend_from_slice(&self.pending[whole * CHUNK..]);
        let mut batch = std::mem::replace(&mut self.pending, rest);
        batch.truncate(whole * CHUNK);
        let (file, number) = (Arc::clone(&self.file), self.chunks);
        self.chunks += whole as u64;
        self.writing = Some(tokio::task::spawn_blocking(move || {
            file.write(number, &batch)?;
            batch.clear();
            Ok(batch)
        }));
        Ok(())
    }

    /// Waits for what is on its way; gives back its room.
    async fn settle(&mut self) -> io::Result<Vec<u8>> {
        match self.writing.take() {
            Some(writing) => writing.await.map_err(io::Error::other)?,
            None => Ok(Vec::new()),
        }
    }
}

/// Work of the disk, away from the threads that others wait on.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}
