//! The rules by example, and the fast lane beside the machine and csv-core.

use super::*;
use proptest::prelude::*;
use proptest::sample::select;

fn read(bytes: &[u8]) -> Result<TableSummary, TableError> {
    let mut table = Table::new();
    table.push(bytes)?;
    table.finish()
}

/// Records and columns.
fn shape(text: &str) -> (u64, u64) {
    let summary = read(text.as_bytes()).unwrap();
    (summary.records, summary.columns)
}

fn error(text: &str) -> String {
    read(text.as_bytes()).unwrap_err().to_string()
}

/// By the machine alone.
fn read_slowly(bytes: &[u8]) -> Result<TableSummary, TableError> {
    let mut table = Table::new();
    table.machine.read(bytes)?;
    table.hash.update(bytes);
    table.finish()
}

fn read_in_chunks(bytes: &[u8], cuts: &[usize]) -> Result<TableSummary, TableError> {
    let mut table = Table::new();
    let mut rest = bytes;
    for cut in cuts {
        let (chunk, after) = rest.split_at((*cut).min(rest.len()));
        table.push(chunk)?;
        rest = after;
    }
    table.push(rest)?;
    table.finish()
}

/// Header and records as csv-core counts them: the fields of each.
fn fields_by_csv_core(mut bytes: &[u8]) -> Vec<u64> {
    let mut reader = csv_core::Reader::new();
    let mut output = [0; 64];
    let mut ends = [0; 8];
    let mut fields = 0;
    let mut records = Vec::new();
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

#[test]
fn counts_records_with_any_line_end() {
    for end in ["\n", "\r\n", "\r"] {
        let lines = ["id,name", "1,Ada", "2,"];
        assert_eq!(shape(&lines.join(end)), (2, 2), "{end:?}");
        assert_eq!(shape(&(lines.join(end) + end)), (2, 2), "{end:?}");
    }
}

#[test]
fn counts_no_delimiter_or_line_end_within_quotes() {
    assert_eq!(
        shape("a,b\n\"1,2\n3\r\n\",\"say \"\"hi, you\"\"\"\n"),
        (1, 2)
    );
    assert_eq!(shape("\"a\nb\",\"\"\n\"\",\"\"\"\"\n"), (1, 2));
}

#[test]
fn takes_a_quote_amid_a_field_for_text() {
    assert_eq!(
        shape("a,b\n5\" pipe,7\" pipe\nab\"\"c,\"x\"y\"z\nlast,one\n"),
        (3, 2)
    );
}

#[test]
fn an_empty_export_has_no_columns() {
    assert_eq!(shape(""), (0, 0));
    assert_eq!(shape("\u{feff}"), (0, 0));
    assert_eq!(shape("a,b"), (0, 2));
    assert_eq!(shape("\u{feff}a,b\n1,2\n"), (1, 2));
}

#[test]
fn a_blank_line_is_a_null_in_a_table_of_one_column() {
    assert_eq!(shape("a\n1\n\n3\n\n"), (4, 1));
    assert_eq!(shape("a\r\n1\r\n\r\n"), (2, 1));
}

#[test]
fn blank_lines_at_the_end_of_a_wider_table_are_let_through() {
    assert_eq!(shape("a,b\n1,2\n\n"), (1, 2));
    assert_eq!(shape("a,b\r\n1,2\r\n\r\n\n"), (1, 2));
    let padded = format!("a,b\n1,2\n{}", "\r\n".repeat(200));
    assert_eq!(shape(&padded), (1, 2));
}

#[test]
fn names_the_columns() {
    let text = "\u{feff}id,\"full \"\"name\"\", first\",,Größe\r\n1,2,3,4\r\n";
    let names = ["id", "full \"name\", first", "", "Größe"];
    assert_eq!(read(text.as_bytes()).unwrap().names, names);
    let mut table = Table::new();
    table.push(text.as_bytes()).unwrap();
    assert_eq!(
        (table.names(), table.records()),
        (names.map(String::from).as_slice(), 1)
    );
}

#[test]
fn keeps_no_more_of_a_header_than_its_bound() {
    let header = "x".repeat(1000) + "," + &"y,".repeat(HEADER_LIMIT);
    let summary = read(header.as_bytes()).unwrap();
    assert_eq!(summary.columns, HEADER_LIMIT as u64 + 2);
    assert_eq!(summary.names.len(), 1 + (HEADER_LIMIT - 1001) / 2);
    assert_eq!(summary.names.iter().filter(|name| *name != "y").count(), 1);
    assert_eq!(
        read("z".repeat(HEADER_LIMIT * 2).as_bytes()).unwrap().names,
        [""; 0]
    );
}

#[test]
fn tells_bytes_and_digest_of_everything() {
    let summary = read(b"hello world").unwrap();
    assert_eq!(
        (summary.bytes, summary.digest.to_string().as_str()),
        (11, "aCgDG9jwBhDc4Q1yawMZAAAAAAA=")
    );
}

#[test]
fn tells_where_a_record_has_the_wrong_number_of_columns() {
    assert_eq!(
        error("a,b\n1,2\n1,\"\n\",3\n"),
        "record 2 (line 3, byte 8) has 3 columns, the header has 2"
    );
    assert_eq!(
        error("a\n1\n1,2"),
        "record 2 (line 3, byte 4) has 2 columns, the header has 1"
    );
    assert_eq!(
        error("a,b\r\n\"\r\n\",2\r\n\"\"\r\n"),
        "record 2 (line 4, byte 13) has 1 column, the header has 2"
    );
    let late = format!(
        "a,b\n{}1,2,3\n{}",
        "\"x\ny\",2\n".repeat(1000),
        "1,2\n".repeat(100)
    );
    assert_eq!(
        error(&late),
        "record 1001 (line 2002, byte 8004) has 3 columns, the header has 2"
    );
}

#[test]
fn tells_where_a_line_is_blank() {
    let expected = "record 2 (line 3, byte 8) is a blank line, the header has 2 columns";
    assert_eq!(error("a,b\n1,2\n\n3,4\n"), expected);
    assert_eq!(
        error(&format!("a,b\n1,2\n\n\r\n\n{}", "3,4\n".repeat(100))),
        expected
    );
}

#[test]
fn tells_where_a_quote_was_opened_that_nothing_closed() {
    let rest = ",\n".repeat(100);
    assert_eq!(
        error(&format!("a,b\n\"1\",\"2\"\"{rest}")),
        "the quote that record 1 (line 2, byte 8) opens is never closed"
    );
    assert_eq!(
        error(&format!("a,\"b{rest}")),
        "the quote that the header (line 1, byte 2) opens is never closed"
    );
    let late = format!("a,b\n{}\"\n\",\"{rest}", "1,2\n".repeat(100));
    assert_eq!(
        error(&late),
        "the quote that record 101 (line 103, byte 408) opens is never closed"
    );
}

#[test]
fn a_spoilt_table_stays_spoilt() {
    let mut table = Table::new();
    let error = table.push(b"a,b\n1\n").unwrap_err();
    assert_eq!(table.push(b"1,2\n").unwrap_err(), error);
    assert_eq!(table.finish().unwrap_err(), error);
}

/// Wherever the line end before it falls in a block, the damage is told at the same place.
#[test]
fn tells_the_place_wherever_blocks_begin() {
    let long = "y".repeat(200);
    for pad in 0..130 {
        let regular = format!("a,b\r\n{},1\r\n", "x".repeat(pad));
        for damaged in [
            format!("{long}\r\n1,2\r\n"),
            format!("1,\"{long}\"\"{long}"),
        ] {
            let text = regular.clone() + &damaged;
            assert_eq!(
                read(text.as_bytes()),
                read_slowly(text.as_bytes()),
                "{text}"
            );
        }
    }
}

#[test]
fn a_blank_line_is_remembered_across_chunks() {
    let mut table = Table::new();
    table.push(b"a,b\n1,2\n\n").unwrap();
    let blocks = "3,4\n".repeat(96);
    let error = table.push(blocks.as_bytes()).unwrap_err();
    assert_eq!(error.kind, TableErrorKind::Blank { expected: 2 });
}

/// Bytes that mean something, in no order, so that nearly every table is damaged somewhere.
fn anything() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(select(b",,\"\"\n\n\rab\xEF\xBB\xBF".as_slice()), 0..400)
}

/// Tables that mostly hold, with the odd irregular quote and the odd damaged record.
fn nearly_regular() -> impl Strategy<Value = Vec<u8>> {
    let field = prop_oneof![
        6 => "[a-z0-9äß]{0,12}",
        3 => "([a-z,\n\r]|\"\"){0,20}".prop_map(|text| format!("\"{text}\"")),
        1 => "[a-z]{1,3}\"{1,2}[a-z]{0,3}",
    ];
    let record = prop::collection::vec(field, 3).prop_map(|fields| fields.join(","));
    let records = prop::collection::vec(
        (record, select(vec!["\n", "\n", "\r\n", "\r", ",\n"])),
        0..40,
    );
    records.prop_map(|records| {
        let text: String = records
            .into_iter()
            .map(|(record, end)| record + end)
            .collect();
        format!("a,b,c\n{text}").into_bytes()
    })
}

/// What an exporter writes: a width, quotes where needed or by whim, one line end throughout, the last one optional.
fn well_formed() -> impl Strategy<Value = (usize, Vec<Vec<String>>, Vec<u8>)> {
    let field = |end: &'static str| {
        (".{0,12}|[ab,\"\n\r]{0,12}|[a-z]{30}", any::<bool>()).prop_map(
            move |(text, whim): (String, bool)| {
                let needed =
                    text.contains([',', '"', '\n', '\r']) || (text.is_empty() && end.is_empty());
                if needed || whim {
                    format!("\"{}\"", text.replace('"', "\"\""))
                } else {
                    text
                }
            },
        )
    };
    (2usize..6, select(vec!["\n", "\r\n"]), any::<bool>()).prop_flat_map(
        move |(columns, end, last)| {
            let rows = prop::collection::vec(prop::collection::vec(field(end), columns), 1..30);
            rows.prop_map(move |rows| {
                let mut text = rows
                    .iter()
                    .map(|row| row.join(","))
                    .collect::<Vec<_>>()
                    .join(end);
                if last {
                    text += end;
                }
                (columns, rows, text.into_bytes())
            })
        },
    )
}

proptest! {
    #[test]
    fn the_fast_lane_does_what_the_machine_does(
        bytes in prop_oneof![anything(), nearly_regular()],
        cuts in prop::collection::vec(0usize..200, 0..6),
    ) {
        let expected = read_slowly(&bytes);
        prop_assert_eq!(read(&bytes), expected.clone());
        prop_assert_eq!(read_in_chunks(&bytes, &cuts), expected);
    }

    #[test]
    fn an_exporters_table_holds((columns, rows, bytes) in well_formed(), cut in 0usize..1000) {
        let summary = read_in_chunks(&bytes, &[cut]).unwrap();
        prop_assert_eq!(summary.records, rows.len() as u64 - 1);
        prop_assert_eq!(summary.columns, columns as u64);
        prop_assert_eq!(fields_by_csv_core(&bytes), vec![columns as u64; rows.len()]);
    }

    #[test]
    fn every_cut_is_the_same((_, _, bytes) in well_formed()) {
        let expected = read(&bytes);
        for cut in 0..=bytes.len() {
            prop_assert_eq!(read_in_chunks(&bytes, &[cut]), expected.clone());
        }
    }

    #[test]
    fn csv_core_sees_the_same_records_in_any_bytes(bytes in anything()) {
        let fields = fields_by_csv_core(&bytes);
        let blank_first = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes).first().is_some_and(|b| b"\r\n".contains(b));
        prop_assume!(!blank_first);
        match read(&bytes) {
            Ok(summary) if summary.columns != 1 => {
                prop_assert_eq!(summary.records, (fields.len() as u64).saturating_sub(1));
                prop_assert!(fields.iter().all(|found| *found == summary.columns));
            }
            Ok(summary) => prop_assert!(summary.records + 1 >= fields.len() as u64 && fields.iter().all(|found| *found == 1)),
            Err(TableError { kind: TableErrorKind::Ragged { found, expected }, place }) if expected > 1 => {
                prop_assert_eq!(fields[0], expected);
                prop_assert_eq!(fields[place.record as usize], found);
            }
            Err(_) => {}
        }
    }
}
