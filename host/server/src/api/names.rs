//! Checks of what clients send: all that is wrong, at once.

use serde_json::Value;

use super::problem::{FieldError, Problem};
use crate::db::is_duplicate;
use crate::error::Error;

/// The longest name.
pub(crate) const NAME_CHARS: usize = 64;

/// What was found wrong so far.
#[derive(Debug, Default)]
pub(crate) struct Checks(Vec<FieldError>);

impl Checks {
    /// Adds one thing.
    pub(crate) fn add(&mut self, path: &str, message: impl Into<String>) {
        self.0.push(FieldError {
            path: path.to_owned(),
            message: message.into(),
        });
    }

    /// A number within bounds.
    pub(crate) fn between(&mut self, path: &str, value: u32, least: u32, most: u32) {
        if !(least..=most).contains(&value) {
            self.add(path, format!("{value} is not between {least} and {most}"));
        }
    }

    /// A text of at most so many characters, none of which steers a terminal.
    pub(crate) fn length(&mut self, path: &str, value: &str, most: usize) {
        if value.chars().count() > most {
            self.add(path, format!("it has more than {most} characters"));
        }
        if value.chars().any(|c| c.is_control() && c != '\n') {
            self.add(path, "it has control characters");
        }
    }

    /// A part of `writeback.toml`.
    pub(crate) fn config(&mut self, path: &str, document: &Value) {
        if let Err(problems) = writeback_policy::config::parse(document, std::path::Path::new("/"))
        {
            for problem in problems.list() {
                let path = [path, problem.path.as_str()];
                let path = path.into_iter().filter(|part| !part.is_empty());
                self.add(&path.collect::<Vec<_>>().join("."), &problem.message);
            }
        }
    }

    /// Refuses the request where anything is wrong.
    pub(crate) fn end(self) -> Result<(), Problem> {
        match self.0.is_empty() {
            true => Ok(()),
            false => Err(Problem::invalid(self.0)),
        }
    }
}

/// A name: 1 to 64 of letters, digits, `-`, `_` and `.`, beginning with a letter or digit.
pub(crate) fn check_name(checks: &mut Checks, path: &str, name: &str) {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let good = (1..=NAME_CHARS).contains(&name.len())
        && name.chars().all(plain)
        && name.starts_with(|first: char| first.is_ascii_alphanumeric());
    if !good {
        checks.add(
            path,
            format!("a name is 1 to {NAME_CHARS} of A-Z, a-z, 0-9, `-`, `_` and `.`, and begins with a letter or digit"),
        );
    }
}

/// What the client is told where a name is in use.
pub(crate) fn taken(error: Error, name: &str) -> Problem {
    match error {
        Error::Database(error) if is_duplicate(&error) => Problem::conflict(
            "name-taken",
            format!("there is something called `{name}` already"),
        ),
        error => error.into(),
    }
}
