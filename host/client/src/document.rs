//! Documents in files: TOML or JSON in, and a job back as TOML.

use std::io::ErrorKind;
use std::path::Path;

use serde_json::Value;
use toml_edit::{Array, InlineTable, Item, Table};
use writeback_policy::toml_text;

use crate::error::Error;

/// The text of a file; `-` is stdin.
pub fn text(path: &Path) -> Result<String, Error> {
    let read = match path == Path::new("-") {
        true => std::io::read_to_string(std::io::stdin().lock()),
        false => std::fs::read_to_string(path),
    };
    read.map_err(|cause| {
        let error = Error::configuration(
            "file-unreadable",
            format!("cannot read `{}`", path.display()),
        );
        match cause.kind() {
            ErrorKind::InvalidData => error.hint("save it as UTF-8 text"),
            _ => error,
        }
        .because(&cause)
    })
}

/// The document in a file: JSON where it begins like it, else TOML.
pub fn read(path: &Path) -> Result<Value, Error> {
    let text = text(path)?;
    let wrong =
        |what: String| Error::configuration("file-syntax", format!("`{}`: {what}", path.display()));
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(&text).map_err(|cause| {
            wrong(format!(
                "not valid JSON: line {}, column {}",
                cause.line(),
                cause.column()
            ))
        });
    }
    let table = toml_text::parse(&text).map_err(|what| wrong(format!("not valid TOML: {what}")))?;
    toml_text::to_json(&table).map_err(wrong)
}

/// What an object has under a key, taken out of it; null where there is nothing.
pub fn take(value: &mut Value, key: &str) -> Value {
    value.get_mut(key).map(Value::take).unwrap_or_default()
}

/// The entries of a list, taken out of a document.
pub fn take_items(value: &mut Value) -> Vec<Value> {
    match take(value, "items") {
        Value::Array(items) => items,
        _ => Vec::new(),
    }
}

/// A document as TOML: the same document when it is read again.
pub fn to_toml(document: &Value) -> Result<String, Error> {
    let refused = |path: &str| {
        Error::failed(format!(
            "`{path}` is null or a number that TOML does not know"
        ))
        .hint("`job show NAME --json` prints the job as it is")
    };
    let Value::Object(_) = document else {
        return Err(refused("job"));
    };
    match item(document, "job").map_err(|path| refused(&path))? {
        Item::Table(table) => Ok(toml_edit::DocumentMut::from(table).to_string()),
        _ => Err(refused("job")),
    }
}

/// Tables of their own where the document has objects; objects in lists are written in line.
fn item(value: &Value, path: &str) -> Result<Item, String> {
    let Value::Object(members) = value else {
        return Ok(Item::Value(inline(value, path)?));
    };
    let mut table = Table::new();
    // What belongs to this table stands before the tables in it.
    let (deeper, own): (Vec<_>, Vec<_>) =
        members.iter().partition(|(_, member)| member.is_object());
    table.set_implicit(own.is_empty() && !deeper.is_empty());
    for (key, member) in own.into_iter().chain(deeper) {
        table.insert(key, item(member, &format!("{path}.{key}"))?);
    }
    Ok(Item::Table(table))
}

fn inline(value: &Value, path: &str) -> Result<toml_edit::Value, String> {
    Ok(match value {
        Value::Null => return Err(path.to_owned()),
        Value::Bool(flag) => (*flag).into(),
        Value::String(text) => text.as_str().into(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.into(),
            (None, Some(real)) if !number.is_u64() => real.into(),
            _ => return Err(path.to_owned()),
        },
        Value::Array(items) => {
            let mut array = Array::new();
            for item in items {
                array.push(inline(item, path)?);
            }
            array.into()
        }
        Value::Object(members) => {
            let mut table = InlineTable::new();
            for (key, member) in members {
                table.insert(key, inline(member, &format!("{path}.{key}"))?);
            }
            table.into()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_job_comes_back_as_it_was() {
        let job = json!({
            "name": "a \"b\" \\ é\n", "n": 3, "r": 1.5, "whole": 2.0, "on": true,
            "sharepoint": {"site": {"group": "g"}, "folder": "Reports/{yyyy}", "empty": {}, "x.y z": 1},
            "domo": {"list": [{"a": [1, 2]}, {"b": {}}], "none": [], "deep": {"deeper": {"deepest": "x"}}},
        });
        let text = to_toml(&job).unwrap();
        let back = toml_text::to_json(&toml_text::parse(&text).unwrap()).unwrap();
        assert_eq!(back, job, "{text}");
        assert_eq!(to_toml(&back).unwrap(), text);
    }

    #[test]
    fn what_toml_cannot_say_is_refused() {
        for job in [
            json!({"a": {"b": null}}),
            json!({"a": [u64::MAX]}),
            json!([]),
        ] {
            assert!(to_toml(&job).is_err(), "{job}");
        }
    }
}
