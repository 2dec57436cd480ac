//! What is done now and then: old runs leave the history, stale files are told of, dead workers are forgotten.

use serde_json::json;
use sqlx::Row as _;

use super::events::{self, Event};
use super::queue::Queue;
use crate::App;
use crate::error::Result;
use crate::store::idempotency;
use crate::time::{DAY, HOUR, Millis};

/// Runs that are removed in one transaction.
const BATCH: i64 = 500;

/// Does all of it.
///
/// # Errors
/// The database's.
pub(crate) async fn pass(app: &App, queue: &Queue) -> Result<()> {
    let now = app.clock.now();
    stale(app, now).await?;
    old_runs(app, now).await?;
    let mut tx = app.db.begin().await?;
    idempotency::sweep(tx.conn(), now).await?;
    sqlx::query("DELETE FROM workers WHERE seen_at < $1")
        .bind(now - HOUR)
        .execute(tx.conn())
        .await?;
    sqlx::query("DELETE FROM deliveries WHERE state <> 'pending' AND ended_at < $1")
        .bind(now - 30 * DAY)
        .execute(tx.conn())
        .await?;
    tx.commit().await?;
    app.rates.shrink();
    queue.vacuum().await
}

/// Tells once of each job whose file is older than it should be.
pub(crate) async fn stale(app: &App, now: Millis) -> Result<()> {
    let rows = sqlx::query(
        "SELECT j.id, j.tenant, j.stale_after_ms, j.succeeded_at, j.created_at FROM jobs j JOIN tenants t ON t.id = j.tenant
         WHERE j.stale = 0 AND j.state = 'enabled' AND t.state = 'active' AND j.stale_after_ms IS NOT NULL
           AND COALESCE(j.succeeded_at, j.created_at) + j.stale_after_ms < $1",
    )
    .bind(now)
    .fetch_all(app.db.pool())
    .await?;
    for row in rows {
        let (id, tenant): (String, String) = (row.try_get("id")?, row.try_get("tenant")?);
        let mut tx = app.db.begin().await?;
        let marked = sqlx::query(
            "UPDATE jobs SET stale = 1 WHERE tenant = $1 AND id = $2 AND stale = 0 AND COALESCE(succeeded_at, created_at) + stale_after_ms < $3",
        )
        .bind(&tenant)
        .bind(&id)
        .bind(now)
        .execute(tx.conn())
        .await?;
        if marked.rows_affected() == 1 {
            let detail = json!({
                "succeeded_at_ms": row.try_get::<Option<i64>, _>("succeeded_at")?,
                "stale_after_ms": row.try_get::<i64, _>("stale_after_ms")?,
            });
            events::raise(&mut tx, &tenant, &id, Event::Stale, &detail, now).await?;
            tx.commit().await?;
            app.post.notify_one();
        }
    }
    Ok(())
}

/// Removes runs that are over for longer than their tenant keeps them, with their logs.
async fn old_runs(app: &App, now: Millis) -> Result<()> {
    let tenants = sqlx::query("SELECT id, settings FROM tenants")
        .fetch_all(app.db.pool())
        .await?;
    for tenant in tenants {
        let id: String = tenant.try_get("id")?;
        let settings: crate::store::tenants::Settings = crate::db::json(&tenant, "settings")?;
        let before = now - Millis::from(settings.keep_runs_days) * DAY;
        loop {
            let rows =
                sqlx::query("SELECT id FROM runs WHERE tenant = $1 AND ended_at < $2 LIMIT $3")
                    .bind(&id)
                    .bind(before)
                    .bind(BATCH)
                    .fetch_all(app.db.pool())
                    .await?;
            if rows.is_empty() {
                break;
            }
            let mut tx = app.db.begin().await?;
            for row in &rows {
                let run: String = row.try_get("id")?;
                for statement in [
                    "DELETE FROM run_logs WHERE tenant = $1 AND run = $2",
                    "DELETE FROM runs WHERE tenant = $1 AND id = $2",
                ] {
                    sqlx::query(statement)
                        .bind(&id)
                        .bind(&run)
                        .execute(tx.conn())
                        .await?;
                }
            }
            tx.commit().await?;
        }
    }
    Ok(())
}
