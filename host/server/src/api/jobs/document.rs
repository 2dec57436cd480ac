//! Jobs as the API shows and takes them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::store::jobs::{JobRow, JobState, Retry, RevisionRow};
use crate::time::{Millis, SECOND};

/// A job.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Job {
    /// Its identifier.
    pub id: String,
    /// What it is, as [`NewJob`] says it.
    #[serde(flatten)]
    pub content: NewJob,
    /// Changes with every change.
    pub revision: i64,
    /// Whether its last runs failed, and since then none went well.
    pub failing: bool,
    /// Whether it was told that the file is older than `stale_after_seconds`.
    pub stale: bool,
    /// When a run of it last went well, in milliseconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub succeeded_at_ms: Option<Millis>,
    /// Milliseconds since the epoch.
    pub created_at_ms: Millis,
    /// Milliseconds since the epoch.
    pub updated_at_ms: Millis,
}

impl From<JobRow> for Job {
    fn from(row: JobRow) -> Self {
        Self {
            id: row.id,
            content: NewJob {
                name: row.name,
                description: row.description,
                state: row.state,
                priority: row.priority,
                retry: row.retry,
                stale_after_seconds: row.stale_after_ms.map(|after| after / SECOND),
                job: row.document,
            },
            revision: row.revision,
            failing: row.failing,
            stale: row.stale,
            succeeded_at_ms: row.succeeded_at,
            created_at_ms: row.created_at,
            updated_at_ms: row.updated_at,
        }
    }
}

/// What a job is.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJob {
    /// Its name: letters, digits, `-`, `_` and `.`, unique in the tenant. It may stand for the identifier.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^[A-Za-z0-9][A-Za-z0-9._-]*$"
    )]
    pub name: String,
    /// What it is for.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub description: String,
    /// Whether its schedules start it.
    #[serde(default = "enabled")]
    pub state: JobState,
    /// Of a tenant's runs that wait, those with the higher number are first.
    #[serde(default)]
    #[schema(minimum = -100, maximum = 100)]
    pub priority: i64,
    /// What happens after a scheduled run fails for a reason that may pass.
    #[serde(default)]
    pub retry: Retry,
    /// How old the file may become until somebody is told: an hour to 92 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 3600, maximum = 7_948_800)]
    pub stale_after_seconds: Option<i64>,
    /// The job file's content, as its schema says.
    #[schema(value_type = Object)]
    pub job: Value,
}

fn enabled() -> JobState {
    JobState::Enabled
}

/// Whether a job's schedules start it.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StateChange {
    /// `enabled` or `paused`.
    pub state: JobState,
}

/// What a job was.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Revision {
    /// Its number.
    pub revision: i64,
    /// The job, as it was sent.
    pub content: NewJob,
    /// Whose token it was.
    pub changed_by: String,
    /// Milliseconds since the epoch.
    pub changed_at_ms: Millis,
}

impl TryFrom<RevisionRow> for Revision {
    type Error = crate::error::Error;

    fn try_from(row: RevisionRow) -> Result<Self, Self::Error> {
        Ok(Self {
            revision: row.revision,
            content: serde_json::from_value(row.document)
                .map_err(crate::error::Error::stored("a revision"))?,
            changed_by: row.changed_by,
            changed_at_ms: row.changed_at,
        })
    }
}
