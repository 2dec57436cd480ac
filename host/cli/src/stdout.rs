//! The way to stdout, which is for data alone. A reader that hung up (`| head`) is not an error.

use std::io::{ErrorKind, Write};

use crate::error::Error;

/// Writes `bytes` to stdout and flushes.
pub fn write(bytes: &[u8]) -> Result<(), Error> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(cause) if cause.kind() != ErrorKind::BrokenPipe => {
            Err(Error::failed("cannot write to stdout").because(&cause))
        }
        _ => Ok(()),
    }
}

/// Writes one line of JSON.
pub fn json_line(value: &serde_json::Value) -> Result<(), Error> {
    write(format!("{value}\n").as_bytes())
}
