//! Reads a table key by key and remembers which keys were asked for, so that the rest is unknown.

use serde_json::{Map, Value};

use super::problems::{Problems, nearest};

pub(super) struct Fields<'t, 'p> {
    table: Option<&'t Map<String, Value>>,
    path: String,
    known: Vec<&'static str>,
    problems: &'p mut Problems,
}

impl<'t, 'p> Fields<'t, 'p> {
    /// Reads `value` as a table; anything else is a problem and then has no keys.
    pub(super) fn new(value: Option<&'t Value>, path: &str, problems: &'p mut Problems) -> Self {
        let table = value.and_then(Value::as_object);
        if let (Some(value), None) = (value, table) {
            problems.add(path, format!("must be a table, not {}", type_of(value)));
        }
        Self {
            table,
            path: path.to_owned(),
            known: Vec::new(),
            problems,
        }
    }

    pub(super) fn path(&self, key: &str) -> String {
        join(&self.path, key)
    }

    pub(super) fn problem(&mut self, key: &str, message: impl Into<String>) {
        self.problems.add(&join(&self.path, key), message);
    }

    pub(super) fn problems(&mut self) -> &mut Problems {
        self.problems
    }

    pub(super) fn value(&mut self, key: &'static str) -> Option<&'t Value> {
        self.known.push(key);
        self.table?.get(key)
    }

    pub(super) fn required(&mut self, key: &'static str) -> Option<&'t Value> {
        let value = self.value(key);
        if value.is_none() && self.table.is_some() {
            self.problem(key, "is missing");
        }
        value
    }

    /// A string with something in it.
    pub(super) fn string(&mut self, key: &'static str) -> Option<String> {
        let value = self.required(key)?;
        self.as_string(key, value)
    }

    pub(super) fn optional_string(&mut self, key: &'static str) -> Option<String> {
        let value = self.value(key)?;
        self.as_string(key, value)
    }

    fn as_string(&mut self, key: &str, value: &Value) -> Option<String> {
        match value.as_str().map(str::trim) {
            Some("") => self.problem(key, "is empty"),
            Some(text) => return Some(text.to_owned()),
            None => self.problem(key, format!("must be a string, not {}", type_of(value))),
        }
        None
    }

    pub(super) fn strings(&mut self, key: &'static str) -> Vec<String> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let strings: Option<Vec<_>> = value.as_array().and_then(|list| {
            list.iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect()
        });
        if strings.is_none() {
            self.problem(key, "must be a list of strings");
        }
        strings.unwrap_or_default()
    }

    /// A whole number of at least 1.
    pub(super) fn positive(&mut self, key: &'static str, default: u64) -> u64 {
        let Some(value) = self.value(key) else {
            return default;
        };
        match value.as_u64() {
            Some(number) if number > 0 => number,
            _ => {
                self.problem(key, "must be a whole number above 0");
                default
            }
        }
    }

    /// Reports the keys that nobody asked for.
    pub(super) fn finish(self) {
        for key in self.table.into_iter().flat_map(Map::keys) {
            if self.known.contains(&key.as_str()) {
                continue;
            }
            let message = match nearest(key, self.known.iter().copied()) {
                Some(known) => format!("unknown key, did you mean `{known}`?"),
                None => format!("unknown key, known are {}", quoted(&self.known)),
            };
            self.problems.add(&join(&self.path, key), message);
        }
    }
}

fn join(path: &str, key: &str) -> String {
    let bare = !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let key = if bare {
        key.to_owned()
    } else {
        format!("{key:?}")
    };
    if path.is_empty() {
        key
    } else {
        format!("{path}.{key}")
    }
}

pub(super) fn quoted(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

pub(super) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}
