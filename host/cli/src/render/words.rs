//! Words of services, and of the connector, on their way to a terminal: it must not obey them.

use serde_json::Value;

/// The text without control characters.
pub fn printable(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).collect()
}

/// The same with its line breaks.
pub fn printable_lines(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(printable).collect();
    lines.join("\n")
}

/// The document with such texts alone. Its keys stay: nobody shows them.
pub fn printable_document(document: Value) -> Value {
    match document {
        Value::String(text) => Value::String(printable(&text)),
        Value::Array(items) => items.into_iter().map(printable_document).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(key, member)| (key, printable_document(member)))
            .collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn no_text_of_a_document_steers_a_terminal() {
        let steering = "a\u{1b}[2J\u{9b}31mb\r\n";
        assert_eq!(printable(steering), "a[2J31mb");
        assert_eq!(
            printable_document(json!({"site": [{"name": steering}], "rows": 3})),
            json!({"site": [{"name": "a[2J31mb"}], "rows": 3})
        );
    }
}
