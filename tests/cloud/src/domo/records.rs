//! Reads CSV as the import does: RFC 4180, line feeds or both line ends.

/// The records of a text, each a list of fields. `None`: a quote is where none may be, or is never closed.
pub(crate) fn records(text: &str) -> Option<Vec<Vec<String>>> {
    let (mut records, mut record) = (Vec::new(), Vec::new());
    let mut rest = text;
    while !rest.is_empty() {
        let (field, after) = field(rest)?;
        record.push(field);
        match after.strip_prefix(',') {
            Some("") => {
                record.push(String::new());
                rest = "";
            }
            Some(next) => {
                rest = next;
                continue;
            }
            None => rest = line_end(after)?,
        }
        records.push(std::mem::take(&mut record));
    }
    Some(records)
}

/// The first field, and what comes after it.
fn field(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', '\n', '\r']).unwrap_or(text.len());
        let (field, after) = text.split_at(end);
        return (!field.contains('"')).then(|| (field.to_owned(), after));
    };
    let (mut field, mut rest) = (String::new(), quoted);
    loop {
        let (part, after) = rest.split_once('"')?;
        field.push_str(part);
        match after.strip_prefix('"') {
            Some(next) => {
                field.push('"');
                rest = next;
            }
            None => return Some((field, after)),
        }
    }
}

/// What comes after a record.
fn line_end(text: &str) -> Option<&str> {
    let text = text.strip_prefix('\r').unwrap_or(text);
    match text {
        "" => Some(""),
        text => text.strip_prefix('\n'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read() {
        let read = |text| records(text).unwrap();
        assert_eq!(read("a,b\nc,d\n"), [["a", "b"], ["c", "d"]]);
        assert_eq!(
            read("a,\r\n,\"b, \"\"c\"\"\nd\""),
            [["a", ""], ["", "b, \"c\"\nd"]]
        );
        assert_eq!(read("a,"), [["a", ""]]);
        assert!(read("").is_empty());
        for wrong in ["a\"b\n", "\"a", "\"a\"b\n"] {
            assert_eq!(records(wrong), None, "{wrong}");
        }
    }
}
