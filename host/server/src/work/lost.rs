//! Runs whose worker fell silent: they wait again, and go on elsewhere from what was kept.

use sqlx::Row as _;

use super::ending::{self, Verdict};
use crate::App;
use crate::error::Result;
use crate::runner::Usage;
use crate::store::runs::{self, RunState};

/// Takes runs back whose lease is over. Returns how many.
///
/// # Errors
/// The database's.
pub(crate) async fn pass(app: &App) -> Result<u64> {
    let now = app.clock.now();
    let rows = sqlx::query(
        "SELECT id, tenant FROM runs WHERE state IN ('admitted', 'running') AND lease_until < $1 ORDER BY lease_until LIMIT 500",
    )
    .bind(now)
    .fetch_all(app.db.pool())
    .await?;
    let mut lost = 0;
    for row in rows {
        let (id, tenant): (String, String) = (row.try_get("id")?, row.try_get("tenant")?);
        let mut tx = app.db.begin().await?;
        let run = runs::find(tx.conn(), &tenant, &id).await?;
        // It may have ended or been renewed meanwhile.
        let Some(run) = run.filter(|run| run.lease_until.is_some_and(|until| until < now)) else {
            continue;
        };
        // A run that nobody took has lost nothing.
        let verdict = match run.state {
            RunState::Running => Verdict::Lost,
            _ => Verdict::HandedBack,
        };
        if ending::attempt(&mut tx, &run, verdict, Usage::default(), now).await? {
            tx.commit().await?;
            tracing::warn!(
                run = id,
                tenant,
                worker = run.worker,
                attempts = run.attempts,
                "nobody took a run in time, or its worker fell silent"
            );
            lost += 1;
        }
    }
    Ok(lost)
}
