//! Problems of a document, each with its place.

use crate::error::{Code, Failure};
use serde_json::Value;
use std::fmt;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, as in `domo.dataset`; empty for the document as a whole.
    pub path: String,
    /// What.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => f.write_str(&self.text),
            path => write!(f, "`{path}` {}", self.text),
        }
    }
}

/// All that is wrong.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Adds one.
    pub fn add(&mut self, path: String, text: impl Into<String>) {
        let text = text.into();
        self.0.push(Problem { path, text });
    }

    /// The value, if nothing is wrong; else a failure that lists everything.
    pub fn settle<T>(self, value: Option<T>, code: Code, whose: &str) -> Result<T, Failure> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self.failure(code, whose)),
        }
    }

    fn failure(self, code: Code, whose: &str) -> Failure {
        let lines: Vec<String> = self.0.iter().map(|p| format!("  {p}")).collect();
        let count = match lines.len() {
            1 => "a problem".to_owned(),
            n => format!("{n} problems"),
        };
        let message = format!("{whose} has {count}:\n{}", lines.join("\n"));
        let hint = match code {
            Code::QueryInvalid => "see `writeback browse --help`",
            _ => "see `writeback schema job` for every key",
        };
        Failure::new(code, message).hint(hint)
    }
}

/// Parses a JSON document.
pub fn document(text: &str, problems: &mut Problems) -> Option<Value> {
    let value = serde_json::from_str(text);
    value
        .map_err(|error| problems.add(String::new(), format!("it is not JSON: {error}")))
        .ok()
}
