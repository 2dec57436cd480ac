//! Documents of the server as text: tables and fields, times and durations, and nothing that steers a terminal.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, ContentArrangement, presets};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use writeback_policy::steers;

/// The text without characters that steer a terminal.
pub fn printable(text: &str) -> String {
    text.chars().filter(|letter| !steers(*letter)).collect()
}

/// The same with its line breaks.
pub fn printable_lines(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(printable).collect();
    lines.join("\n")
}

/// How a value is shown.
#[derive(Clone, Copy, Debug)]
pub enum As {
    /// As it is.
    Plain,
    /// A moment in milliseconds since the epoch.
    Time,
    /// Milliseconds.
    Duration,
    /// `yes` or nothing.
    Flag,
    /// From 0 to 1.
    Rate,
}

/// A table: headings, where in an item each value is, and how it is shown.
#[derive(Debug)]
pub struct Table(pub &'static [(&'static str, &'static str, As)]);

impl Table {
    /// The items as lines.
    pub fn text(&self, items: &[Value]) -> String {
        let mut table = comfy_table::Table::new();
        table
            .load_preset(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(self.0.iter().map(|(heading, _, _)| *heading));
        for item in items {
            table.add_row(
                self.0
                    .iter()
                    .map(|(_, path, how)| shown(at(item, path), *how)),
            );
        }
        for (column, (_, path, how)) in table.column_iter_mut().zip(self.0) {
            let number = items.iter().any(|item| at(item, path).is_number());
            let right = number && !matches!(how, As::Time);
            let alignment = if right {
                CellAlignment::Right
            } else {
                CellAlignment::Left
            };
            column.set_padding((0, 2)).set_cell_alignment(alignment);
        }
        let text = table.to_string();
        text.lines()
            .fold(String::new(), |text, line| text + line.trim_end() + "\n")
    }

    /// One item as `label  value` lines; what it does not have is left out.
    pub fn fields(&self, item: &Value) -> String {
        let shown = self
            .0
            .iter()
            .map(|(heading, path, how)| (heading.to_lowercase(), shown(at(item, path), *how)));
        let lines: Vec<(String, String)> = shown.filter(|(_, value)| !value.is_empty()).collect();
        let widest = lines
            .iter()
            .map(|(label, _)| label.len())
            .max()
            .unwrap_or(0);
        lines
            .iter()
            .fold(String::new(), |mut text, (label, value)| {
                let _ = writeln!(text, "  {label:widest$}  {value}");
                text
            })
    }
}

/// What stands at a dotted path.
fn at<'a>(item: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(item, |value, key| &value[key])
}

fn shown(value: &Value, how: As) -> String {
    match (how, value) {
        (_, Value::Null) => String::new(),
        (As::Time, value) => time(value.as_i64().unwrap_or_default()),
        (As::Duration, value) => duration(value.as_u64().unwrap_or_default()),
        (As::Flag, value) => if value.as_bool() == Some(true) {
            "yes"
        } else {
            ""
        }
        .to_owned(),
        (As::Rate, value) => format!("{:.1} %", value.as_f64().unwrap_or_default() * 100.0),
        (As::Plain, Value::String(text)) => printable(text),
        (As::Plain, Value::Array(items)) => {
            let items: Vec<String> = items.iter().map(|item| shown(item, As::Plain)).collect();
            items.join(", ")
        }
        (As::Plain, value) => printable(&value.to_string()),
    }
}

/// A moment in UTC.
pub fn time(ms: i64) -> String {
    match Timestamp::from_millisecond(ms) {
        Ok(moment) => moment
            .to_zoned(TimeZone::UTC)
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string(),
        Err(_) => ms.to_string(),
    }
}

/// Milliseconds as `7 ms`, `1.25 s`, `3 min 4 s` or `2 h 5 min`.
#[allow(clippy::cast_precision_loss, reason = "for people")]
fn duration(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match seconds {
        0 => format!("{milliseconds} ms"),
        1..60 => format!("{:.2} s", milliseconds as f64 / 1000.0),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// Any document as `key: value` lines, deeper ones indented.
pub fn any(value: &Value) -> String {
    let mut text = String::new();
    members(value, 0, &mut text);
    text
}

fn members(value: &Value, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(members_of) => {
            for (key, member) in members_of {
                let nested = match member {
                    Value::Object(inner) => !inner.is_empty(),
                    Value::Array(inner) => {
                        inner.iter().any(|item| item.is_object() || item.is_array())
                    }
                    _ => false,
                };
                let key = printable(key);
                if nested {
                    let _ = writeln!(text, "{indent}{key}:");
                    members(member, depth + 1, text);
                } else {
                    let how = if key.ends_with("_at_ms") || key == "at_ms" {
                        As::Time
                    } else {
                        As::Plain
                    };
                    let _ = writeln!(text, "{indent}{key}: {}", shown(member, how));
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                let mut inner = String::new();
                members(item, depth + 1, &mut inner);
                let rest = inner.get(indent.len() + 2..).unwrap_or_default();
                let _ = write!(text, "{indent}- {rest}");
            }
        }
        other => {
            let _ = writeln!(text, "{indent}{}", shown(other, As::Plain));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_table_has_times_numbers_and_no_control_characters() {
        let table = Table(&[
            ("NAME", "name", As::Plain),
            ("TRIES", "tries", As::Plain),
            ("AT (UTC)", "at", As::Time),
        ]);
        let items = [
            json!({"name": "a\u{1b}[2J\n", "tries": 3, "at": 1_772_431_200_000_i64}),
            json!({"name": "bcdef", "tries": 12}),
        ];
        assert_eq!(
            table.text(&items),
            "NAME   TRIES  AT (UTC)\na[2J       3  2026-03-02 06:00:00\nbcdef     12\n"
        );
    }

    #[test]
    fn any_document_is_lines() {
        let text = any(&json!({"a": 1, "b": {"c": [1, 2]}, "d": [{"e": "x", "f": true}]}));
        assert_eq!(text, "a: 1\nb:\n  c: 1, 2\nd:\n  - e: x\n    f: true\n");
    }
}
