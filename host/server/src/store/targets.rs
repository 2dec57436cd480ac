//! Who is told what happens: targets, and what was or is to be delivered to them.

use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyExecutor, Row as _};

use crate::db::json;
use crate::error::Result;
use crate::time::Millis;

/// A target.
#[derive(Clone, Debug)]
pub(crate) struct TargetRow {
    pub(crate) id: String,
    pub(crate) tenant: String,
    pub(crate) kind: String,
    /// As it is shown; a secret is a mark.
    pub(crate) document: Value,
    /// Its secrets. Empty where it has none.
    pub(crate) sealed: String,
    pub(crate) revision: i64,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
}

impl TargetRow {
    fn of(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            tenant: row.try_get("tenant")?,
            kind: row.try_get("kind")?,
            document: json(row, "document")?,
            sealed: row.try_get("sealed")?,
            revision: row.try_get("revision")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
        })
    }
}

/// Targets of a tenant by age, after one.
pub(crate) async fn list<'a>(
    db: impl AnyExecutor<'a>,
    tenant: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<TargetRow>> {
    let rows =
        sqlx::query("SELECT * FROM targets WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3")
            .bind(tenant)
            .bind(after)
            .bind(limit)
            .fetch_all(db)
            .await?;
    rows.iter().map(TargetRow::of).collect()
}

pub(crate) async fn find<'a>(
    db: impl AnyExecutor<'a>,
    tenant: &str,
    id: &str,
) -> Result<Option<TargetRow>> {
    let row = sqlx::query("SELECT * FROM targets WHERE tenant = $1 AND id = $2")
        .bind(tenant)
        .bind(id)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(TargetRow::of).transpose()
}

pub(crate) async fn count(conn: &mut AnyConnection, tenant: &str) -> Result<i64> {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM targets WHERE tenant = $1")
        .bind(tenant)
        .fetch_one(conn)
        .await?;
    Ok(row.try_get("n")?)
}

pub(crate) async fn insert(conn: &mut AnyConnection, target: &TargetRow) -> Result<()> {
    sqlx::query(
        "INSERT INTO targets (id, tenant, kind, document, sealed, revision, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&target.id)
    .bind(&target.tenant)
    .bind(&target.kind)
    .bind(target.document.to_string())
    .bind(&target.sealed)
    .bind(target.revision)
    .bind(target.created_at)
    .bind(target.updated_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes what may change of a target, if it is still of this revision.
pub(crate) async fn update(
    conn: &mut AnyConnection,
    target: &TargetRow,
    now: Millis,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE targets SET kind = $1, document = $2, sealed = $3, revision = revision + 1, updated_at = $4
         WHERE tenant = $5 AND id = $6 AND revision = $7",
    )
    .bind(&target.kind)
    .bind(target.document.to_string())
    .bind(&target.sealed)
    .bind(now)
    .bind(&target.tenant)
    .bind(&target.id)
    .bind(target.revision)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes a target with what was delivered to it.
pub(crate) async fn delete(conn: &mut AnyConnection, tenant: &str, id: &str) -> Result<()> {
    for statement in [
        "DELETE FROM deliveries WHERE tenant = $1 AND target = $2",
        "DELETE FROM targets WHERE tenant = $1 AND id = $2",
    ] {
        sqlx::query(statement)
            .bind(tenant)
            .bind(id)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// A message to a target.
#[derive(Clone, Debug)]
pub(crate) struct DeliveryRow {
    pub(crate) id: String,
    pub(crate) tenant: String,
    pub(crate) target: String,
    pub(crate) event: String,
    pub(crate) message: Value,
    /// `pending`, `delivered` or `failed`.
    pub(crate) state: String,
    pub(crate) attempts: i64,
    pub(crate) next_at: Millis,
    pub(crate) error: Option<String>,
    pub(crate) created_at: Millis,
    pub(crate) ended_at: Option<Millis>,
}

impl DeliveryRow {
    fn of(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            tenant: row.try_get("tenant")?,
            target: row.try_get("target")?,
            event: row.try_get("event")?,
            message: json(row, "message")?,
            state: row.try_get("state")?,
            attempts: row.try_get("attempts")?,
            next_at: row.try_get("next_at")?,
            error: row.try_get("error")?,
            created_at: row.try_get("created_at")?,
            ended_at: row.try_get("ended_at")?,
        })
    }
}

/// Messages to a target, the newest first, before one.
pub(crate) async fn deliveries<'a>(
    db: impl AnyExecutor<'a>,
    tenant: &str,
    target: &str,
    before: &str,
    limit: i64,
) -> Result<Vec<DeliveryRow>> {
    let rows = sqlx::query(
        "SELECT * FROM deliveries WHERE tenant = $1 AND target = $2 AND id < $3 ORDER BY id DESC LIMIT $4",
    )
    .bind(tenant)
    .bind(target)
    .bind(before)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(DeliveryRow::of).collect()
}

/// Messages of active tenants that are due: of each tenant a few, so that none waits for another's.
pub(crate) async fn due<'a>(
    db: impl AnyExecutor<'a>,
    now: Millis,
    of_each: i64,
    limit: i64,
) -> Result<Vec<DeliveryRow>> {
    let rows = sqlx::query(
        "SELECT * FROM (
             SELECT d.*, ROW_NUMBER() OVER (PARTITION BY d.tenant ORDER BY d.next_at, d.id) AS place
             FROM deliveries d JOIN tenants t ON t.id = d.tenant
             WHERE d.state = 'pending' AND d.next_at <= $1 AND t.state = 'active'
         ) AS due WHERE place <= $2 ORDER BY place, next_at, id LIMIT $3",
    )
    .bind(now)
    .bind(of_each)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(DeliveryRow::of).collect()
}

/// Takes a message for one attempt that ends before `until`. `false` where another process has it.
pub(crate) async fn claim(
    conn: &mut AnyConnection,
    delivery: &DeliveryRow,
    until: Millis,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE deliveries SET attempts = attempts + 1, next_at = $1
         WHERE tenant = $2 AND id = $3 AND state = 'pending' AND attempts = $4 AND next_at = $5",
    )
    .bind(until)
    .bind(&delivery.tenant)
    .bind(&delivery.id)
    .bind(delivery.attempts)
    .bind(delivery.next_at)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Puts on record how the attempt ended that [`claim`] began, unless another one has begun since.
pub(crate) async fn attempted(conn: &mut AnyConnection, delivery: &DeliveryRow) -> Result<()> {
    sqlx::query(
        "UPDATE deliveries SET state = $1, next_at = $2, error = $3, ended_at = $4
         WHERE tenant = $5 AND id = $6 AND state = 'pending' AND attempts = $7",
    )
    .bind(&delivery.state)
    .bind(delivery.next_at)
    .bind(&delivery.error)
    .bind(delivery.ended_at)
    .bind(&delivery.tenant)
    .bind(&delivery.id)
    .bind(delivery.attempts)
    .execute(conn)
    .await?;
    Ok(())
}
