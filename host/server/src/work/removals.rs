//! What machines have to remove: spools of runs that are over, or went on elsewhere, and all of tenants that are gone.

use sqlx::Row as _;

use crate::App;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::store::erasures;

/// Has a machine remove what it keeps of a run.
pub(crate) async fn ask(tx: &mut Tx, machine: &str, tenant: &str, run: &str) -> Result<()> {
    sqlx::query("INSERT INTO removals (machine, tenant, run) VALUES ($1, $2, $3) ON CONFLICT (machine, tenant, run) DO NOTHING")
        .bind(machine)
        .bind(tenant)
        .bind(run)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Removes what this machine was asked to remove of one run.
pub(crate) async fn of_run(app: &App, tenant: &str, run: &str) -> Result<()> {
    let asked =
        sqlx::query("SELECT 1 FROM removals WHERE machine = $1 AND tenant = $2 AND run = $3")
            .bind(&app.settings.machine)
            .bind(tenant)
            .bind(run)
            .fetch_optional(app.db.pool())
            .await?;
    match asked {
        Some(_) => remove(app, tenant, run).await,
        None => Ok(()),
    }
}

/// Removes what this machine was asked to remove.
pub(crate) async fn pass(app: &App) -> Result<()> {
    let rows = sqlx::query("SELECT tenant, run FROM removals WHERE machine = $1 LIMIT 1000")
        .bind(&app.settings.machine)
        .fetch_all(app.db.pool())
        .await?;
    for row in rows {
        let (tenant, run): (String, String) = (row.try_get("tenant")?, row.try_get("run")?);
        if let Err(error) = remove(app, &tenant, &run).await {
            tracing::warn!(%error, tenant, run, "what is left of a run could not be removed");
        }
    }
    Ok(())
}

/// A removal without a run is of the whole tenant.
async fn remove(app: &App, tenant: &str, run: &str) -> Result<()> {
    let forgotten = match run {
        "" => Some(app.runner.forget(tenant).await.map_err(Error::Setting)?),
        run => {
            let released = app.runner.release(tenant, run).await;
            released.map_err(Error::Setting)?;
            None
        }
    };
    let mut tx = app.db.begin().await?;
    if let Some(forgotten) = forgotten {
        erasures::forgotten(tx.conn(), tenant, forgotten).await?;
    }
    sqlx::query("DELETE FROM removals WHERE machine = $1 AND tenant = $2 AND run = $3")
        .bind(&app.settings.machine)
        .bind(tenant)
        .bind(run)
        .execute(tx.conn())
        .await?;
    tx.commit().await
}
