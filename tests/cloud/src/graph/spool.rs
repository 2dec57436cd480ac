//! Content on its way to the disk: written and hashed as it arrives, in a file of its own, so that the old content stays whole.

use std::fs::{self, File};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::quickxor::QuickXor;

/// A temporary file that grows by fragments. Its file is removed with it unless [`Spool::keep`] took it.
pub struct Spool {
    path: PathBuf,
    state: Mutex<State>,
}

struct State {
    file: File,
    kept: bool,
    /// Bytes that count, and their hash.
    received: u64,
    hash: QuickXor,
    /// Bytes of the fragment under way included.
    pending: u64,
    pending_hash: QuickXor,
    /// Which fragment is under way; a newer one takes over from an older whose connection hangs.
    turn: u64,
}

/// A fragment was overtaken by a newer one of the same session.
#[derive(Debug)]
pub struct Overtaken;

impl Spool {
    /// An empty spool in a file at `path`, whatever was there.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = File::create(path)?;
        let state = State {
            file,
            kept: false,
            received: 0,
            hash: QuickXor::default(),
            pending: 0,
            pending_hash: QuickXor::default(),
            turn: 0,
        };
        Ok(Self {
            path: path.to_owned(),
            state: Mutex::new(state),
        })
    }

    /// Starts a fragment after the bytes that count; answers its turn.
    pub fn begin(&self) -> io::Result<u64> {
        let mut state = self.lock();
        let received = state.received;
        // Only where there is something to cut off: ext4 writes a file that was emptied to the disk when it is closed.
        if state.file.metadata()?.len() > received {
            state.file.set_len(received)?;
        }
        state.file.seek(SeekFrom::Start(received))?;
        state.pending = received;
        state.pending_hash = state.hash.clone();
        state.turn += 1;
        Ok(state.turn)
    }

    /// Takes the next bytes of a fragment.
    pub fn append(&self, turn: u64, bytes: &[u8]) -> io::Result<Result<(), Overtaken>> {
        let mut state = self.lock();
        if state.turn != turn {
            return Ok(Err(Overtaken));
        }
        state.file.write_all(bytes)?;
        state.pending += bytes.len() as u64;
        state.pending_hash.update(bytes);
        Ok(Ok(()))
    }

    /// Writes bytes that no client sent: what SharePoint adds to some files.
    pub fn append_unasked(&self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.lock();
        state.file.write_all(bytes)?;
        state.pending += bytes.len() as u64;
        state.pending_hash.update(bytes);
        Ok(())
    }

    /// Makes the fragment's bytes count. Does nothing once a newer fragment began.
    pub fn accept(&self, turn: u64) {
        let mut state = self.lock();
        if state.turn == turn {
            state.received = state.pending;
            state.hash = state.pending_hash.clone();
        }
    }

    /// Bytes that count.
    pub fn received(&self) -> u64 {
        self.lock().received
    }

    /// Bytes so far, those of the fragment under way included.
    pub fn pending(&self) -> u64 {
        self.lock().pending
    }

    /// Moves the file to `target`; answers size and quickXorHash of all bytes so far.
    pub fn keep(&self, target: &Path) -> io::Result<(u64, String)> {
        let mut state = self.lock();
        fs::rename(&self.path, target)?;
        state.kept = true;
        Ok((state.pending, state.pending_hash.finish()))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        if !self.lock().kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Spool;

    #[test]
    fn a_broken_fragment_leaves_no_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::create(&dir.path().join("a")).unwrap();
        let first = spool.begin().unwrap();
        spool.append(first, b"hello ").unwrap().unwrap();
        spool.accept(first);
        let broken = spool.begin().unwrap();
        spool.append(broken, b"wrong").unwrap().unwrap();
        let again = spool.begin().unwrap();
        assert!(spool.append(broken, b"late").unwrap().is_err());
        spool.append(again, b"world").unwrap().unwrap();
        spool.accept(again);
        let kept = dir.path().join("b");
        let (size, hash) = spool.keep(&kept).unwrap();
        assert_eq!((size, hash.as_str()), (11, "aCgDG9jwBhDc4Q1yawMZAAAAAAA="));
        assert_eq!(std::fs::read(kept).unwrap(), b"hello world");
    }

    #[test]
    fn an_abandoned_spool_leaves_no_file() {
        let dir = tempfile::tempdir().unwrap();
        drop(Spool::create(&dir.path().join("a")).unwrap());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
