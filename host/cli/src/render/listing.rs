//! Tables: what `browse` found, with the line to paste in the last column, and the accounts.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde_json::Value;

use crate::render::paint::{Paint, Tone};
use crate::render::units::grouped;
use crate::render::words::printable;

/// A column: heading, key of the item, alignment.
type Column = (&'static str, &'static str, CellAlignment);

/// Characters of a name or an owner at most.
const WIDEST_NAME: usize = 40;

const LEFT: CellAlignment = CellAlignment::Left;
const RIGHT: CellAlignment = CellAlignment::Right;

/// A table of `result`, or nothing where it lists nothing.
pub fn text(result: &Value, paint: Paint) -> Option<String> {
    let items = result["items"]
        .as_array()
        .filter(|items| !items.is_empty())?;
    let columns = columns(result["kind"].as_str().unwrap_or_default());
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|(heading, _, _)| *heading));
    for item in items {
        table.add_row(columns.iter().map(|(_, key, _)| cell(key, item)));
    }
    for (column, (_, _, alignment)) in table.column_iter_mut().zip(columns) {
        column.set_padding((0, 2)).set_cell_alignment(*alignment);
    }
    Some(headed(&table.to_string(), paint))
}

fn columns(kind: &str) -> &'static [Column] {
    match kind {
        "datasets" => &[
            ("NAME", "name", LEFT),
            ("ROWS", "rows", RIGHT),
            ("COLUMNS", "columns", RIGHT),
            ("UPDATED (UTC)", "updated_at", LEFT),
            ("OWNER", "owner", LEFT),
            ("PASTE INTO [domo]", "line", LEFT),
        ],
        "libraries" => &[
            ("NAME", "name", LEFT),
            ("DEFAULT", "default", LEFT),
            ("PASTE INTO [sharepoint]", "line", LEFT),
        ],
        "runs" => &[
            ("RUN", "run", LEFT),
            ("JOB", "job", LEFT),
            ("STATE", "state", LEFT),
            ("STARTED (UTC)", "started", LEFT),
            ("TRIES", "attempts", RIGHT),
            ("ON DISK", "on_disk", RIGHT),
        ],
        "accounts" => &[
            ("NAME", "name", LEFT),
            ("KIND", "kind", LEFT),
            ("WHO", "who", LEFT),
            ("SECRET", "key", LEFT),
            ("FROM", "from", LEFT),
            ("THERE", "there", LEFT),
        ],
        "folders" => &[
            ("NAME", "name", LEFT),
            ("CHILDREN", "children", RIGHT),
            ("PASTE INTO [sharepoint]", "line", LEFT),
        ],
        _ => &[
            ("NAME", "name", LEFT),
            ("PASTE INTO [sharepoint]", "line", LEFT),
        ],
    }
}

fn cell(key: &str, item: &Value) -> String {
    match (key, &item[key]) {
        ("default", Value::Bool(default)) => if *default { "yes" } else { "" }.to_owned(),
        ("name", Value::String(name)) if name.trim().is_empty() => "(no name)".to_owned(),
        ("name", Value::Null) => "(no name)".to_owned(),
        ("name" | "owner", Value::String(name)) => shortened(&printable(name)),
        ("updated_at", Value::String(time)) => minute(&printable(time)),
        (_, Value::Null) => String::new(),
        (_, Value::String(text)) => printable(text),
        (_, Value::Number(number)) => number.as_u64().map_or_else(|| number.to_string(), grouped),
        (_, other) => other.to_string(),
    }
}

/// One long name should not push every other row's columns off the screen; the line to paste is never cut.
fn shortened(name: &str) -> String {
    if name.chars().count() <= WIDEST_NAME {
        return name.to_owned();
    }
    name.chars().take(WIDEST_NAME - 1).chain(['…']).collect()
}

/// `2031-01-02T03:04:05.678Z` as `2031-01-02 03:04`; anything else as it is.
fn minute(time: &str) -> String {
    match (time.get(..10), time.get(10..11), time.get(11..16)) {
        (Some(date), Some("T"), Some(clock)) => format!("{date} {clock}"),
        _ => time.to_owned(),
    }
}

/// Without trailing blanks, and with the heading line set off.
fn headed(table: &str, paint: Paint) -> String {
    let mut lines = table.lines().map(str::trim_end);
    let heading = paint.tone(Tone::Strong, lines.next().unwrap_or_default());
    lines.fold(heading + "\n", |text, line| text + line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_stand_right_and_names_left() {
        let result = json!({"kind": "datasets", "more": false, "items": [
            {"id": "1", "name": "Sales", "rows": 1_200_000, "columns": 4, "updated_at": "2031-01-02T03:04:05Z", "owner": "Ann", "line": "dataset = \"1\""},
            {"id": "2", "name": "Ümlaut long name", "rows": 7, "columns": 12, "updated_at": null, "owner": "Bo", "line": "dataset = \"2\""}]});
        let expected = "\
NAME                   ROWS  COLUMNS  UPDATED (UTC)     OWNER  PASTE INTO [domo]
Sales             1,200,000        4  2031-01-02 03:04  Ann    dataset = \"1\"
Ümlaut long name          7       12                    Bo     dataset = \"2\"
";
        assert_eq!(text(&result, Paint::plain()).unwrap(), expected);
    }

    #[test]
    fn a_blank_title_and_control_characters_do_no_harm() {
        let result = json!({"kind": "sites", "items": [
            {"name": " ", "line": "site = \"a\""}, {"name": "x\u{1b}[2Jy", "line": "site = \"b\""}]});
        let text = text(&result, Paint::plain()).unwrap();
        assert!(
            text.contains("(no name)") && text.contains("x[2Jy"),
            "{text:?}"
        );
    }

    #[test]
    fn a_long_name_is_cut_but_never_the_line_to_paste() {
        let long = "x".repeat(300);
        let result = json!({"kind": "sites", "items": [{"name": long, "line": long}]});
        let text = text(&result, Paint::plain()).unwrap();
        let row = text.lines().nth(1).unwrap();
        assert_eq!(row, format!("{}…  {long}", "x".repeat(39)));
    }

    #[test]
    fn nothing_found_is_no_table() {
        assert_eq!(
            text(&json!({"kind": "sites", "items": []}), Paint::plain()),
            None
        );
    }
}
