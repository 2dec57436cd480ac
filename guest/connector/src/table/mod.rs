//! The CSV on its way from Domo to the spool: counts its records and columns and hashes its bytes as they pass.
//!
//! It changes nothing, keeps nothing but the names of the columns, and does no I/O.
//!
//! # What counts as what
//!
//! Fields are those of RFC 4180 as the `csv-core` crate reads them; tests hold the two side by side.
//!
//! - **Record end**: LF, CRLF or a lone CR, outside quotes. The last record may do without.
//! - **Quotes**: a quote opens a quoted field at the start of a field only. Elsewhere in an unquoted field
//!   (`5" pipe`), or after the closing quote (`"a"b"c`), it is a character like any other.
//! - **Header**: the first record names the columns. Every other record must have as many, or the export is
//!   damaged. A byte order mark before it is passed over.
//! - **Blank line**: in a table of one column it is a record, namely Domo's null. (`csv-core` skips it, and the
//!   count would then differ from Domo's.) In a wider table no record looks like that, so it is an error, but
//!   for blank lines at the very end, which hold no data and are let through uncounted.
//! - **Nothing at all**: an export of no bytes, or of a byte order mark, has no columns and no records.
//!
//! # How it is fast
//!
//! `machine` reads a byte at a time; what it does is what the rules are. `lane` takes 64 bytes at a time,
//! without a branch per byte, wherever they hold no surprise, and leaves the rest to the machine: the header,
//! irregular quotes, errors and the odd bytes at the end of a chunk.

mod error;
mod header;
mod lane;
mod machine;
mod masks;

use crate::quickxor::{Digest, QuickXor};

pub use error::{Place, TableError, TableErrorKind};
pub use header::HEADER_LIMIT;
use machine::Machine;

/// Bytes counted and then hashed in one go, so that the second still finds them in the first-level cache.
const TILE: usize = 16 * 1024;

/// A table that is passing by.
#[derive(Debug)]
pub struct Table {
    machine: Machine,
    hash: QuickXor,
}

/// What passed by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSummary {
    /// Records, the header not counted.
    pub records: u64,
    /// Columns of the header, and so of every record. None in an export without a byte.
    pub columns: u64,
    /// Names of the columns as far as the header's first [`HEADER_LIMIT`] bytes tell them in full:
    /// fewer than `columns` where it is longer.
    pub names: Vec<String>,
    /// Bytes, the byte order mark included.
    pub bytes: u64,
    /// Hash of all bytes.
    pub digest: Digest,
    /// Whether the last record has its line end. Where it has none, it may have been longer.
    pub ended: bool,
}

impl Table {
    /// A table of which nothing has passed.
    pub fn new() -> Self {
        Self {
            machine: Machine::new(),
            hash: QuickXor::new(),
        }
    }

    /// Takes the next bytes, cut anywhere.
    ///
    /// # Errors
    /// A record without the header's number of columns. The table is spoilt from then on: every later call fails alike.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), TableError> {
        for tile in bytes.chunks(TILE) {
            lane::read(&mut self.machine, tile)?;
            self.hash.update(tile);
        }
        Ok(())
    }

    /// The names of the columns read so far: all of them once the header has passed, within [`HEADER_LIMIT`].
    pub fn names(&self) -> &[String] {
        self.machine.names()
    }

    /// Records that have passed in full, the header not counted.
    pub fn records(&self) -> u64 {
        self.machine.records()
    }

    /// Ends the table.
    ///
    /// # Errors
    /// As [`push`](Self::push), for a last record without a line end; and a quote that nothing closed.
    pub fn finish(mut self) -> Result<TableSummary, TableError> {
        let ended = self.machine.is_ended();
        self.machine.finish()?;
        Ok(TableSummary {
            ended,
            records: self.machine.records(),
            columns: self.machine.columns(),
            bytes: self.machine.bytes(),
            names: self.machine.into_names(),
            digest: self.hash.finish(),
        })
    }
}

impl Default for Table {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
