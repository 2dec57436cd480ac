//! A part of a file, read in the background: while one piece is sent, the next is on its way from the disk.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::state::blob_file::blocking;

/// Bytes read at a time. Two pieces are in memory.
const PIECE: u64 = 1024 * 1024;

pub(super) struct ReadAhead {
    piece: Vec<u8>,
    /// Bytes of the piece that were handed on.
    passed: usize,
    /// Bytes that are neither in the piece nor on their way.
    left: u64,
    next: Option<Reading>,
}

/// A piece on its way, and the file to read on from.
type Reading = JoinHandle<io::Result<(File, Vec<u8>)>>;

impl ReadAhead {
    /// Begins to read `length` bytes from `offset`.
    pub(super) async fn start(path: PathBuf, offset: u64, length: u64) -> io::Result<Self> {
        let file = blocking(move || {
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(offset))?;
            Ok(file)
        });
        let mut reader = Self {
            piece: Vec::new(),
            passed: 0,
            left: length,
            next: None,
        };
        reader.fetch(file.await?, Vec::new());
        Ok(reader)
    }

    /// Has the next piece read, if there is one.
    fn fetch(&mut self, mut file: File, mut room: Vec<u8>) {
        let length = self.left.min(PIECE);
        if length == 0 {
            return;
        }
        self.left -= length;
        self.next = Some(spawn_blocking(move || {
            room.clear();
            (&mut file).take(length).read_to_end(&mut room)?;
            match room.len() as u64 == length {
                true => Ok((file, room)),
                false => Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }));
    }
}

impl AsyncRead for ReadAhead {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.passed == self.piece.len()
            && let Some(next) = &mut self.next
        {
            let read = ready!(Pin::new(next).poll(cx)).map_err(io::Error::other);
            self.next = None;
            let (file, piece) = read??;
            let room = std::mem::replace(&mut self.piece, piece);
            self.passed = 0;
            self.fetch(file, room);
        }
        let rest = &self.piece[self.passed..];
        let length = rest.len().min(into.remaining());
        into.put_slice(&rest[..length]);
        self.passed += length;
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt as _;

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
            let mut reader = ReadAhead::start(file.path().to_owned(), offset, length)
                .await
                .unwrap();
            let mut read = Vec::new();
            reader.read_to_end(&mut read).await.unwrap();
            let part = &bytes[offset as usize..(offset + length) as usize];
            assert!(read == part, "{length} bytes from {offset}");
        }
    }

    #[tokio::test]
    async fn a_file_that_has_become_shorter_is_an_error() {
        let (file, _) = file(2 * PIECE);
        let mut reader = ReadAhead::start(file.path().to_owned(), 0, 2 * PIECE + 1)
            .await
            .unwrap();
        let error = reader.read_to_end(&mut Vec::new()).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
