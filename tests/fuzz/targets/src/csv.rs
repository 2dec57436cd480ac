//! The CSV on its way: what is counted, named and found wrong does not depend on where the bytes are cut,
//! and `csv-core` sees the same records.

use crate::input::pieces;
use writeback_connector::quickxor::QuickXor;
use writeback_connector::table::{Table, TableError, TableErrorKind, TableSummary};

/// The target.
pub fn csv(data: &[u8]) {
    let (whole, pieces) = pieces(data);
    let read = read(&[whole]);
    assert_eq!(read, self::read(&pieces), "cut elsewhere");
    let single: Vec<&[u8]> = whole.chunks(1).collect();
    assert_eq!(read, self::read(&single), "byte by byte");
    match read {
        Ok(summary) => hold(&summary, whole),
        Err(error) => assert!(error.place.byte <= whole.len() as u64, "{error}"),
    }
    compare(whole);
}

fn read(pieces: &[&[u8]]) -> Result<TableSummary, TableError> {
    let mut table = Table::new();
    for piece in pieces {
        table.push(piece)?;
    }
    table.finish()
}

fn hold(summary: &TableSummary, whole: &[u8]) {
    let mut hash = QuickXor::new();
    hash.update(whole);
    assert_eq!(summary.digest, hash.finish());
    assert_eq!(summary.bytes, whole.len() as u64);
    assert!(summary.names.len() as u64 <= summary.columns);
    assert!(summary.records < summary.bytes.max(1));
}

/// Where the rules of both are the same, so are the counts.
fn compare(whole: &[u8]) {
    let bare = whole.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(whole);
    if bare.first().is_some_and(|byte| b"\r\n".contains(byte)) {
        return;
    }
    let fields = by_csv_core(whole);
    match read(&[whole]) {
        Ok(summary) if summary.columns != 1 => {
            assert_eq!(summary.records, (fields.len() as u64).saturating_sub(1));
            assert!(fields.iter().all(|found| *found == summary.columns));
        }
        Ok(summary) => assert!(summary.records + 1 >= fields.len() as u64),
        Err(TableError {
            kind: TableErrorKind::Ragged { found, expected },
            place,
        }) if expected > 1 => {
            assert_eq!(fields[0], expected);
            assert_eq!(fields[place.record as usize], found);
        }
        Err(_) => {}
    }
}

/// The fields of each record, the header among them.
fn by_csv_core(mut bytes: &[u8]) -> Vec<u64> {
    let mut reader = csv_core::Reader::new();
    let (mut output, mut ends) = ([0; 64], [0; 8]);
    let (mut fields, mut records) = (0, Vec::new());
    loop {
        let (result, read, _, ended) = reader.read_record(bytes, &mut output, &mut ends);
        bytes = &bytes[read..];
        fields += ended as u64;
        match result {
            csv_core::ReadRecordResult::Record => records.push(std::mem::take(&mut fields)),
            csv_core::ReadRecordResult::End => return records,
            _ => {}
        }
    }
}
