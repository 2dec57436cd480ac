//! Gives slots to runs that wait: fairly between tenants, one at a time to a file, no more than there are slots.

use sqlx::{AnyConnection, Row as _};

use super::queue::Dispatch;
use crate::App;
use crate::error::Result;
use crate::time::Millis;

/// Runs that are considered in one pass.
const CONSIDERED: i64 = 1_000;

/// A run that waits, and where its tenant stands.
struct Waiting {
    id: String,
    tenant: String,
    destination: String,
    dispatch: i64,
}

/// Admits as many runs as there are free slots, and returns them for the queue.
///
/// Each tenant's runs are in line by priority and age. Slots go round: a run's turn is its place in its tenant's line, counted
/// from the runs of the tenant that have slots already. So a tenant with a thousand runs in line has one of them admitted before
/// another tenant's first, and not more.
///
/// # Errors
/// The database's.
pub(crate) async fn pass(app: &App) -> Result<Vec<Dispatch>> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    // One process admits at a time: whoever writes this row.
    sqlx::query("UPDATE turns SET holder = '', until = $1 WHERE name = 'admit'")
        .bind(now)
        .execute(tx.conn())
        .await?;
    let free = free_slots(tx.conn(), now, app.settings.lease_ms()).await?;
    if free <= 0 {
        return Ok(Vec::new());
    }
    let mut admitted = Vec::new();
    let mut taken = std::collections::HashSet::new();
    for run in waiting(tx.conn(), now).await? {
        if admitted.len() >= usize::try_from(free).unwrap_or_default() {
            break;
        }
        // Two of this very pass may be of one file.
        if !taken.insert((run.tenant.clone(), run.destination.clone())) {
            continue;
        }
        let number = run.dispatch + 1;
        sqlx::query(
            "UPDATE runs SET state = 'admitted', dispatch = $1, lease_until = $2, version = version + 1 WHERE id = $3 AND state = 'queued'",
        )
        .bind(number)
        .bind(now + app.settings.lease_ms())
        .bind(&run.id)
        .execute(tx.conn())
        .await?;
        sqlx::query("UPDATE tenants SET admitted_at = $1 WHERE id = $2")
            .bind(now)
            .bind(&run.tenant)
            .execute(tx.conn())
            .await?;
        admitted.push(Dispatch {
            tenant: run.tenant,
            run: run.id,
            number,
        });
    }
    tx.commit().await?;
    Ok(admitted)
}

/// The slots of all workers that are alive and not about to stop, less the runs that have one.
async fn free_slots(conn: &mut AnyConnection, now: Millis, lease: Millis) -> Result<i64> {
    let row = sqlx::query(
        "SELECT CAST(COALESCE((SELECT SUM(slots) FROM workers WHERE draining = 0 AND seen_at >= $1), 0) AS BIGINT)
              - (SELECT COUNT(*) FROM runs WHERE state IN ('admitted', 'running')) AS free",
    )
    .bind(now - lease)
    .fetch_one(conn)
    .await?;
    Ok(row.try_get("free")?)
}

/// Runs that may be admitted, in the order of their turns. Of one file there is only the first.
async fn waiting(conn: &mut AnyConnection, now: Millis) -> Result<Vec<Waiting>> {
    let rows = sqlx::query(
        "WITH held AS (
             SELECT tenant, COUNT(*) AS n FROM runs WHERE state IN ('admitted', 'running') GROUP BY tenant
         ), ready AS (
             SELECT r.id, r.tenant, r.destination, r.dispatch, r.priority, r.queued_at,
                    ROW_NUMBER() OVER (PARTITION BY r.tenant, r.destination ORDER BY r.priority DESC, r.queued_at, r.id) AS at_file
             FROM runs r
             WHERE r.state = 'queued' AND r.not_before <= $1
               AND NOT EXISTS (SELECT 1 FROM runs h WHERE h.state IN ('admitted', 'running')
                               AND h.tenant = r.tenant AND h.destination = r.destination)
         ), turns AS (
             SELECT id, tenant, destination, dispatch, queued_at,
                    ROW_NUMBER() OVER (PARTITION BY tenant ORDER BY priority DESC, queued_at, id) AS place
             FROM ready WHERE at_file = 1
         )
         SELECT w.id, w.tenant, w.destination, w.dispatch, w.place + COALESCE(held.n, 0) AS turn, t.settings
         FROM turns w JOIN tenants t ON t.id = w.tenant LEFT JOIN held ON held.tenant = w.tenant
         WHERE t.state = 'active'
         ORDER BY turn, t.admitted_at, w.queued_at, w.id LIMIT $2",
    )
    .bind(now)
    .bind(CONSIDERED)
    .fetch_all(conn)
    .await?;
    let mut waiting = Vec::with_capacity(rows.len());
    for row in rows {
        let settings: crate::store::tenants::Settings = crate::db::json(&row, "settings")?;
        // The turn counts the tenant's slots: beyond its concurrency there is none.
        if row.try_get::<i64, _>("turn")? <= i64::from(settings.concurrency) {
            waiting.push(Waiting {
                id: row.try_get("id")?,
                tenant: row.try_get("tenant")?,
                destination: row.try_get("destination")?,
                dispatch: row.try_get("dispatch")?,
            });
        }
    }
    Ok(waiting)
}
