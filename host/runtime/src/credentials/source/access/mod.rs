//! Who can read, write or replace a file: its mode and owner, and every folder and link on the way to
//! it. What others could put there is not used; what others can read is no secret.
//!
//! Trusted are root and the user that this process runs as. A folder that others can write is passed
//! if it is sticky, as `/tmp` is, and what is taken from it belongs to a trusted one: that nobody else
//! can replace. So are mounts of Kubernetes, which are sticky, open to a group, and full of links.

#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
use std::fs::File;
#[cfg(not(unix))]
use std::path::Path;

#[cfg(unix)]
pub(crate) use unix::check;

/// Who else may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Readers {
    /// Nobody.
    Owner,
    /// A group: platforms mount secrets for one.
    Group,
    /// Everyone.
    All,
}

/// The answer, if it is a refusal, continues a sentence that begins with the file's name.
#[cfg(not(unix))]
pub(crate) fn check(_: &Path, _: &File, _: Readers) -> Result<(), String> {
    Ok(())
}
