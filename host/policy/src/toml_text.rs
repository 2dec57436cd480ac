//! TOML as text: errors with line and column, and the one-to-one way to JSON. Knows no keys.

use serde_json::{Map, Value};
use toml::Table;

/// Where and why a text is not TOML: `line 3, column 5: …`.
///
/// # Errors
/// The place and what is wrong there.
pub fn parse(text: &str) -> Result<Table, String> {
    toml::from_str(text).map_err(|error| describe(text, &error))
}

/// `line L, column C: what`, columns counted in characters.
#[must_use]
pub fn describe(text: &str, error: &toml::de::Error) -> String {
    let what = error.message().lines().collect::<Vec<_>>().join(", ");
    match error.span().and_then(|span| text.get(..span.start)) {
        Some(before) => {
            let line = before.matches('\n').count() + 1;
            let column = before
                .chars()
                .rev()
                .take_while(|&letter| letter != '\n')
                .count()
                + 1;
            format!("line {line}, column {column}: {what}")
        }
        None => what,
    }
}

/// The value of `--set` or `--site`: TOML where it is, plain text where it is not.
#[must_use]
pub fn value_or_text(typed: &str) -> toml::Value {
    let parsed = toml::from_str::<Table>(&format!("value = {typed}")).ok();
    let alone = parsed
        .filter(|table| table.len() == 1)
        .and_then(|mut table| table.remove("value"));
    alone.unwrap_or_else(|| toml::Value::String(typed.to_owned()))
}

/// The same document as JSON. Dates become text; a float that JSON cannot hold is refused with its path.
///
/// # Errors
/// What JSON cannot hold.
pub fn to_json(table: &Table) -> Result<Value, String> {
    object(table, "")
}

/// One value as JSON.
///
/// # Errors
/// What JSON cannot hold.
pub fn value_to_json(value: &toml::Value, path: &str) -> Result<Value, String> {
    Ok(match value {
        toml::Value::String(text) => Value::from(text.as_str()),
        toml::Value::Integer(number) => Value::from(*number),
        toml::Value::Float(number) if number.is_finite() => Value::from(*number),
        toml::Value::Float(number) => {
            return Err(format!(
                "`{path}` is {number}, which is not a number that a job can hold"
            ));
        }
        toml::Value::Boolean(flag) => Value::from(*flag),
        toml::Value::Datetime(date) => Value::from(date.to_string()),
        toml::Value::Array(items) => {
            let each = items
                .iter()
                .enumerate()
                .map(|(at, item)| value_to_json(item, &format!("{path}[{at}]")));
            Value::Array(each.collect::<Result<_, _>>()?)
        }
        toml::Value::Table(table) => object(table, path)?,
    })
}

fn object(table: &Table, path: &str) -> Result<Value, String> {
    let mut fields = Map::new();
    for (key, value) in table {
        let path = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        fields.insert(key.clone(), value_to_json(value, &path)?);
    }
    Ok(Value::Object(fields))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_document_becomes_the_same_document() {
        let text = "name = 'x'\nday = 2031-02-03\n[upload]\nfragment = 327680\n[sharepoint]\nsite = { group = 'g' }\nlist = [1, true, 1.5]";
        let job = to_json(&parse(text).unwrap()).unwrap();
        assert_eq!(
            job,
            json!({"name": "x", "day": "2031-02-03", "upload": {"fragment": 327_680},
                   "sharepoint": {"site": {"group": "g"}, "list": [1, true, 1.5]}})
        );
    }

    #[test]
    fn a_syntax_error_says_line_and_column() {
        let error = parse("name = 'é'\nfolder = ‹\n").unwrap_err();
        assert!(error.starts_with("line 2, column 10: "), "{error}");
    }

    #[test]
    fn what_json_cannot_hold_is_refused_with_its_path() {
        let table = parse("[upload]\nfragment = [1, inf]").unwrap();
        assert_eq!(
            to_json(&table).unwrap_err(),
            "`upload.fragment[1]` is inf, which is not a number that a job can hold"
        );
    }

    #[test]
    fn a_typed_value_is_toml_or_text() {
        assert_eq!(value_or_text("5"), toml::Value::Integer(5));
        assert_eq!(value_or_text("true"), toml::Value::Boolean(true));
        assert_eq!(value_or_text("'5'"), toml::Value::String("5".into()));
        assert_eq!(
            value_or_text("Reports/Daily"),
            toml::Value::String("Reports/Daily".into())
        );
        assert_eq!(
            value_or_text("{ group = 'g' }")
                .get("group")
                .and_then(|group| group.as_str()),
            Some("g")
        );
        assert_eq!(value_or_text(""), toml::Value::String(String::new()));
    }

    #[test]
    fn a_typed_value_cannot_bring_further_keys() {
        assert_eq!(
            value_or_text("1\nother = 2"),
            toml::Value::String("1\nother = 2".into())
        );
    }
}
