//! An object that is read key by key, its unknown keys refused.

use super::Problems;
use serde_json::{Map, Value};
use std::ops::RangeInclusive;

/// An object and where it stands.
pub struct Object<'a> {
    path: &'a str,
    map: &'a Map<String, Value>,
}

impl<'a> Object<'a> {
    /// Opens an object and refuses the keys that are not `known`.
    pub fn open(
        value: &'a Value,
        path: &'a str,
        known: &[&str],
        problems: &mut Problems,
    ) -> Option<Self> {
        let Some(map) = value.as_object() else {
            problems.add(
                path.to_owned(),
                format!("must be a table, not {}", kind(value)),
            );
            return None;
        };
        let object = Self { path, map };
        for key in map.keys().filter(|key| !known.contains(&key.as_str())) {
            problems.add(
                object.path(key),
                format!("is not a known key{}", nearest(key, known)),
            );
        }
        Some(object)
    }

    /// The path of a key.
    pub fn path(&self, key: &str) -> String {
        match self.path {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        }
    }

    /// The value of a key; null counts as absent.
    pub fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// The value of a key that must be there.
    pub fn required(&self, key: &str, problems: &mut Problems) -> Option<&'a Value> {
        let value = self.get(key);
        if value.is_none() {
            problems.add(self.path(key), "is missing");
        }
        value
    }

    /// A text.
    pub fn text(&self, key: &str, problems: &mut Problems) -> Option<String> {
        let value = self.get(key)?;
        if let Value::String(text) = value {
            return Some(text.clone());
        }
        self.wrong(key, "a string", value, problems)
    }

    /// A text that must be there and not blank.
    pub fn required_text(&self, key: &str, problems: &mut Problems) -> Option<String> {
        self.required(key, problems)?;
        let text = self.text(key, problems)?;
        if text.trim().is_empty() {
            problems.add(self.path(key), "must not be empty");
            return None;
        }
        Some(text)
    }

    /// A flag.
    pub fn flag(&self, key: &str, problems: &mut Problems) -> Option<bool> {
        let value = self.get(key)?;
        value
            .as_bool()
            .or_else(|| self.wrong(key, "true or false", value, problems))
    }

    /// A whole number within a range.
    pub fn whole(
        &self,
        key: &str,
        range: RangeInclusive<u64>,
        problems: &mut Problems,
    ) -> Option<u64> {
        let value = self.get(key)?;
        let Some(number) = value.as_u64() else {
            return self.wrong(key, "a whole number", value, problems);
        };
        if range.contains(&number) {
            return Some(number);
        }
        let (low, high) = range.into_inner();
        problems.add(
            self.path(key),
            format!("must be between {low} and {high}, not {number}"),
        );
        None
    }

    /// A number from 0 to 1.
    pub fn fraction(&self, key: &str, problems: &mut Problems) -> Option<f64> {
        let value = self.get(key)?;
        let Some(number) = value.as_f64() else {
            return self.wrong(key, "a number", value, problems);
        };
        if (0.0..=1.0).contains(&number) {
            return Some(number);
        }
        let text = format!("must be a fraction between 0 and 1, such as 0.2, not {number}");
        problems.add(self.path(key), text);
        None
    }

    /// A list of texts, which must not be empty.
    pub fn texts(&self, key: &str, problems: &mut Problems) -> Option<Vec<String>> {
        let value = self.get(key)?;
        let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
        let texts: Option<Vec<String>> = items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect();
        texts
            .filter(|texts| !texts.is_empty())
            .or_else(|| self.wrong(key, "a list of strings", value, problems))
    }

    /// One of a few words, each with its meaning.
    pub fn choice<T: Copy>(
        &self,
        key: &str,
        choices: &[(&str, T)],
        problems: &mut Problems,
    ) -> Option<T> {
        let text = self.text(key, problems)?;
        if let Some((_, meaning)) = choices.iter().find(|(word, _)| *word == text) {
            return Some(*meaning);
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        let listed = list(&words);
        problems.add(self.path(key), format!("must be {listed}, not `{text}`"));
        None
    }

    fn wrong<T>(&self, key: &str, due: &str, value: &Value, problems: &mut Problems) -> Option<T> {
        problems.add(
            self.path(key),
            format!("must be {due}, not {}", kind(value)),
        );
        None
    }
}

/// What a value is, for people who write TOML.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}

/// "`a`, `b` or `c`".
pub fn list(words: &[&str]) -> String {
    let ticked: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match ticked.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => ticked.join(""),
    }
}

/// Names the known key that was probably meant, or all of them.
fn nearest(key: &str, known: &[&str]) -> String {
    let score = |word: &&&str| (strsim::jaro_winkler(key, word) * 1000.0) as u32;
    match known.iter().max_by_key(score) {
        Some(word) if strsim::jaro_winkler(key, word) > 0.75 => {
            format!("; did you mean `{word}`?")
        }
        _ => format!("; known here: {}", list(known).replace(" or ", " and ")),
    }
}
