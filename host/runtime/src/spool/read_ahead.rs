//! A part of a file, read in the background: while one piece is sent, the next is on its way from the disk.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::state::blob_file::blocking;

/// Bytes read at a time.
const PIECE: u64 = 1024 * 1024;
/// Pieces that were handed on and may still be on their way to the connection. With one that is read, all are in memory.
const SENT: usize = 2;

pub(super) struct ReadAhead {
    /// Bytes that nobody has been told to read.
    left: u64,
    next: Option<Reading>,
    /// What was handed on last: its room is used again.
    sent: VecDeque<Bytes>,
}

/// A piece on its way, and the file to read on from.
type Reading = JoinHandle<io::Result<(File, BytesMut)>>;

impl ReadAhead {
    /// Begins to read `length` bytes from `offset`.
    pub(super) async fn start(path: PathBuf, offset: u64, length: u64) -> io::Result<Self> {
        let file = blocking(move || {
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(offset))?;
            Ok(file)
        });
        let mut reader = Self {
            left: length,
            next: None,
            sent: VecDeque::new(),
        };
        reader.fetch(file.await?);
        Ok(reader)
    }

    /// Has the next piece read, if there is one.
    fn fetch(&mut self, mut file: File) {
        let length = self.left.min(PIECE);
        if length == 0 {
            return;
        }
        self.left -= length;
        let mut piece = self.room();
        piece.resize(length as usize, 0);
        self.next = Some(spawn_blocking(move || {
            file.read_exact(&mut piece)?;
            Ok((file, piece))
        }));
    }

    /// That of a piece that was sent, if it has been.
    fn room(&mut self) -> BytesMut {
        let sent = match self.sent.len() < SENT {
            true => None,
            false => self.sent.pop_front(),
        };
        sent.and_then(|sent| sent.try_into_mut().ok())
            .unwrap_or_default()
    }
}

impl Stream for ReadAhead {
    type Item = io::Result<Bytes>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Bytes>>> {
        let Some(next) = &mut self.next else {
            return Poll::Ready(None);
        };
        let read = ready!(Pin::new(next).poll(cx)).map_err(io::Error::other);
        self.next = None;
        let (file, piece) = read??;
        self.fetch(file);
        let piece = piece.freeze();
        self.sent.push_back(piece.clone());
        Poll::Ready(Some(Ok(piece)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::TryStreamExt as _;

    fn file(length: u64) -> (tempfile::NamedTempFile, Vec<u8>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        std::fs::write(file.path(), &bytes).unwrap();
        (file, bytes)
    }

    #[tokio::test]
    async fn any_part_is_read_whole() {
        let (file, bytes) = file(3 * PIECE + 17);
        for (offset, length) in [
            (0, 3 * PIECE + 17),
            (5, PIECE),
            (PIECE - 1, 2 * PIECE + 2),
            (7, 0),
        ] {
            let reader = ReadAhead::start(file.path().to_owned(), offset, length)
                .await
                .unwrap();
            let read: Vec<Bytes> = reader.try_collect().await.unwrap();
            let read = read.concat();
            let part = &bytes[offset as usize..(offset + length) as usize];
            assert!(read == part, "{length} bytes from {offset}");
        }
    }

    #[tokio::test]
    async fn a_file_that_has_become_shorter_is_an_error() {
        let (file, _) = file(2 * PIECE);
        let reader = ReadAhead::start(file.path().to_owned(), 0, 2 * PIECE + 1)
            .await
            .unwrap();
        let error = reader.try_collect::<Vec<_>>().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
