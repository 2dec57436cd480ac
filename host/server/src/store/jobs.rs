//! Jobs: the job file's content with its revisions, and what is known of how it fares.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyExecutor, Row as _};
use utoipa::ToSchema;

use crate::db::json;
use crate::error::{Error, Result};
use crate::time::Millis;

/// Whether a job's schedules start it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    /// They do.
    Enabled,
    /// Only people and programs start it.
    Paused,
}

impl JobState {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Paused => "paused",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "enabled" => Self::Enabled,
            _ => Self::Paused,
        }
    }
}

/// What happens after a scheduled run fails for a reason that may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retry {
    /// How often it is tried again.
    #[schema(maximum = 20)]
    pub retries: u32,
    /// How long after a failure.
    #[schema(minimum = 1, maximum = 86_400)]
    pub wait_seconds: u32,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            retries: 3,
            wait_seconds: 300,
        }
    }
}

/// A job.
#[derive(Clone, Debug)]
pub(crate) struct JobRow {
    pub(crate) id: String,
    pub(crate) tenant: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) state: JobState,
    pub(crate) revision: i64,
    pub(crate) document: Value,
    pub(crate) destination: String,
    pub(crate) priority: i64,
    pub(crate) retry: Retry,
    pub(crate) stale_after_ms: Option<Millis>,
    pub(crate) failing: bool,
    pub(crate) stale: bool,
    pub(crate) succeeded_at: Option<Millis>,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
}

impl JobRow {
    fn of(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            tenant: row.try_get("tenant")?,
            name: row.try_get("name")?,
            description: row.try_get("description")?,
            state: JobState::of(row.try_get("state")?),
            revision: row.try_get("revision")?,
            document: json(row, "document")?,
            destination: row.try_get("destination")?,
            priority: row.try_get("priority")?,
            retry: json(row, "retry")?,
            stale_after_ms: row.try_get("stale_after_ms")?,
            failing: row.try_get::<i64, _>("failing")? != 0,
            stale: row.try_get::<i64, _>("stale")? != 0,
            succeeded_at: row.try_get("succeeded_at")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
        })
    }
}

pub(crate) async fn insert(conn: &mut AnyConnection, job: &JobRow) -> Result<()> {
    sqlx::query(
        "INSERT INTO jobs (id, tenant, name, description, state, revision, document, destination, priority, retry, stale_after_ms,
                           failing, stale, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, $12, $13)",
    )
    .bind(&job.id)
    .bind(&job.tenant)
    .bind(&job.name)
    .bind(&job.description)
    .bind(job.state.word())
    .bind(job.revision)
    .bind(job.document.to_string())
    .bind(&job.destination)
    .bind(job.priority)
    .bind(text(job.retry)?)
    .bind(job.stale_after_ms)
    .bind(job.created_at)
    .bind(job.updated_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// By identifier or by name.
pub(crate) async fn find<'a>(
    db: impl AnyExecutor<'a>,
    tenant: &str,
    which: &str,
) -> Result<Option<JobRow>> {
    let row = sqlx::query("SELECT * FROM jobs WHERE tenant = $1 AND (id = $2 OR name = $2)")
        .bind(tenant)
        .bind(which)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(JobRow::of).transpose()
}

/// Jobs of a tenant by name, after one.
pub(crate) async fn list<'a>(
    db: impl AnyExecutor<'a>,
    tenant: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<JobRow>> {
    let rows =
        sqlx::query("SELECT * FROM jobs WHERE tenant = $1 AND name > $2 ORDER BY name LIMIT $3")
            .bind(tenant)
            .bind(after)
            .bind(limit)
            .fetch_all(db)
            .await?;
    rows.iter().map(JobRow::of).collect()
}

pub(crate) async fn count(conn: &mut AnyConnection, tenant: &str) -> Result<i64> {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM jobs WHERE tenant = $1")
        .bind(tenant)
        .fetch_one(conn)
        .await?;
    Ok(row.try_get("n")?)
}

/// Writes what people may change of a job, if it is still of this revision.
pub(crate) async fn update(conn: &mut AnyConnection, job: &JobRow, now: Millis) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE jobs SET name = $1, description = $2, state = $3, document = $4, destination = $5, priority = $6, retry = $7,
                         stale_after_ms = $8, revision = revision + 1, updated_at = $9
         WHERE tenant = $10 AND id = $11 AND revision = $12",
    )
    .bind(&job.name)
    .bind(&job.description)
    .bind(job.state.word())
    .bind(job.document.to_string())
    .bind(&job.destination)
    .bind(job.priority)
    .bind(text(job.retry)?)
    .bind(job.stale_after_ms)
    .bind(now)
    .bind(&job.tenant)
    .bind(&job.id)
    .bind(job.revision)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes a job with its schedules and revisions. Its runs stay in the history.
pub(crate) async fn delete(conn: &mut AnyConnection, tenant: &str, id: &str) -> Result<()> {
    for statement in [
        "DELETE FROM schedules WHERE tenant = $1 AND job = $2",
        "DELETE FROM job_accounts WHERE tenant = $1 AND job = $2",
        "DELETE FROM job_revisions WHERE tenant = $1 AND job = $2",
        "DELETE FROM jobs WHERE tenant = $1 AND id = $2",
    ] {
        sqlx::query(statement)
            .bind(tenant)
            .bind(id)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// Puts on record which accounts a job names.
pub(crate) async fn set_accounts(
    conn: &mut AnyConnection,
    tenant: &str,
    job: &str,
    accounts: &[String],
) -> Result<()> {
    sqlx::query("DELETE FROM job_accounts WHERE tenant = $1 AND job = $2")
        .bind(tenant)
        .bind(job)
        .execute(&mut *conn)
        .await?;
    for account in accounts {
        sqlx::query("INSERT INTO job_accounts (tenant, job, account) VALUES ($1, $2, $3)")
            .bind(tenant)
            .bind(job)
            .bind(account)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// The names of the jobs that name an account.
pub(crate) async fn of_account<'a>(
    db: impl AnyExecutor<'a>,
    tenant: &str,
    account: &str,
) -> Result<Vec<String>> {
    let rows = sqlx::query(
        "SELECT j.name AS name FROM job_accounts a JOIN jobs j ON j.id = a.job AND j.tenant = a.tenant
         WHERE a.tenant = $1 AND a.account = $2 ORDER BY j.name",
    )
    .bind(tenant)
    .bind(account)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok(row.try_get("name")?)).collect()
}

/// A revision of a job.
#[derive(Clone, Debug)]
pub(crate) struct RevisionRow {
    pub(crate) revision: i64,
    pub(crate) document: Value,
    pub(crate) changed_by: String,
    pub(crate) changed_at: Millis,
}

impl RevisionRow {
    fn of(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            revision: row.try_get("revision")?,
            document: json(row, "document")?,
            changed_by: row.try_get("changed_by")?,
            changed_at: row.try_get("changed_at")?,
        })
    }
}

pub(crate) async fn insert_revision(
    conn: &mut AnyConnection,
    tenant: &str,
    job: &str,
    revision: &RevisionRow,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO job_revisions (tenant, job, revision, document, changed_by, changed_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(tenant)
    .bind(job)
    .bind(revision.revision)
    .bind(revision.document.to_string())
    .bind(&revision.changed_by)
    .bind(revision.changed_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Revisions of a job, the newest first, before one.
pub(crate) async fn revisions<'a>(
    db: impl AnyExecutor<'a>,
    tenant: &str,
    job: &str,
    before: i64,
    limit: i64,
) -> Result<Vec<RevisionRow>> {
    let rows = sqlx::query(
        "SELECT * FROM job_revisions WHERE tenant = $1 AND job = $2 AND revision < $3 ORDER BY revision DESC LIMIT $4",
    )
    .bind(tenant)
    .bind(job)
    .bind(before)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(RevisionRow::of).collect()
}

pub(crate) async fn revision<'a>(
    db: impl AnyExecutor<'a>,
    tenant: &str,
    job: &str,
    revision: i64,
) -> Result<Option<RevisionRow>> {
    let row =
        sqlx::query("SELECT * FROM job_revisions WHERE tenant = $1 AND job = $2 AND revision = $3")
            .bind(tenant)
            .bind(job)
            .bind(revision)
            .fetch_optional(db)
            .await?;
    row.as_ref().map(RevisionRow::of).transpose()
}

fn text(retry: Retry) -> Result<String> {
    serde_json::to_string(&retry).map_err(Error::stored("retry"))
}
