//! Schedules: when jobs are due, and which moment was seen to last.

use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyExecutor, Row as _};

use crate::db::json;
use crate::error::Result;
use crate::time::Millis;

/// A schedule.
#[derive(Clone, Debug)]
pub(crate) struct ScheduleRow {
    pub(crate) id: String,
    pub(crate) tenant: String,
    pub(crate) job: String,
    pub(crate) document: Value,
    pub(crate) revision: i64,
    pub(crate) handled_at: Millis,
    pub(crate) next_at: Option<Millis>,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
}

impl ScheduleRow {
    fn of(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            tenant: row.try_get("tenant")?,
            job: row.try_get("job")?,
            document: json(row, "document")?,
            revision: row.try_get("revision")?,
            handled_at: row.try_get("handled_at")?,
            next_at: row.try_get("next_at")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
        })
    }
}

pub(crate) async fn insert(conn: &mut AnyConnection, schedule: &ScheduleRow) -> Result<()> {
    sqlx::query(
        "INSERT INTO schedules (id, tenant, job, document, revision, handled_at, next_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&schedule.id)
    .bind(&schedule.tenant)
    .bind(&schedule.job)
    .bind(schedule.document.to_string())
    .bind(schedule.revision)
    .bind(schedule.handled_at)
    .bind(schedule.next_at)
    .bind(schedule.created_at)
    .bind(schedule.updated_at)
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn find<'a>(
    db: impl AnyExecutor<'a>,
    tenant: &str,
    job: &str,
    id: &str,
) -> Result<Option<ScheduleRow>> {
    let row = sqlx::query("SELECT * FROM schedules WHERE tenant = $1 AND job = $2 AND id = $3")
        .bind(tenant)
        .bind(job)
        .bind(id)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(ScheduleRow::of).transpose()
}

pub(crate) async fn of_job<'a>(
    db: impl AnyExecutor<'a>,
    tenant: &str,
    job: &str,
) -> Result<Vec<ScheduleRow>> {
    let rows = sqlx::query("SELECT * FROM schedules WHERE tenant = $1 AND job = $2 ORDER BY id")
        .bind(tenant)
        .bind(job)
        .fetch_all(db)
        .await?;
    rows.iter().map(ScheduleRow::of).collect()
}

/// Schedules of all tenants that are due.
pub(crate) async fn due<'a>(
    db: impl AnyExecutor<'a>,
    now: Millis,
    limit: i64,
) -> Result<Vec<ScheduleRow>> {
    let rows =
        sqlx::query("SELECT * FROM schedules WHERE next_at <= $1 ORDER BY next_at, id LIMIT $2")
            .bind(now)
            .bind(limit)
            .fetch_all(db)
            .await?;
    rows.iter().map(ScheduleRow::of).collect()
}

/// Marks moments as seen to, if nobody else did.
pub(crate) async fn handled(
    conn: &mut AnyConnection,
    schedule: &ScheduleRow,
    handled_at: Millis,
    next_at: Option<Millis>,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE schedules SET handled_at = $1, next_at = $2 WHERE id = $3 AND handled_at = $4 AND revision = $5",
    )
    .bind(handled_at)
    .bind(next_at)
    .bind(&schedule.id)
    .bind(schedule.handled_at)
    .bind(schedule.revision)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes what may change of a schedule, if it is still of this revision.
pub(crate) async fn update(
    conn: &mut AnyConnection,
    schedule: &ScheduleRow,
    now: Millis,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE schedules SET document = $1, handled_at = $2, next_at = $3, revision = revision + 1, updated_at = $4
         WHERE tenant = $5 AND id = $6 AND revision = $7",
    )
    .bind(schedule.document.to_string())
    .bind(schedule.handled_at)
    .bind(schedule.next_at)
    .bind(now)
    .bind(&schedule.tenant)
    .bind(&schedule.id)
    .bind(schedule.revision)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(crate) async fn delete(conn: &mut AnyConnection, tenant: &str, id: &str) -> Result<bool> {
    let done = sqlx::query("DELETE FROM schedules WHERE tenant = $1 AND id = $2")
        .bind(tenant)
        .bind(id)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}
