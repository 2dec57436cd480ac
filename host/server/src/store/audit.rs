//! The audit log: who changed what, when. Written in the transaction of the change.

use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyExecutor, Row as _};

use crate::db::json;
use crate::error::Result;
use crate::ids;
use crate::time::Millis;

/// An entry.
#[derive(Clone, Debug)]
pub(crate) struct AuditRow {
    pub(crate) id: String,
    pub(crate) at: Millis,
    pub(crate) actor: String,
    pub(crate) action: String,
    pub(crate) subject: String,
    pub(crate) detail: Value,
}

impl AuditRow {
    fn of(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            at: row.try_get("at")?,
            actor: row.try_get("actor")?,
            action: row.try_get("action")?,
            subject: row.try_get("subject")?,
            detail: json(row, "detail")?,
        })
    }
}

/// What is put on record.
pub(crate) struct Entry<'a> {
    /// Empty for the installation.
    pub(crate) tenant: &'a str,
    pub(crate) actor: &'a str,
    pub(crate) action: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) detail: Value,
}

pub(crate) async fn insert(conn: &mut AnyConnection, entry: Entry<'_>, now: Millis) -> Result<()> {
    sqlx::query(
        "INSERT INTO audit (id, tenant, at, actor, action, subject, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(ids::new("aud"))
    .bind(entry.tenant)
    .bind(now)
    .bind(entry.actor)
    .bind(entry.action)
    .bind(entry.subject)
    .bind(entry.detail.to_string())
    .execute(conn)
    .await?;
    Ok(())
}

/// Entries of a tenant, the newest first, before one.
pub(crate) async fn list<'a>(
    db: impl AnyExecutor<'a>,
    tenant: &str,
    before: &str,
    limit: i64,
) -> Result<Vec<AuditRow>> {
    let rows =
        sqlx::query("SELECT * FROM audit WHERE tenant = $1 AND id < $2 ORDER BY id DESC LIMIT $3")
            .bind(tenant)
            .bind(before)
            .bind(limit)
            .fetch_all(db)
            .await?;
    rows.iter().map(AuditRow::of).collect()
}
