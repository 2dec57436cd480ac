//! Small files of a run's state: replaced as a whole, with a version and a checksum, so that one is
//! either what was written or known to be damaged.
//!
//! `writeback checkpoint 1 <SHA-256 in hex>`, a line feed, then the content.

use std::io;
use std::path::Path;

use zeroize::Zeroizing;

use super::disk::{Disk, rename_for_good};
use crate::hex::sha256;

/// Version of all files of a run's state. Others are damaged, as far as this program can tell.
const VERSION: &str = "1";

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What the run is of.
    Run,
    /// What the component wants to find again.
    Checkpoint,
    /// URLs that the component knows by name only.
    Links,
    /// Length and checksum of a sealed blob.
    Seal,
    /// How the run ended.
    Outcome,
    /// Checkpoint and links, for a program to keep.
    Kept,
}

impl Kind {
    /// The file's name, where there is one for a run.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Checkpoint => "checkpoint",
            Self::Links => "links",
            Self::Seal => "seal",
            Self::Outcome => "outcome",
            Self::Kept => "kept",
        }
    }
}

/// Replaces the file. Returns once that is on stable storage.
pub(crate) fn write(disk: &dyn Disk, path: &Path, kind: Kind, content: &[u8]) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = Path::new(&new);
    let mut file = disk.create(new)?;
    file.write(&framed(kind, content))?;
    file.sync()?;
    rename_for_good(disk, new, path)
}

/// What the file holds; `None` where it is not there.
///
/// # Errors
/// The system's; `InvalidData` for a file that is damaged or of another version.
pub(crate) fn read(path: &Path, kind: Kind) -> io::Result<Option<Vec<u8>>> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let whole = content(&bytes, kind).map(<[u8]>::to_vec);
    whole.map(Some).ok_or_else(|| {
        let text = format!("`{}` is damaged or of another version", path.display());
        io::Error::new(io::ErrorKind::InvalidData, text)
    })
}

/// The content with what tells that it is whole.
pub(crate) fn framed(kind: Kind, content: &[u8]) -> Zeroizing<Vec<u8>> {
    let head = format!("{} {}\n", magic(kind), sha256(content));
    Zeroizing::new([head.as_bytes(), content].concat())
}

/// The content of what was framed, if it is whole, of this kind and of this version.
pub(crate) fn content(framed: &[u8], kind: Kind) -> Option<&[u8]> {
    let end = framed.iter().position(|byte| *byte == b'\n')?;
    let (head, content) = (&framed[..end], &framed[end + 1..]);
    let expected = format!("{} {}", magic(kind), sha256(content));
    (head == expected.as_bytes()).then_some(content)
}

fn magic(kind: Kind) -> String {
    format!("writeback {} {VERSION}", kind.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::disk::SystemDisk;

    #[test]
    fn what_was_written_is_read_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint");
        assert!(read(&path, Kind::Checkpoint).unwrap().is_none());
        write(&SystemDisk, &path, Kind::Checkpoint, b"one\ntwo").unwrap();
        assert_eq!(read(&path, Kind::Checkpoint).unwrap().unwrap(), b"one\ntwo");
        assert!(read(&path, Kind::Outcome).is_err(), "of another kind");
        write(&SystemDisk, &path, Kind::Checkpoint, b"").unwrap();
        assert_eq!(read(&path, Kind::Checkpoint).unwrap().unwrap(), b"");
    }

    #[test]
    fn every_changed_bit_and_every_cut_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outcome");
        write(&SystemDisk, &path, Kind::Outcome, b"{\"a\": 1}").unwrap();
        let good = std::fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            std::fs::write(&path, &bad).unwrap();
            assert!(read(&path, Kind::Outcome).is_err(), "bit at {at}");
            std::fs::write(&path, &good[..at]).unwrap();
            assert!(read(&path, Kind::Outcome).is_err(), "cut at {at}");
        }
    }
}
