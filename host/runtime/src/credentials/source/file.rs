//! A value in a file of its own, which others can neither write nor replace, and not everyone can read.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::access::{Readers, check};
use super::{VALUE_BYTES, Value};

pub(super) fn read(key: &str, path: &Path) -> Result<Value, String> {
    let told = |why: String| format!("the secret's file `{}` {why}", path.display());
    let file = File::open(path).map_err(|error| {
        told(format!(
            "cannot be read: {error}\nhint: say under `{key}` where the secret is"
        ))
    })?;
    check(path, &file, Readers::Group).map_err(told)?;
    // Read into one allocation: growing would leave copies behind.
    let mut bytes = Value::new(Vec::with_capacity(VALUE_BYTES + 64));
    let read = file
        .take(VALUE_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| told(format!("cannot be read: {error}")))?;
    match read {
        ..=VALUE_BYTES => Ok(bytes),
        _ => Err(told(format!("is longer than {VALUE_BYTES} bytes"))),
    }
}
