//! The contents of a DataSet: CSV that follows from a seed, made while it is sent.
//!
//! A block of rows is generated once and repeated with fresh row numbers of constant width, so the size of
//! any number of rows is arithmetic, every row is unique, and a gigabyte costs the memory of one block.

use std::fmt::Write as _;

use bytes::Bytes;

use crate::guid::mix;

/// Rows are added to a block until it has this many bytes.
const BLOCK_BYTES: usize = 128 * 1024;
/// The first row's number, less one. Twelve digits, so that numbers keep their width.
const FIRST_ROW: u64 = 100_000_000_000;
/// Digits of a row number.
const ROW_DIGITS: usize = 12;

/// What a DataSet holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    pub rows: u64,
    pub columns: u32,
    pub seed: u64,
}

/// One column of the schema.
#[derive(Clone, Copy)]
pub(crate) struct Column {
    /// As the API names types: STRING, LONG, ...
    pub kind: &'static str,
    stem: &'static str,
}

/// The first column is the row number, then these in turn.
const COLUMNS: [Column; 8] = [
    Column {
        kind: "STRING",
        stem: "Region",
    },
    Column {
        kind: "DOUBLE",
        stem: "Amount",
    },
    Column {
        kind: "STRING",
        stem: "Customer, full name",
    },
    Column {
        kind: "DATE",
        stem: "Booked on",
    },
    Column {
        kind: "STRING",
        stem: "Notes",
    },
    Column {
        kind: "DATETIME",
        stem: "Changed at",
    },
    Column {
        kind: "DECIMAL",
        stem: "Rate \"net\"",
    },
    Column {
        kind: "LONG",
        stem: "Größe",
    },
];

const WORDS: [&str; 12] = [
    "North",
    "south-west",
    "São Paulo",
    "東京",
    "Ελλάδα",
    "plain",
    "Größe 42",
    "🚀 launch",
    "naïve",
    "O'Brien",
    "  padded ",
    "=SUM(A1)",
];
const TRICKY: [&str; 6] = [
    "comma, inside",
    "said \"no\", then left",
    "first line\nsecond line",
    "\"",
    "tab\tand\r\nboth line ends",
    "ends with a quote\"",
];

impl Table {
    /// Name and type of column `index`.
    pub fn column(&self, index: u32) -> (String, &'static str) {
        if index == 0 {
            return ("Row".to_owned(), "LONG");
        }
        let cycle = COLUMNS.len() as u32;
        let Column { kind, stem } = COLUMNS[((index - 1) % cycle) as usize];
        let turn = (index - 1) / cycle;
        (
            if turn == 0 {
                stem.to_owned()
            } else {
                format!("{stem} {}", turn + 1)
            },
            kind,
        )
    }

    /// The header record.
    pub fn header(&self) -> Vec<u8> {
        header((0..self.columns).map(|index| self.column(index).0))
    }

    /// Generates the block that the export repeats.
    pub fn block(&self) -> Block {
        let mut text = String::with_capacity(BLOCK_BYTES + 4096);
        let mut starts = vec![0];
        while text.len() < BLOCK_BYTES && (starts.len() as u64) <= self.rows {
            self.push_row(&mut text, starts.len() as u64 - 1);
            starts.push(text.len());
        }
        Block {
            bytes: text.into_bytes(),
            starts,
        }
    }

    fn push_row(&self, out: &mut String, row: u64) {
        let _ = write!(out, "{:0ROW_DIGITS$}", 0);
        for index in 1..self.columns {
            out.push(',');
            let random = mix(self.seed ^ mix(row << 32 | u64::from(index)));
            // One in sixteen is null: an empty field.
            if !random.is_multiple_of(16) {
                push_value(out, self.column_kind(index), random >> 8);
            }
        }
        out.push('\n');
    }

    fn column_kind(&self, index: u32) -> &'static str {
        COLUMNS[((index - 1) % COLUMNS.len() as u32) as usize].kind
    }

    /// Bytes of an export of `rows` rows with its header.
    pub fn bytes(&self, block: &Block) -> u64 {
        self.header().len() as u64 + block.bytes_of(self.rows)
    }
}

/// The header record of columns with these names.
pub(crate) fn header(names: impl Iterator<Item = String>) -> Vec<u8> {
    let mut line = String::new();
    for (index, name) in names.enumerate() {
        if index > 0 {
            line.push(',');
        }
        push_field(&mut line, &name);
    }
    line.push('\n');
    line.into_bytes()
}

fn push_value(out: &mut String, kind: &str, random: u64) {
    let _ = match kind {
        "LONG" => write!(out, "{}", random % 100_000),
        "DOUBLE" => write!(out, "{}.{:02}", random % 10_000, (random >> 20) % 100),
        "DECIMAL" => write!(out, "-{}.{:04}", random % 10, (random >> 20) % 10_000),
        "DATE" => write!(
            out,
            "2026-{:02}-{:02}",
            random % 12 + 1,
            (random >> 20) % 28 + 1
        ),
        "DATETIME" => write!(
            out,
            "2026-{:02}-{:02}T18:49:{:02}",
            random % 12 + 1,
            random % 28 + 1,
            random % 60
        ),
        _ if random.is_multiple_of(8) => {
            push_field(out, TRICKY[(random >> 8) as usize % TRICKY.len()]);
            Ok(())
        }
        _ => {
            push_field(out, WORDS[(random >> 8) as usize % WORDS.len()]);
            Ok(())
        }
    };
}

/// Only a field that needs quotes gets them; a quote inside is doubled (RFC 4180).
fn push_field(out: &mut String, text: &str) {
    if !text.contains([',', '"', '\n', '\r']) {
        out.push_str(text);
        return;
    }
    out.push('"');
    for part in text.split_inclusive('"') {
        out.push_str(part);
        if part.ends_with('"') {
            out.push('"');
        }
    }
    out.push('"');
}

/// Generated rows, and where each starts; the last entry is the end.
pub(crate) struct Block {
    bytes: Vec<u8>,
    starts: Vec<usize>,
}

impl Block {
    fn rows(&self) -> u64 {
        self.starts.len() as u64 - 1
    }

    /// Bytes of the first `rows` rows of the repetition.
    pub fn bytes_of(&self, rows: u64) -> u64 {
        match self.rows() {
            0 => 0,
            n => (rows / n) * self.bytes.len() as u64 + self.starts[(rows % n) as usize] as u64,
        }
    }

    /// The next rows of the repetition, from row `from` (the start of a block) up to row `to`.
    pub fn chunk(&self, from: u64, to: u64) -> Bytes {
        let count = (to - from).min(self.rows()) as usize;
        let mut chunk = self.bytes[..self.starts[count]].to_vec();
        let mut digits = row_digits(from);
        for start in &self.starts[..count] {
            increment(&mut digits);
            chunk[*start..*start + ROW_DIGITS].copy_from_slice(&digits);
        }
        Bytes::from(chunk)
    }

    /// How many rows a chunk that starts at `from` holds.
    pub fn step(&self, from: u64, to: u64) -> u64 {
        (to - from).min(self.rows())
    }
}

fn row_digits(row: u64) -> [u8; ROW_DIGITS] {
    let mut digits = [b'0'; ROW_DIGITS];
    let mut left = FIRST_ROW + row;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (left % 10) as u8;
        left /= 10;
    }
    digits
}

fn increment(digits: &mut [u8; ROW_DIGITS]) {
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return;
        }
        *digit = b'0';
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(table: Table) -> Vec<u8> {
        let block = table.block();
        let mut out = table.header();
        let mut at = 0;
        while at < table.rows {
            out.extend_from_slice(&block.chunk(at, table.rows));
            at += block.step(at, table.rows);
        }
        out
    }

    /// Records and fields by a plain state machine, nothing shared with the product's.
    fn shape(csv: &[u8]) -> (u64, std::collections::BTreeSet<u64>) {
        let (mut quoted, mut records, mut fields, mut widths) =
            (false, 0, 1, std::collections::BTreeSet::new());
        for byte in csv {
            match byte {
                b'"' => quoted = !quoted,
                b',' if !quoted => fields += 1,
                b'\n' if !quoted => {
                    widths.insert(fields);
                    (records, fields) = (records + 1, 1);
                }
                _ => {}
            }
        }
        assert!(!quoted);
        (records, widths)
    }

    #[test]
    fn size_is_arithmetic_and_rows_are_whole() {
        for (rows, columns) in [(0, 3), (1, 1), (7, 1), (20_000, 9), (5_000, 40), (3, 9000)] {
            let table = Table {
                rows,
                columns,
                seed: 7,
            };
            let csv = whole(table);
            assert_eq!(
                csv.len() as u64,
                table.bytes(&table.block()),
                "{rows} x {columns}"
            );
            assert_eq!(
                shape(&csv),
                (rows + 1, [u64::from(columns)].into()),
                "{rows} x {columns}"
            );
        }
    }

    #[test]
    fn rows_are_numbered_through_and_follow_the_seed() {
        let table = Table {
            rows: 30_000,
            columns: 1,
            seed: 1,
        };
        let csv = String::from_utf8(whole(table)).unwrap();
        let last = csv.lines().last().unwrap();
        assert_eq!(last, (FIRST_ROW + 30_000).to_string());
        assert_eq!(csv.lines().nth(1).unwrap(), (FIRST_ROW + 1).to_string());
        let of = |seed| {
            whole(Table {
                rows: 500,
                columns: 9,
                seed,
            })
        };
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn every_hard_thing_occurs() {
        let csv = String::from_utf8(whole(Table {
            rows: 2000,
            columns: 9,
            seed: 1,
        }))
        .unwrap();
        for wanted in ["\"\"", "\nsecond line", "東京", ",,", "\r\n", "\"\"\"\""] {
            assert!(csv.contains(wanted), "{wanted:?}");
        }
    }
}
