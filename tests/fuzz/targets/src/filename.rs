//! Names of files and folders: a name that is let through is one segment of a URL to every reader, a mended
//! name breaks no rule, and a number that was put into a name is found in it again.

use crate::requests::{GRAPH, assert_below};
use writeback_connector::domo::DataSet;
use writeback_connector::filename::{choose, number_of, numbered};
use writeback_connector::graph::item;
use writeback_connector::graph::path::decoded;
use writeback_connector::job::FilenameChoice;
use writeback_connector::place::name;

/// The target.
pub fn filename(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if name::check_file(&text).is_ok() {
        let whole = name::with_extension(&text);
        assert_eq!(name::check_file(&whole), Ok(()));
        assert_eq!(name::with_extension(&whole), whole);
        one_segment(&whole);
    }
    if name::check_folder(&text, true).is_ok() {
        assert_eq!(name::check_folder(&text, false), Ok(()));
        one_segment(&text);
    }
    mended(&text);
    number(&text);
}

fn one_segment(name: &str) {
    let request = item::named(GRAPH, "b!drive", "01PARENT", name);
    assert_below(GRAPH, &request);
    let (path, _) = request.url.split_once('?').unwrap();
    let (_, last) = path.rsplit_once('/').unwrap();
    assert_eq!(decoded(last), name);
}

fn mended(text: &str) {
    let dataset = DataSet {
        name: text.to_owned(),
        ..DataSet::default()
    };
    let chosen = choose(&FilenameChoice::DataSetName, &dataset, "id");
    assert_eq!(name::check_file(&chosen.name), Ok(()), "{text:?}");
    assert_eq!(chosen.note.is_some(), name::check_file(text).is_err());
    one_segment(&chosen.name);
}

fn number(text: &str) {
    let (digits, name) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
    let number = digits.parse().unwrap_or(7);
    let with_number = numbered(name, number);
    let found = number_of(name, &with_number);
    assert_eq!(found, Some(number), "{name:?} and {with_number:?}");
    if let Some(found) = number_of("sales.csv", text) {
        assert_eq!(numbered("sales.csv", found), text.to_lowercase());
    }
}
