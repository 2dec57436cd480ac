//! The vault's file: read whole, replaced whole, changed by one writer at a time.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use super::key::Key;
use super::{Entries, document};
use crate::credentials::access::{Readers, check};
use crate::private::{private_file, replace};

/// Hundreds of secrets.
const BYTES: u64 = 4 * 1024 * 1024;

/// The entries; none where there is no file.
pub(super) fn read(path: &Path, key: &Key) -> Result<Option<Entries>, String> {
    let told = |why: String| format!("the vault `{}` {why}", path.display());
    let unreadable = |error: io::Error| told(format!("cannot be read: {error}"));
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(unreadable)?,
    };
    // It is encrypted: that others can read it does no harm.
    check(path, &file, Readers::All).map_err(told)?;
    let mut sealed = Vec::new();
    file.take(BYTES + 1)
        .read_to_end(&mut sealed)
        .map_err(unreadable)?;
    if sealed.len() as u64 > BYTES {
        return Err(told(format!("is larger than {BYTES} bytes")));
    }
    let plain = key.open(&sealed).map_err(told)?;
    document::read(&plain).map(Some).map_err(told)
}

pub(super) fn write(path: &Path, key: &Key, entries: &Entries) -> Result<(), String> {
    let told = |why: String| format!("the vault `{}` {why}", path.display());
    let sealed = document::write(entries)
        .and_then(|plain| key.seal(&plain))
        .map_err(told)?;
    // A link stays one.
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    replace(&real, &sealed).map_err(|error| told(format!("cannot be written: {error}")))
}

/// Waits for other writers, also those of other processes, and keeps them out until it is dropped.
pub(super) fn lock(path: &Path) -> Result<File, String> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = Path::new(&name);
    let told = |why: String| format!("the vault's lock `{}` {why}", name.display());
    let file = private_file()
        .open(name)
        .map_err(|error| told(format!("cannot be opened: {error}")))?;
    check(name, &file, Readers::All).map_err(told)?;
    file.lock()
        .map_err(|error| told(format!("cannot be taken: {error}")))?;
    Ok(file)
}
