//! Runs: asked for, watched, cancelled, asked for again.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::{In, Operator, Viewer};
use super::body::{Path, Query};
use super::jobs;
use super::paging::{Page, PageQuery};
use super::problem::{Answer, Problem};
use crate::App;
use crate::runner::{RunFailure, Step, Usage};
use crate::store::jobs as job_store;
use crate::store::runs::{self, Cause, Filter, RunRow, RunState, Timing};
use crate::store::tenants::TenantRow;
use crate::time::Millis;
use crate::work::asking;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(start))
        .routes(routes!(list))
        .routes(routes!(read))
        .routes(routes!(cancel))
        .routes(routes!(again))
        .routes(routes!(logs))
}

/// A run.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Run {
    /// Its identifier.
    pub id: String,
    /// The job's identifier.
    pub job: String,
    /// Which revision of the job.
    pub revision: i64,
    /// Why there is a run.
    pub cause: Cause,
    /// The schedule's identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// Which of the schedule's moments, in milliseconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tick_at_ms: Option<Millis>,
    /// Where it is.
    pub state: RunState,
    /// Of a tenant's runs that wait, those with the higher number are first.
    pub priority: i64,
    /// When it was asked for, in milliseconds since the epoch.
    pub queued_at_ms: Millis,
    /// Until when it waits for its next attempt.
    pub not_before_ms: Millis,
    /// When its last attempt began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at_ms: Option<Millis>,
    /// When it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at_ms: Option<Millis>,
    /// How often it was begun or gone on with.
    pub attempts: i64,
    /// How often it may still be tried again.
    pub retries_left: i64,
    /// Whether somebody asked for its end.
    pub cancel_requested: bool,
    /// Who has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// Where it is in its work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<Step>,
    /// When it came to each step.
    pub timings: Vec<Timing>,
    /// What it used, all attempts together.
    pub usage: Usage,
    /// The receipt, as its schema says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub receipt: Option<Value>,
    /// Why the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<RunFailure>,
}

impl From<RunRow> for Run {
    fn from(row: RunRow) -> Self {
        Self {
            id: row.id,
            job: row.job,
            revision: row.revision,
            cause: row.cause,
            schedule: row.schedule,
            tick_at_ms: row.tick_at,
            state: row.state,
            priority: row.priority,
            queued_at_ms: row.queued_at,
            not_before_ms: row.not_before,
            started_at_ms: row.started_at,
            ended_at_ms: row.ended_at,
            attempts: row.attempts,
            retries_left: (row.retries - row.failures).max(0),
            cancel_requested: row.cancel_requested,
            worker: row.worker,
            step: row.step,
            timings: row.timings,
            usage: row.usage,
            receipt: row.receipt,
            failure: row.failure,
        }
    }
}

/// Which runs a list has, and which page of it.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RunQuery {
    /// Those of one job, by identifier or name.
    #[param(max_length = 200, pattern = r"^[^\x00]*$")]
    pub job: Option<String>,
    /// Those that are in this state.
    pub state: Option<RunState>,
    /// `next` of the page before.
    #[param(max_length = 200, pattern = r"^[^\x00]*$")]
    pub after: Option<String>,
    /// Entries of the page.
    #[param(minimum = 1, maximum = 500, default = 50)]
    pub limit: Option<i64>,
}

/// A line of a log.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LogLine {
    /// Its number in the run.
    pub seq: i64,
    /// Milliseconds since the epoch.
    pub at_ms: Millis,
    /// `debug`, `info` or `warn`.
    pub level: String,
    /// What it says.
    pub line: String,
}

impl From<runs::LogRow> for LogLine {
    fn from(row: runs::LogRow) -> Self {
        Self {
            seq: row.seq,
            at_ms: row.at,
            level: row.level,
            line: row.line,
        }
    }
}

/// Starts a job, whether it is paused or not.
#[utoipa::path(post, path = "/tenants/{tenant}/jobs/{job}/runs", tag = "runs", params(("tenant" = String, Path), ("job" = String, Path)),
    security(("token" = ["operator"])), responses((status = 202, body = Run)))]
async fn start(
    State(app): State<App>,
    caller: In<Operator>,
    Path((_, job)): Path<(String, String)>,
) -> Answer<(StatusCode, axum::Json<Run>)> {
    let job = jobs::find(&app, &caller.tenant, &job).await?;
    ask(&app, &caller, &job, Cause::Manual, "run.start").await
}

/// Lists runs of a tenant, the newest first.
#[utoipa::path(get, path = "/tenants/{tenant}/runs", tag = "runs", params(("tenant" = String, Path), RunQuery),
    security(("token" = ["viewer"])), responses((status = 200, body = Page<Run>)))]
async fn list(
    State(app): State<App>,
    caller: In<Viewer>,
    Query(query): Query<RunQuery>,
) -> Answer<axum::Json<Page<Run>>> {
    let page = PageQuery {
        after: query.after,
        limit: query.limit,
    };
    let limit = page.limit()?;
    let job = match query.job {
        Some(job) => Some(jobs::find(&app, &caller.tenant, &job).await?.id),
        None => None,
    };
    let filter = Filter {
        job,
        state: query.state,
    };
    let rows = runs::list(
        app.db.pool(),
        &caller.tenant.id,
        &filter,
        page.before(),
        limit + 1,
    )
    .await?;
    Ok(axum::Json(Page::of(
        rows,
        limit,
        |row| row.id.clone(),
        Run::from,
    )))
}

/// Shows a run.
#[utoipa::path(get, path = "/tenants/{tenant}/runs/{run}", tag = "runs", params(("tenant" = String, Path), ("run" = String, Path)),
    security(("token" = ["viewer"])), responses((status = 200, body = Run)))]
async fn read(
    State(app): State<App>,
    caller: In<Viewer>,
    Path((_, run)): Path<(String, String)>,
) -> Answer<axum::Json<Run>> {
    Ok(axum::Json(find(&app, &caller.tenant, &run).await?.into()))
}

/// Ends a run that is not over. Asked for again, it stays ended.
#[utoipa::path(post, path = "/tenants/{tenant}/runs/{run}/cancel", tag = "runs", params(("tenant" = String, Path), ("run" = String, Path)),
    security(("token" = ["operator"])), responses((status = 202, body = Run)))]
async fn cancel(
    State(app): State<App>,
    caller: In<Operator>,
    Path((_, run)): Path<(String, String)>,
) -> Answer<(StatusCode, axum::Json<Run>)> {
    let row = find(&app, &caller.tenant, &run).await?;
    if matches!(row.state, RunState::Done | RunState::Failed) {
        return Err(Problem::conflict(
            "run-over",
            format!("the run is {}", row.state.word()),
        ));
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    crate::work::ending::cancel(&mut tx, &row, now).await?;
    caller
        .record(&mut tx, "run.cancel", &row.id, json!({}), now)
        .await?;
    tx.commit().await?;
    app.queue.notify_one();
    let row = find(&app, &caller.tenant, &run).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(row.into())))
}

/// Starts the job of a run once more, as the job is now.
#[utoipa::path(post, path = "/tenants/{tenant}/runs/{run}/again", tag = "runs", params(("tenant" = String, Path), ("run" = String, Path)),
    security(("token" = ["operator"])), responses((status = 202, body = Run)))]
async fn again(
    State(app): State<App>,
    caller: In<Operator>,
    Path((_, run)): Path<(String, String)>,
) -> Answer<(StatusCode, axum::Json<Run>)> {
    let row = find(&app, &caller.tenant, &run).await?;
    let job = jobs::find(&app, &caller.tenant, &row.job).await?;
    ask(&app, &caller, &job, Cause::Again, "run.again").await
}

/// Shows the log of a run. `after` is the number of a line; more come while the run goes on.
#[utoipa::path(get, path = "/tenants/{tenant}/runs/{run}/logs", tag = "runs",
    params(("tenant" = String, Path), ("run" = String, Path), PageQuery), security(("token" = ["viewer"])),
    responses((status = 200, body = Page<LogLine>)))]
async fn logs(
    State(app): State<App>,
    caller: In<Viewer>,
    Path((_, run)): Path<(String, String)>,
    Query(page): Query<PageQuery>,
) -> Answer<axum::Json<Page<LogLine>>> {
    let row = find(&app, &caller.tenant, &run).await?;
    let limit = page.limit()?;
    let after = match page.after.as_deref() {
        None => 0,
        Some(text) => text
            .parse()
            .map_err(|_| Problem::field("after", "it is not the number of a line"))?,
    };
    let lines = runs::logs(app.db.pool(), &row.tenant, &row.id, after, limit + 1).await?;
    Ok(axum::Json(Page::of(
        lines,
        limit,
        |row| row.seq.to_string(),
        LogLine::from,
    )))
}

pub(super) async fn find(app: &App, tenant: &TenantRow, run: &str) -> Answer<RunRow> {
    let row = runs::find(app.db.pool(), &tenant.id, run).await?;
    row.ok_or_else(|| Problem::missing("run"))
}

async fn ask(
    app: &App,
    caller: &In<Operator>,
    job: &job_store::JobRow,
    cause: Cause,
    action: &str,
) -> Answer<(StatusCode, axum::Json<Run>)> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if runs::queued(tx.conn(), &job.tenant).await? >= i64::from(caller.tenant.settings.queued_runs)
    {
        let mut problem = Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "queue-full",
            format!(
                "{} runs of the tenant wait, as many as may\nhint: wait until some are over, or cancel some",
                caller.tenant.settings.queued_runs
            ),
        );
        problem.retry_after = Some(60);
        return Err(problem);
    }
    let row = asking::asked_for(job, cause, now);
    runs::insert(tx.conn(), &row).await?;
    caller
        .record(&mut tx, action, &row.id, json!({}), now)
        .await?;
    tx.commit().await?;
    app.queue.notify_one();
    Ok((StatusCode::ACCEPTED, axum::Json(row.into())))
}
