//! How runs fared, by job and day, so that counting does not read the runs.

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyExecutor, Row as _};

use crate::error::Result;
use crate::time::{DAY, Millis};

/// What history says of jobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct History {
    pub(crate) done: i64,
    pub(crate) failed: i64,
    pub(crate) cancelled: i64,
    pub(crate) duration_ms: i64,
    pub(crate) bytes: i64,
}

impl History {
    fn of(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            done: row.try_get("done")?,
            failed: row.try_get("failed")?,
            cancelled: row.try_get("cancelled")?,
            duration_ms: row.try_get("duration_ms")?,
            bytes: row.try_get("bytes")?,
        })
    }
}

/// What the days since a moment say of a job, or of all of a tenant's.
pub(crate) async fn since<'a>(
    db: impl AnyExecutor<'a>,
    tenant: &str,
    job: Option<&str>,
    since: Millis,
) -> Result<History> {
    let row = sqlx::query(
        "SELECT CAST(COALESCE(SUM(done), 0) AS BIGINT) AS done, CAST(COALESCE(SUM(failed), 0) AS BIGINT) AS failed,
                CAST(COALESCE(SUM(cancelled), 0) AS BIGINT) AS cancelled, CAST(COALESCE(SUM(duration_ms), 0) AS BIGINT) AS duration_ms,
                CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS bytes
         FROM job_days WHERE tenant = $1 AND ($2 = '' OR job = $2) AND day >= $3",
    )
    .bind(tenant)
    .bind(job.unwrap_or_default())
    .bind(since.div_euclid(DAY))
    .fetch_one(db)
    .await?;
    History::of(&row)
}

/// What each day says of each job, in order, after a job and a day.
pub(crate) async fn days<'a>(
    db: impl AnyExecutor<'a>,
    tenant: &str,
    job: &str,
    day: i64,
    limit: i64,
) -> Result<Vec<(String, i64, History)>> {
    let rows = sqlx::query(
        "SELECT * FROM job_days WHERE tenant = $1 AND (job, day) > ($2, $3) ORDER BY job, day LIMIT $4",
    )
    .bind(tenant)
    .bind(job)
    .bind(day)
    .bind(limit)
    .fetch_all(db)
    .await?;
    let days = rows
        .iter()
        .map(|row| Ok((row.try_get("job")?, row.try_get("day")?, History::of(row)?)));
    days.collect()
}

/// Adds a run that is over to the history of its job.
pub(crate) async fn add(
    conn: &mut AnyConnection,
    tenant: &str,
    job: &str,
    ended: Millis,
    add: History,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO job_days (tenant, job, day, done, failed, cancelled, duration_ms, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (tenant, job, day) DO UPDATE SET done = job_days.done + excluded.done, failed = job_days.failed + excluded.failed,
            cancelled = job_days.cancelled + excluded.cancelled, duration_ms = job_days.duration_ms + excluded.duration_ms,
            bytes = job_days.bytes + excluded.bytes",
    )
    .bind(tenant)
    .bind(job)
    .bind(ended.div_euclid(DAY))
    .bind(add.done)
    .bind(add.failed)
    .bind(add.cancelled)
    .bind(add.duration_ms)
    .bind(add.bytes)
    .execute(conn)
    .await?;
    Ok(())
}
