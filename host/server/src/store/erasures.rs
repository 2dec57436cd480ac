//! Tenants that were erased, or are being erased: what is left on record of them.

use serde_json::{Value, json};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyExecutor, Row as _};

use crate::db::json as document;
use crate::error::Result;
use crate::runner::Forgotten;
use crate::time::Millis;

/// An erasure.
#[derive(Clone, Debug)]
pub(crate) struct ErasureRow {
    pub(crate) id: String,
    pub(crate) tenant: String,
    pub(crate) name: String,
    pub(crate) actor: String,
    /// `running` or `done`.
    pub(crate) state: String,
    pub(crate) detail: Value,
    pub(crate) requested_at: Millis,
    pub(crate) ended_at: Option<Millis>,
}

impl ErasureRow {
    fn of(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            tenant: row.try_get("tenant")?,
            name: row.try_get("name")?,
            actor: row.try_get("actor")?,
            state: row.try_get("state")?,
            detail: document(row, "detail")?,
            requested_at: row.try_get("requested_at")?,
            ended_at: row.try_get("ended_at")?,
        })
    }
}

pub(crate) async fn insert(conn: &mut AnyConnection, erasure: &ErasureRow) -> Result<()> {
    sqlx::query(
        "INSERT INTO erasures (id, tenant, name, actor, state, detail, requested_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&erasure.id)
    .bind(&erasure.tenant)
    .bind(&erasure.name)
    .bind(&erasure.actor)
    .bind(&erasure.state)
    .bind(erasure.detail.to_string())
    .bind(erasure.requested_at)
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn find<'a>(db: impl AnyExecutor<'a>, id: &str) -> Result<Option<ErasureRow>> {
    let row = sqlx::query("SELECT * FROM erasures WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(ErasureRow::of).transpose()
}

/// Erasures, the newest first, before one.
pub(crate) async fn list<'a>(
    db: impl AnyExecutor<'a>,
    before: &str,
    limit: i64,
) -> Result<Vec<ErasureRow>> {
    let rows = sqlx::query("SELECT * FROM erasures WHERE id < $1 ORDER BY id DESC LIMIT $2")
        .bind(before)
        .bind(limit)
        .fetch_all(db)
        .await?;
    rows.iter().map(ErasureRow::of).collect()
}

/// Erasures that are not done, the oldest first.
pub(crate) async fn open<'a>(db: impl AnyExecutor<'a>) -> Result<Vec<ErasureRow>> {
    let rows = sqlx::query("SELECT * FROM erasures WHERE state = 'running' ORDER BY id")
        .fetch_all(db)
        .await?;
    rows.iter().map(ErasureRow::of).collect()
}

/// Has an erasure for the rest of the transaction. `false` where it is done.
pub(crate) async fn hold(conn: &mut AnyConnection, id: &str) -> Result<bool> {
    let done =
        sqlx::query("UPDATE erasures SET state = 'running' WHERE id = $1 AND state = 'running'")
            .bind(id)
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Adds rows that are gone from a table. Needs [`hold`].
pub(crate) async fn count(
    conn: &mut AnyConnection,
    id: &str,
    table: &str,
    rows: u64,
) -> Result<()> {
    let mut detail = detail(conn, id).await?;
    let before = detail["rows"][table].as_u64().unwrap_or_default();
    detail["rows"][table] = json!(before + rows);
    set_detail(conn, id, &detail).await
}

/// Puts on record what an erasure waits for. Needs [`hold`].
pub(crate) async fn waits_for(
    conn: &mut AnyConnection,
    id: &str,
    runs: i64,
    machines: &[String],
) -> Result<()> {
    let mut detail = detail(conn, id).await?;
    detail["runs"] = json!(runs);
    detail["machines"] = json!(machines);
    set_detail(conn, id, &detail).await
}

/// Adds what a machine had of a tenant that is being erased.
pub(crate) async fn forgotten(
    conn: &mut AnyConnection,
    tenant: &str,
    removed: Forgotten,
) -> Result<()> {
    let row = sqlx::query(
        "UPDATE erasures SET state = 'running' WHERE tenant = $1 AND state = 'running' RETURNING id, detail",
    )
    .bind(tenant)
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else {
        return Ok(());
    };
    let (id, mut detail): (String, Value) = (row.try_get("id")?, document(&row, "detail")?);
    for (name, more) in [
        ("spool_files", removed.spool_files),
        ("spool_bytes", removed.spool_bytes),
    ] {
        let before = detail[name].as_u64().unwrap_or_default();
        detail[name] = json!(before + more);
    }
    set_detail(conn, &id, &detail).await
}

async fn detail(conn: &mut AnyConnection, id: &str) -> Result<Value> {
    let row = sqlx::query("SELECT detail FROM erasures WHERE id = $1")
        .bind(id)
        .fetch_one(conn)
        .await?;
    document(&row, "detail")
}

async fn set_detail(conn: &mut AnyConnection, id: &str, detail: &Value) -> Result<()> {
    sqlx::query("UPDATE erasures SET detail = $1 WHERE id = $2")
        .bind(detail.to_string())
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn end(conn: &mut AnyConnection, id: &str, now: Millis) -> Result<()> {
    sqlx::query("UPDATE erasures SET state = 'done', ended_at = $1 WHERE id = $2")
        .bind(now)
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}
