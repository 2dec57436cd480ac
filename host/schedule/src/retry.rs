//! When a failed run is tried again. Which failures are worth it is not decided here.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::fields::Fields;
use crate::problems::Problems;

const DAY_SECONDS: u32 = 86_400;
/// All waits of one run together.
const MOST_SECONDS: u64 = 7 * 86_400;

/// How often a failed scheduled run is tried again, and how long is waited in between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "Value", deny_unknown_fields)]
pub struct RetryPolicy {
    /// How often after the first time. 0 never.
    #[schema(default = 3, minimum = 0, maximum = 10, required = false)]
    retries: u32,
    /// From a failure to the next try.
    #[schema(default = 300, minimum = 1, maximum = 86_400, required = false)]
    wait_seconds: u32,
    /// How the wait grows.
    #[schema(default = "fixed", required = false)]
    backoff: Backoff,
    /// Where `exponential` stops growing; `fixed` has no use for it. At least `wait_seconds`.
    #[schema(default = 3600, minimum = 1, maximum = 86_400, required = false)]
    max_wait_seconds: u32,
}

/// How the wait grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Backoff {
    /// Not at all.
    #[default]
    Fixed,
    /// It doubles each time.
    Exponential,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            retries: 3,
            wait_seconds: 300,
            backoff: Backoff::Fixed,
            max_wait_seconds: 3600,
        }
    }
}

impl RetryPolicy {
    /// Reads a policy.
    ///
    /// # Errors
    /// All problems at once, unknown keys among them.
    pub fn parse(document: &Value) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let mut fields = Fields::new(document, "", &mut problems);
        let default = Self::default();
        let wait_seconds = fields
            .number("wait_seconds", 1..=DAY_SECONDS)
            .unwrap_or(default.wait_seconds);
        let backoff = fields
            .optional("backoff")
            .and_then(|value| fields.word("backoff", value, &["fixed", "exponential"]));
        let policy = Self {
            retries: fields.number("retries", 0..=10).unwrap_or(default.retries),
            wait_seconds,
            backoff: match backoff {
                Some(1) => Backoff::Exponential,
                _ => Backoff::Fixed,
            },
            max_wait_seconds: fields
                .number("max_wait_seconds", 1..=DAY_SECONDS)
                .unwrap_or(default.max_wait_seconds.max(wait_seconds)),
        };
        if policy.max_wait_seconds < wait_seconds {
            let message = format!("is less than `wait_seconds`, {wait_seconds}");
            fields.problem(
                "max_wait_seconds",
                message,
                "write at least as much, or leave it out",
            );
        }
        fields.finish();
        if problems.list().is_empty() && policy.longest().as_secs() > MOST_SECONDS {
            let message = format!(
                "all waits together are {} days",
                policy.longest().as_secs() / 86_400
            );
            problems.add(
                "retries",
                message,
                "keep them below 7 days: fewer, or shorter",
            );
        }
        problems.or(policy)
    }

    /// How often after the first time.
    #[must_use]
    pub fn retries(&self) -> u32 {
        self.retries
    }

    /// How long to wait after this many failures of the same run. None where it is not tried again.
    #[must_use]
    pub fn wait(&self, failures: u32) -> Option<Duration> {
        if !(1..=self.retries).contains(&failures) {
            return None;
        }
        let seconds = match self.backoff {
            Backoff::Fixed => self.wait_seconds,
            Backoff::Exponential => self
                .wait_seconds
                .saturating_mul(1 << (failures - 1))
                .min(self.max_wait_seconds),
        };
        Some(Duration::from_secs(seconds.into()))
    }

    /// When to try again a run that has failed this many times, just now. None where it is not tried again.
    #[must_use]
    pub fn next_attempt(&self, failures: u32, now: Timestamp) -> Option<Timestamp> {
        now.checked_add(self.wait(failures)?).ok()
    }

    /// All waits together: how long after the first failure the last try begins at most, runs aside.
    #[must_use]
    pub fn longest(&self) -> Duration {
        (1..=self.retries)
            .filter_map(|failures| self.wait(failures))
            .sum()
    }
}

impl TryFrom<Value> for RetryPolicy {
    type Error = Problems;

    fn try_from(document: Value) -> Result<Self, Problems> {
        Self::parse(&document)
    }
}
