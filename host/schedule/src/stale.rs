//! When a job that has not succeeded for long is worth an alert.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fields::Fields;
use crate::problems::Problems;

/// How long a job may go without success: an hour to 92 days, written `{ "hours": 26 }` or `{ "days": 7 }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value", rename_all = "snake_case", deny_unknown_fields)]
pub enum StaleAfter {
    /// 1 to 2208 hours.
    Hours(u16),
    /// 1 to 92 days of 24 hours.
    Days(u16),
}

impl StaleAfter {
    /// Reads how long.
    ///
    /// # Errors
    /// All problems at once, unknown keys among them.
    pub fn parse(document: &Value) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let mut fields = Fields::new(document, "", &mut problems);
        let given = (fields.optional("hours"), fields.optional("days"));
        let hours = fields.number("hours", 1..=2208).map(Self::Hours);
        let days = fields.number("days", 1..=92).map(Self::Days);
        let hint = "write either `{ \"hours\": 26 }` or `{ \"days\": 7 }`";
        match given {
            (Some(_), Some(_)) => fields.problem("days", "stands next to `hours`", hint),
            (None, None) if document.is_object() => fields.problem("hours", "is missing", hint),
            _ => {}
        }
        fields.finish();
        problems.or(())?;
        Ok(hours.or(days).expect("one of them, as there is no problem"))
    }

    /// How long that is.
    #[must_use]
    pub fn span(self) -> SignedDuration {
        match self {
            Self::Hours(hours) => SignedDuration::from_hours(hours.into()),
            Self::Days(days) => SignedDuration::from_hours(i64::from(days) * 24),
        }
    }

    /// When the alert is due, unless the job succeeds before: counted from its last success, or from when it was made.
    #[must_use]
    pub fn due(self, since: Timestamp) -> Timestamp {
        since.checked_add(self.span()).unwrap_or(Timestamp::MAX)
    }

    /// Whether the job has gone without success for so long.
    #[must_use]
    pub fn is_stale(self, since: Timestamp, now: Timestamp) -> bool {
        now >= self.due(since)
    }
}

impl TryFrom<Value> for StaleAfter {
    type Error = Problems;

    fn try_from(document: Value) -> Result<Self, Problems> {
        Self::parse(&document)
    }
}
