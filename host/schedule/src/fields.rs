//! Reads a table key by key and remembers which keys were asked for, so that the rest is unknown.

use std::fmt::Display;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::problems::{Problems, nearest, quoted};

pub(crate) struct Fields<'t, 'p> {
    table: Option<&'t Map<String, Value>>,
    path: String,
    known: Vec<&'static str>,
    problems: &'p mut Problems,
}

impl<'t, 'p> Fields<'t, 'p> {
    /// Reads `value` as a table; anything else is a problem and then has no keys.
    pub(crate) fn new(value: &'t Value, path: &str, problems: &'p mut Problems) -> Self {
        let table = value.as_object();
        if table.is_none() {
            let message = format!("must be a table, not {}", type_of(value));
            problems.add(path, message, "write `{` keys and values `}`");
        }
        Self {
            table,
            path: path.to_owned(),
            known: Vec::new(),
            problems,
        }
    }

    /// The place of a key, for problems.
    pub(crate) fn path(&self, key: &str) -> String {
        match self.path.as_str() {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        }
    }

    pub(crate) fn problems(&mut self) -> &mut Problems {
        self.problems
    }

    pub(crate) fn problem(
        &mut self,
        key: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let path = self.path(key);
        self.problems.add(&path, message, hint);
    }

    pub(crate) fn optional(&mut self, key: &'static str) -> Option<&'t Value> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.table?.get(key)
    }

    pub(crate) fn required(&mut self, key: &'static str, hint: &str) -> Option<&'t Value> {
        let value = self.optional(key);
        if value.is_none() && self.table.is_some() {
            self.problem(key, "is missing", hint);
        }
        value
    }

    pub(crate) fn text(
        &mut self,
        key: &'static str,
        value: &'t Value,
        hint: &str,
    ) -> Option<&'t str> {
        let text = value.as_str();
        if text.is_none() {
            self.problem(
                key,
                format!("must be a string, not {}", type_of(value)),
                hint,
            );
        }
        text
    }

    pub(crate) fn number<T>(&mut self, key: &'static str, range: RangeInclusive<T>) -> Option<T>
    where
        T: TryFrom<u64> + PartialOrd + Display,
    {
        let value = self.optional(key)?;
        let path = self.path(key);
        number(value, &path, range, self.problems)
    }

    /// The one of `words` that stands there, as the index of it.
    pub(crate) fn word(
        &mut self,
        key: &'static str,
        value: &Value,
        words: &[&str],
    ) -> Option<usize> {
        let path = self.path(key);
        word(value, &path, words, self.problems)
    }

    /// A list, each of whose items `read` reads: sorted, and nothing twice.
    pub(crate) fn list<T: Ord>(
        &mut self,
        key: &'static str,
        value: &'t Value,
        most: usize,
        read: impl Fn(&'t Value, &str, &mut Problems) -> Option<T>,
    ) -> Vec<T> {
        let Some(items) = value.as_array() else {
            let message = format!("must be a list, not {}", type_of(value));
            self.problem(key, message, "put it in `[` and `]`");
            return Vec::new();
        };
        if items.len() > most {
            let message = format!("has {} items, at most {most} are allowed", items.len());
            self.problem(key, message, "split it into several schedules");
        }
        let path = self.path(key);
        let mut list: Vec<T> = items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| read(item, &format!("{path}[{index}]"), self.problems))
            .collect();
        list.sort_unstable();
        list.dedup();
        list
    }

    /// The same, of something that has to be there.
    pub(crate) fn filled<T: Ord>(
        &mut self,
        key: &'static str,
        most: usize,
        hint: &str,
        read: impl Fn(&'t Value, &str, &mut Problems) -> Option<T>,
    ) -> Vec<T> {
        let Some(value) = self.required(key, hint) else {
            return Vec::new();
        };
        if value.as_array().is_some_and(Vec::is_empty) {
            self.problem(key, "is empty", hint);
        }
        self.list(key, value, most, read)
    }

    /// Reports the keys that nobody asked for.
    pub(crate) fn finish(mut self) {
        for key in self.table.into_iter().flat_map(Map::keys) {
            if self.known.contains(&key.as_str()) {
                continue;
            }
            let hint = match nearest(key, self.known.iter().copied()) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("known here are {}", quoted(&self.known)),
            };
            self.problem(key, "unknown key", hint);
        }
    }
}

/// A whole number in a range.
pub(crate) fn number<T>(
    value: &Value,
    path: &str,
    range: RangeInclusive<T>,
    problems: &mut Problems,
) -> Option<T>
where
    T: TryFrom<u64> + PartialOrd + Display,
{
    let number = value
        .as_u64()
        .and_then(|number| T::try_from(number).ok())
        .filter(|number| range.contains(number));
    if number.is_none() {
        let hint = format!(
            "write a whole number from {} to {}",
            range.start(),
            range.end()
        );
        let message = match value {
            Value::Number(number) => format!("`{number}` is not allowed"),
            other => format!("must be a number, not {}", type_of(other)),
        };
        problems.add(path, message, hint);
    }
    number
}

/// The one of `words` that stands there, as the index of it.
pub(crate) fn word(
    value: &Value,
    path: &str,
    words: &[&str],
    problems: &mut Problems,
) -> Option<usize> {
    let Some(text) = value.as_str() else {
        let message = format!("must be a string, not {}", type_of(value));
        problems.add(path, message, format!("write one of {}", quoted(words)));
        return None;
    };
    let index = words.iter().position(|word| *word == text);
    if index.is_none() {
        let hint = match nearest(text, words.iter().copied()) {
            Some(word) => format!("did you mean `{word}`?"),
            None => format!("write one of {}", quoted(words)),
        };
        problems.add(path, format!("`{text}` is unknown"), hint);
    }
    index
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}
