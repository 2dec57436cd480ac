//! TOML as the command reads it: a configuration or job that is none is told with line and column and without
//! what stands in it, for that may be a secret; one that is becomes the same document as JSON.

use writeback_policy::toml_text::{parse, to_json, value_or_text, value_to_json};

/// What the corpus has in the place of a secret.
const SECRET: &str = "hunter2";

/// The target.
pub fn toml(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match parse(&text) {
        Err(told) => {
            assert!(!told.contains(SECRET), "{told}");
            place(&told, &text);
        }
        Ok(table) => {
            if let Ok(json) = to_json(&table) {
                assert_eq!(
                    json.as_object().map(serde_json::Map::len),
                    Some(table.len())
                );
            }
        }
    }
    // A value that was typed cannot bring further keys.
    let _ = value_to_json(&value_or_text(&text), "typed");
}

/// The line that is told is there.
fn place(told: &str, text: &str) {
    let line = told
        .strip_prefix("line ")
        .and_then(|rest| rest.split_once(','));
    if let Some((line, _)) = line {
        let line: usize = line.parse().unwrap();
        assert!(line >= 1 && line <= text.split('\n').count(), "{told}");
    }
}
