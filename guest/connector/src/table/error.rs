//! What is wrong with an export, and where.

use std::fmt;

/// Where a record or a quote begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Records from 1 on; 0 is the header.
    pub record: u64,
    /// Lines as an editor counts them, from 1 on, those within quotes too.
    pub line: u64,
    /// Bytes before it in the file.
    pub byte: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.record {
            0 => write!(f, "the header")?,
            record => write!(f, "record {record}")?,
        }
        write!(f, " (line {}, byte {})", self.line, self.byte)
    }
}

/// The kinds of damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableErrorKind {
    /// The record has more or fewer columns than the header.
    Ragged {
        /// Columns of the record.
        found: u64,
        /// Columns of the header.
        expected: u64,
    },
    /// A line with nothing on it amid a table of several columns.
    Blank {
        /// Columns of the header.
        expected: u64,
    },
    /// The export ends within quotes: most likely it was cut off.
    OpenQuote,
}

/// An export that is no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableError {
    /// What is wrong.
    pub kind: TableErrorKind,
    /// Where the record begins, or the quote that stays open.
    pub place: Place,
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place;
        match self.kind {
            TableErrorKind::Ragged { found, expected } => {
                write!(
                    f,
                    "{place} has {}, the header has {expected}",
                    Columns(found)
                )
            }
            TableErrorKind::Blank { expected } => {
                write!(
                    f,
                    "{place} is a blank line, the header has {}",
                    Columns(expected)
                )
            }
            TableErrorKind::OpenQuote => write!(f, "the quote that {place} opens is never closed"),
        }
    }
}

impl std::error::Error for TableError {}

struct Columns(u64);

impl fmt::Display for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => write!(f, "1 column"),
            columns => write!(f, "{columns} columns"),
        }
    }
}
