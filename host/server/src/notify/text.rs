//! Texts of others in messages: on one line, without anything that steers who shows them.

use serde_json::Value;

/// The text on one line of at most so many characters.
pub(super) fn one_line(text: &str, most: usize) -> String {
    let plain = text.chars().map(|letter| {
        if writeback_policy::steers(letter) {
            ' '
        } else {
            letter
        }
    });
    let plain: String = plain.collect();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    match plain.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &plain[..end]),
        None => plain,
    }
}

/// A text at a place of a message; empty where there is none.
pub(super) fn at(message: &Value, pointer: &str) -> String {
    match message.pointer(pointer) {
        Some(Value::String(text)) => one_line(text, 2_000),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// A moment, as `2026-11-26T00:44:43Z`.
pub(super) fn moment(message: &Value) -> String {
    let at = message.pointer("/at_ms").and_then(Value::as_i64);
    let at = at.and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    at.map(|at| format!("{at:.0}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_one_line_and_steer_nothing() {
        assert_eq!(
            one_line("a\r\nBcc: x\u{1b}[2J\u{202e}y\0", 99),
            "a Bcc: x [2J y"
        );
        assert_eq!(one_line("abc", 2), "ab…");
        let message = serde_json::json!({ "at_ms": 1_764_117_883_123_i64 });
        assert_eq!(moment(&message), "2025-11-26T00:44:43Z");
    }
}
