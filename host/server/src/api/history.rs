//! How runs fared: success rate and duration, of a job or of all of a tenant's.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::{In, Viewer};
use super::body::{Path, Query};
use super::jobs;
use super::problem::{Answer, Problem};
use crate::App;
use crate::store::history::{self, History};
use crate::store::tenants::TenantRow;
use crate::time::{DAY, Millis};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(job_history))
        .routes(routes!(tenant_history))
}

/// Over which time history is counted.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct HistoryQuery {
    /// Days, the current one among them.
    #[param(minimum = 1, maximum = 3650, default = 30)]
    pub days: Option<u32>,
}

/// How runs fared.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct Stats {
    /// Runs that are over.
    pub runs: i64,
    /// Runs that went well.
    pub done: i64,
    /// Runs that failed.
    pub failed: i64,
    /// Runs that somebody ended.
    pub cancelled: i64,
    /// Of those that went well or failed, which part went well: 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub success_rate: Option<f64>,
    /// How long those took on average that went well, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average_ms: Option<i64>,
    /// Bytes of files written.
    pub bytes: i64,
}

impl From<History> for Stats {
    #[allow(clippy::cast_precision_loss, reason = "a rate")]
    fn from(history: History) -> Self {
        let judged = history.done + history.failed;
        Self {
            runs: judged + history.cancelled,
            done: history.done,
            failed: history.failed,
            cancelled: history.cancelled,
            success_rate: (judged > 0).then(|| history.done as f64 / judged as f64),
            average_ms: (history.done > 0).then(|| history.duration_ms / history.done.max(1)),
            bytes: history.bytes,
        }
    }
}

/// Counts how a job's runs fared.
#[utoipa::path(get, path = "/tenants/{tenant}/jobs/{job}/history", tag = "runs",
    params(("tenant" = String, Path), ("job" = String, Path), HistoryQuery), security(("token" = ["viewer"])),
    responses((status = 200, body = Stats)))]
async fn job_history(
    State(app): State<App>,
    caller: In<Viewer>,
    Path((_, job)): Path<(String, String)>,
    Query(query): Query<HistoryQuery>,
) -> Answer<axum::Json<Stats>> {
    let job = jobs::find(&app, &caller.tenant, &job).await?;
    stats(&app, &caller.tenant, Some(&job.id), query).await
}

/// Counts how all runs of a tenant fared.
#[utoipa::path(get, path = "/tenants/{tenant}/history", tag = "runs", params(("tenant" = String, Path), HistoryQuery),
    security(("token" = ["viewer"])), responses((status = 200, body = Stats)))]
async fn tenant_history(
    State(app): State<App>,
    caller: In<Viewer>,
    Query(query): Query<HistoryQuery>,
) -> Answer<axum::Json<Stats>> {
    stats(&app, &caller.tenant, None, query).await
}

async fn stats(
    app: &App,
    tenant: &TenantRow,
    job: Option<&str>,
    query: HistoryQuery,
) -> Answer<axum::Json<Stats>> {
    let days = query.days.unwrap_or(30);
    if !(1..=3_650).contains(&days) {
        return Err(Problem::field("days", "it is not between 1 and 3650"));
    }
    let since = app.clock.now() - Millis::from(days - 1) * DAY;
    let counted = history::since(app.db.pool(), &tenant.id, job, since).await?;
    Ok(axum::Json(counted.into()))
}
