//! Erases tenants that are to be gone: all rows of theirs in every table, their key, and what machines have of them.
//!
//! It goes on where it stopped, however often the process dies: a batch of rows and its count are one transaction.

use sqlx::Row as _;

use crate::App;
use crate::db::{Kind, Tx};
use crate::error::Result;
use crate::store::erasures::{self, ErasureRow};
use crate::time::Millis;

/// Rows that are removed in one transaction.
const BATCH: i64 = 500;

/// What removes a batch of a tenant's rows from each table that has such rows. The tenant itself is the last one.
const TABLES: [(&str, &str); 15] = [
    (
        "idempotency",
        "DELETE FROM idempotency WHERE (token, key) IN (SELECT token, key FROM idempotency WHERE tenant = $1 LIMIT $2)",
    ),
    (
        "tokens",
        "DELETE FROM tokens WHERE id IN (SELECT id FROM tokens WHERE tenant = $1 LIMIT $2)",
    ),
    (
        "secrets",
        "DELETE FROM secrets WHERE tenant = $1 AND (account, slot) IN (SELECT account, slot FROM secrets WHERE tenant = $1 LIMIT $2)",
    ),
    (
        "accounts",
        "DELETE FROM accounts WHERE tenant = $1 AND name IN (SELECT name FROM accounts WHERE tenant = $1 LIMIT $2)",
    ),
    (
        "schedules",
        "DELETE FROM schedules WHERE id IN (SELECT id FROM schedules WHERE tenant = $1 LIMIT $2)",
    ),
    (
        "job_accounts",
        "DELETE FROM job_accounts WHERE tenant = $1 AND (account, job) IN (SELECT account, job FROM job_accounts WHERE tenant = $1 LIMIT $2)",
    ),
    (
        "job_revisions",
        "DELETE FROM job_revisions WHERE tenant = $1 AND (job, revision) IN (SELECT job, revision FROM job_revisions WHERE tenant = $1 LIMIT $2)",
    ),
    (
        "jobs",
        "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE tenant = $1 LIMIT $2)",
    ),
    (
        "run_logs",
        "DELETE FROM run_logs WHERE tenant = $1 AND (run, seq) IN (SELECT run, seq FROM run_logs WHERE tenant = $1 LIMIT $2)",
    ),
    (
        "holds",
        "DELETE FROM holds WHERE tenant = $1 AND name IN (SELECT name FROM holds WHERE tenant = $1 LIMIT $2)",
    ),
    (
        "runs",
        "DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE tenant = $1 LIMIT $2)",
    ),
    (
        "job_days",
        "DELETE FROM job_days WHERE tenant = $1 AND (job, day) IN (SELECT job, day FROM job_days WHERE tenant = $1 LIMIT $2)",
    ),
    (
        "deliveries",
        "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE tenant = $1 LIMIT $2)",
    ),
    (
        "targets",
        "DELETE FROM targets WHERE id IN (SELECT id FROM targets WHERE tenant = $1 LIMIT $2)",
    ),
    (
        "audit",
        "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE tenant = $1 LIMIT $2)",
    ),
];

/// Begins it: nobody gets in any more, nothing waits any more, and what is under way is asked to end.
pub(crate) async fn begin(tx: &mut Tx, tenant: &str, now: Millis) -> Result<()> {
    for statement in [
        "UPDATE tokens SET revoked_at = $1 WHERE tenant = $2 AND revoked_at IS NULL",
        "UPDATE runs SET state = 'cancelled', cancel_requested = 1, ended_at = $1, kept = NULL, version = version + 1
         WHERE tenant = $2 AND state = 'queued'",
    ] {
        sqlx::query(statement)
            .bind(now)
            .bind(tenant)
            .execute(tx.conn())
            .await?;
    }
    sqlx::query(
        "UPDATE runs SET cancel_requested = 1, version = version + 1 WHERE tenant = $1 AND state IN ('admitted', 'running')",
    )
    .bind(tenant)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Goes on with all erasures that are not done, as far as it gets. Returns how many there were.
///
/// # Errors
/// The database's.
pub async fn continue_due(app: &App, now: Millis) -> Result<usize> {
    let open = erasures::open(app.db.pool()).await?;
    for erasure in &open {
        go_on(app, erasure, now).await?;
    }
    Ok(open.len())
}

async fn go_on(app: &App, erasure: &ErasureRow, now: Millis) -> Result<()> {
    let tenant = &erasure.tenant;
    let mut tx = app.db.begin().await?;
    if !erasures::hold(tx.conn(), &erasure.id).await? {
        return Ok(());
    }
    let runs = under_way(&mut tx, tenant).await?;
    if runs > 0 {
        erasures::waits_for(tx.conn(), &erasure.id, runs, &[]).await?;
        return tx.commit().await;
    }
    ask_machines(app, &mut tx, tenant).await?;
    tx.commit().await?;
    clear(app, erasure).await?;

    let mut tx = app.db.begin().await?;
    if !erasures::hold(tx.conn(), &erasure.id).await? {
        return Ok(());
    }
    let gone = sqlx::query("DELETE FROM tenants WHERE id = $1")
        .bind(tenant)
        .execute(tx.conn())
        .await?
        .rows_affected();
    if gone > 0 {
        erasures::count(tx.conn(), &erasure.id, "tenants", gone).await?;
    }
    let machines = machines(&mut tx, tenant).await?;
    erasures::waits_for(tx.conn(), &erasure.id, 0, &machines).await?;
    if machines.is_empty() {
        erasures::end(tx.conn(), &erasure.id, now).await?;
    }
    tx.commit().await?;
    if app.db.kind() == Kind::Sqlite {
        // What was overwritten is in the journal until that is taken over.
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_all(app.db.pool())
            .await?;
    }
    Ok(())
}

async fn under_way(tx: &mut Tx, tenant: &str) -> Result<i64> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS n FROM runs WHERE tenant = $1 AND state IN ('admitted', 'running')",
    )
    .bind(tenant)
    .fetch_one(tx.conn())
    .await?;
    Ok(row.try_get("n")?)
}

/// Has every machine that may have something of a tenant forget it, once: while the tenant is there.
async fn ask_machines(app: &App, tx: &mut Tx, tenant: &str) -> Result<()> {
    sqlx::query(
        "INSERT INTO removals (machine, tenant, run)
         SELECT known.machine, t.id, '' FROM tenants t JOIN (
             SELECT machine, tenant FROM runs UNION SELECT machine, tenant FROM removals
             UNION SELECT machine, CAST($1 AS TEXT) FROM workers UNION SELECT CAST($2 AS TEXT), CAST($1 AS TEXT)
         ) AS known ON known.tenant = t.id
         WHERE t.id = $1 AND known.machine IS NOT NULL
         ON CONFLICT (machine, tenant, run) DO NOTHING",
    )
    .bind(tenant)
    .bind(&app.settings.machine)
    .execute(tx.conn())
    .await?;
    // Who forgets all of a tenant forgets each of its runs.
    sqlx::query("DELETE FROM removals WHERE tenant = $1 AND run <> ''")
        .bind(tenant)
        .execute(tx.conn())
        .await?;
    Ok(())
}

async fn clear(app: &App, erasure: &ErasureRow) -> Result<()> {
    for (table, statement) in TABLES {
        loop {
            let mut tx = app.db.begin().await?;
            if !erasures::hold(tx.conn(), &erasure.id).await? {
                return Ok(());
            }
            let gone = sqlx::query(statement)
                .bind(&erasure.tenant)
                .bind(BATCH)
                .execute(tx.conn())
                .await?
                .rows_affected();
            if gone == 0 {
                break;
            }
            erasures::count(tx.conn(), &erasure.id, table, gone).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

/// Machines that have not forgotten a tenant yet.
async fn machines(tx: &mut Tx, tenant: &str) -> Result<Vec<String>> {
    let rows =
        sqlx::query("SELECT DISTINCT machine FROM removals WHERE tenant = $1 ORDER BY machine")
            .bind(tenant)
            .fetch_all(tx.conn())
            .await?;
    rows.iter().map(|row| Ok(row.try_get("machine")?)).collect()
}
