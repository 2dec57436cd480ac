//! The contenders: each is fed a CSV in chunks and says at the end what it has seen.

use csv_core::ReadRecordResult;

use crate::quickxor::QuickXor;
use crate::table::Table;

/// Which contender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerKind {
    /// The connector: records and columns checked, bytes hashed.
    Table,
    /// The connector's hash alone.
    QuickXor,
    /// csv-core, which reads every record into a buffer; nothing hashed.
    CsvCore,
}

impl PeerKind {
    /// All of them, at their index.
    pub const ALL: [Self; 3] = [Self::Table, Self::QuickXor, Self::CsvCore];

    /// A short name for a printed table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table + quickxor",
            Self::QuickXor => "quickxor",
            Self::CsvCore => "csv-core",
        }
    }
}

/// A contender at work.
pub enum Peer {
    /// See [`PeerKind::Table`].
    Table(Box<Table>),
    /// See [`PeerKind::QuickXor`].
    QuickXor(QuickXor),
    /// See [`PeerKind::CsvCore`].
    CsvCore(Box<Records>),
}

impl Peer {
    /// A contender that has seen nothing.
    pub fn start(kind: PeerKind) -> Self {
        match kind {
            PeerKind::Table => Self::Table(Box::default()),
            PeerKind::QuickXor => Self::QuickXor(QuickXor::new()),
            PeerKind::CsvCore => Self::CsvCore(Box::default()),
        }
    }

    /// Feeds a chunk.
    ///
    /// # Panics
    /// When the CSV is damaged: the generator never writes such.
    pub fn push(&mut self, chunk: &[u8]) {
        match self {
            Self::Table(table) => table.push(chunk).expect("a whole table"),
            Self::QuickXor(hash) => hash.update(chunk),
            Self::CsvCore(records) => records.read(chunk),
        }
    }

    /// What it has seen, to compare with others.
    ///
    /// # Panics
    /// As [`push`](Self::push).
    pub fn finish(self) -> String {
        match self {
            Self::Table(table) => {
                let seen = table.finish().expect("a whole table");
                let fields = (seen.records + 1) * seen.columns;
                format!(
                    "{} records, {fields} fields, {}",
                    seen.records + 1,
                    seen.digest
                )
            }
            Self::QuickXor(hash) => hash.finish().to_string(),
            Self::CsvCore(mut records) => {
                records.read(&[]);
                format!("{} records, {} fields", records.records, records.fields)
            }
        }
    }
}

/// csv-core with the buffers that it needs.
pub struct Records {
    reader: csv_core::Reader,
    output: Vec<u8>,
    ends: Vec<usize>,
    records: u64,
    fields: u64,
}

impl Default for Records {
    fn default() -> Self {
        Self {
            reader: csv_core::Reader::new(),
            output: vec![0; 64 * 1024],
            ends: vec![0; 1024],
            records: 0,
            fields: 0,
        }
    }
}

impl Records {
    fn read(&mut self, mut chunk: &[u8]) {
        loop {
            let (result, read, _, fields) =
                self.reader
                    .read_record(chunk, &mut self.output, &mut self.ends);
            chunk = &chunk[read..];
            self.fields += fields as u64;
            match result {
                ReadRecordResult::Record => self.records += 1,
                ReadRecordResult::InputEmpty | ReadRecordResult::End => return,
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {}
            }
            if chunk.is_empty() {
                return;
            }
        }
    }
}
