//! Requests that were done under a key of the client's.

use sqlx::{AnyConnection, Row as _};

use crate::error::Result;
use crate::time::{DAY, MINUTE, Millis};

/// What was done under a key.
pub(crate) struct Earlier {
    pub(crate) request: String,
    /// 0 while it is being done.
    pub(crate) status: i64,
    /// None where the answer may not be kept.
    pub(crate) body: Option<String>,
}

/// How long an answer is kept.
const KEPT: Millis = DAY;
/// After how long a request that never ended does not count any more: its process died.
const LOST: Millis = 5 * MINUTE;

/// Takes a key, or finds out what was done under it.
pub(crate) async fn begin(
    conn: &mut AnyConnection,
    token: &str,
    key: &str,
    tenant: &str,
    request: &str,
    now: Millis,
) -> Result<Option<Earlier>> {
    sqlx::query("DELETE FROM idempotency WHERE token = $1 AND key = $2 AND (at < $3 OR (status = 0 AND at < $4))")
        .bind(token)
        .bind(key)
        .bind(now - KEPT)
        .bind(now - LOST)
        .execute(&mut *conn)
        .await?;
    let done = sqlx::query(
        "INSERT INTO idempotency (token, key, tenant, request, status, body, at) VALUES ($1, $2, $3, $4, 0, '', $5)
         ON CONFLICT (token, key) DO NOTHING",
    )
    .bind(token)
    .bind(key)
    .bind(tenant)
    .bind(request)
    .bind(now)
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 1 {
        return Ok(None);
    }
    let row =
        sqlx::query("SELECT request, status, body FROM idempotency WHERE token = $1 AND key = $2")
            .bind(token)
            .bind(key)
            .fetch_one(conn)
            .await?;
    let body: String = row.try_get("body")?;
    Ok(Some(Earlier {
        request: row.try_get("request")?,
        status: row.try_get("status")?,
        body: Some(body).filter(|body| !body.is_empty()),
    }))
}

pub(crate) async fn end(
    conn: &mut AnyConnection,
    token: &str,
    key: &str,
    status: u16,
    body: Option<&str>,
) -> Result<()> {
    sqlx::query("UPDATE idempotency SET status = $1, body = $2 WHERE token = $3 AND key = $4")
        .bind(i64::from(status))
        .bind(body.unwrap_or_default())
        .bind(token)
        .bind(key)
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn forget(conn: &mut AnyConnection, token: &str, key: &str) -> Result<()> {
    sqlx::query("DELETE FROM idempotency WHERE token = $1 AND key = $2")
        .bind(token)
        .bind(key)
        .execute(conn)
        .await?;
    Ok(())
}

/// Removes answers that are old.
pub(crate) async fn sweep(conn: &mut AnyConnection, now: Millis) -> Result<()> {
    sqlx::query("DELETE FROM idempotency WHERE at < $1")
        .bind(now - KEPT)
        .execute(conn)
        .await?;
    Ok(())
}
