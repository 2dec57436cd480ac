//! Runs: asked for, queued, dispatched, ended; and their logs.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyExecutor, Row as _};
use utoipa::ToSchema;

use crate::db::json;
use crate::error::{Error, Result};
use crate::runner::{RunFailure, Step, Usage};
use crate::time::Millis;

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// It waits for a slot, for its destination, or for its next attempt.
    Queued,
    /// It has a slot, and a worker is about to take it.
    Admitted,
    /// A worker has it.
    Running,
    /// The file is there, and was verified.
    Done,
    /// It is over without a file.
    Failed,
    /// Somebody ended it.
    Cancelled,
}

impl RunState {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Admitted => "admitted",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "queued" => Self::Queued,
            "admitted" => Self::Admitted,
            "running" => Self::Running,
            "done" => Self::Done,
            "cancelled" => Self::Cancelled,
            _ => Self::Failed,
        }
    }

    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// Why there is a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Somebody asked for it.
    Manual,
    /// A schedule.
    Schedule,
    /// Somebody asked for an earlier run once more.
    Again,
}

impl Cause {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Schedule => "schedule",
            Self::Again => "again",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "schedule" => Self::Schedule,
            "again" => Self::Again,
            _ => Self::Manual,
        }
    }
}

/// When a run came to a step, and how far it got in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Timing {
    /// The step: `preparing`, `exporting`, `uploading`, `waiting`, `queued`, `verifying`.
    pub step: String,
    /// Milliseconds since the epoch.
    pub at_ms: Millis,
    /// Which attempt.
    pub attempt: i64,
}

/// A run.
#[derive(Clone, Debug)]
pub(crate) struct RunRow {
    pub(crate) id: String,
    pub(crate) tenant: String,
    pub(crate) job: String,
    pub(crate) revision: i64,
    pub(crate) cause: Cause,
    pub(crate) schedule: Option<String>,
    pub(crate) tick_at: Option<Millis>,
    pub(crate) state: RunState,
    pub(crate) priority: i64,
    pub(crate) destination: String,
    pub(crate) queued_at: Millis,
    pub(crate) not_before: Millis,
    pub(crate) started_at: Option<Millis>,
    pub(crate) ended_at: Option<Millis>,
    pub(crate) attempts: i64,
    pub(crate) failures: i64,
    pub(crate) losses: i64,
    pub(crate) retries: i64,
    pub(crate) retry_wait_ms: Millis,
    pub(crate) dispatch: i64,
    pub(crate) machine: Option<String>,
    pub(crate) worker: Option<String>,
    pub(crate) lease_until: Option<Millis>,
    pub(crate) cancel_requested: bool,
    pub(crate) step: Option<Step>,
    pub(crate) timings: Vec<Timing>,
    pub(crate) usage: Usage,
    pub(crate) receipt: Option<Value>,
    pub(crate) failure: Option<RunFailure>,
    pub(crate) version: i64,
}

/// Everything but what was kept, which is large and secret.
const COLUMNS: &str = "id, tenant, job, revision, cause, schedule, tick_at, state, priority, destination, queued_at, not_before, \
    started_at, ended_at, attempts, failures, losses, retries, retry_wait_ms, dispatch, machine, worker, lease_until, cancel_requested, step, timings, \
    usage, receipt, failure, version";

impl RunRow {
    pub(crate) fn of(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            tenant: row.try_get("tenant")?,
            job: row.try_get("job")?,
            revision: row.try_get("revision")?,
            cause: Cause::of(row.try_get("cause")?),
            schedule: row.try_get("schedule")?,
            tick_at: row.try_get("tick_at")?,
            state: RunState::of(row.try_get("state")?),
            priority: row.try_get("priority")?,
            destination: row.try_get("destination")?,
            queued_at: row.try_get("queued_at")?,
            not_before: row.try_get("not_before")?,
            started_at: row.try_get("started_at")?,
            ended_at: row.try_get("ended_at")?,
            attempts: row.try_get("attempts")?,
            failures: row.try_get("failures")?,
            losses: row.try_get("losses")?,
            retries: row.try_get("retries")?,
            retry_wait_ms: row.try_get("retry_wait_ms")?,
            dispatch: row.try_get("dispatch")?,
            machine: row.try_get("machine")?,
            worker: row.try_get("worker")?,
            lease_until: row.try_get("lease_until")?,
            cancel_requested: row.try_get::<i64, _>("cancel_requested")? != 0,
            step: optional(row, "step")?,
            timings: json(row, "timings")?,
            usage: json(row, "usage")?,
            receipt: optional(row, "receipt")?,
            failure: optional(row, "failure")?,
            version: row.try_get("version")?,
        })
    }
}

fn optional<T: serde::de::DeserializeOwned>(
    row: &AnyRow,
    column: &'static str,
) -> Result<Option<T>> {
    let text: Option<String> = row.try_get(column)?;
    text.map(|text| serde_json::from_str(&text).map_err(Error::stored(column)))
        .transpose()
}

/// Puts a run into the queue. `false` where the same tick has one already.
pub(crate) async fn insert(conn: &mut AnyConnection, run: &RunRow) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO runs (id, tenant, job, revision, cause, schedule, tick_at, state, priority, destination, queued_at, not_before,
                           attempts, failures, losses, retries, retry_wait_ms, dispatch, cancel_requested, timings, usage, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0, 0, $13, $14, 0, 0, '[]', $15, 1)
         ON CONFLICT (schedule, tick_at) DO NOTHING",
    )
    .bind(&run.id)
    .bind(&run.tenant)
    .bind(&run.job)
    .bind(run.revision)
    .bind(run.cause.word())
    .bind(run.schedule.clone())
    .bind(run.tick_at)
    .bind(run.state.word())
    .bind(run.priority)
    .bind(&run.destination)
    .bind(run.queued_at)
    .bind(run.not_before)
    .bind(run.retries)
    .bind(run.retry_wait_ms)
    .bind(serde_json::to_string(&run.usage).map_err(Error::stored("usage"))?)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(crate) async fn find<'a>(
    db: impl AnyExecutor<'a>,
    tenant: &str,
    id: &str,
) -> Result<Option<RunRow>> {
    let row = sqlx::query(
        "SELECT id, tenant, job, revision, cause, schedule, tick_at, state, priority, destination, queued_at, not_before, started_at,
                ended_at, attempts, failures, losses, retries, retry_wait_ms, dispatch, machine, worker, lease_until, cancel_requested, step, timings,
                usage, receipt, failure, version
         FROM runs WHERE tenant = $1 AND id = $2",
    )
    .bind(tenant)
    .bind(id)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(RunRow::of).transpose()
}

/// Which runs a list has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) job: Option<String>,
    pub(crate) state: Option<RunState>,
}

/// Runs of a tenant, the newest first, before one.
pub(crate) async fn list<'a>(
    db: impl AnyExecutor<'a>,
    tenant: &str,
    filter: &Filter,
    before: &str,
    limit: i64,
) -> Result<Vec<RunRow>> {
    const ALL: &str = "WHERE tenant = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
    const JOB: &str = "WHERE tenant = $1 AND id < $2 AND job = $4 ORDER BY id DESC LIMIT $3";
    const STATE: &str = "WHERE tenant = $1 AND id < $2 AND state = $4 ORDER BY id DESC LIMIT $3";
    const BOTH: &str =
        "WHERE tenant = $1 AND id < $2 AND job = $4 AND state = $5 ORDER BY id DESC LIMIT $3";
    let condition = match (&filter.job, filter.state) {
        (None, None) => ALL,
        (Some(_), None) => JOB,
        (None, Some(_)) => STATE,
        (Some(_), Some(_)) => BOTH,
    };
    // Constant texts, put together: no value is part of them.
    let statement = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM runs {condition}"));
    let mut query = sqlx::query(statement).bind(tenant).bind(before).bind(limit);
    if let Some(job) = &filter.job {
        query = query.bind(job);
    }
    if let Some(state) = filter.state {
        query = query.bind(state.word());
    }
    query.fetch_all(db).await?.iter().map(RunRow::of).collect()
}

pub(crate) async fn queued(conn: &mut AnyConnection, tenant: &str) -> Result<i64> {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM runs WHERE tenant = $1 AND state = 'queued'")
        .bind(tenant)
        .fetch_one(conn)
        .await?;
    Ok(row.try_get("n")?)
}

/// What was kept of a run, sealed.
pub(crate) async fn kept<'a>(
    db: impl AnyExecutor<'a>,
    tenant: &str,
    id: &str,
) -> Result<Option<String>> {
    let row = sqlx::query("SELECT kept FROM runs WHERE tenant = $1 AND id = $2")
        .bind(tenant)
        .bind(id)
        .fetch_one(db)
        .await?;
    Ok(row.try_get("kept")?)
}

/// The number of the last line of a run's log.
pub(crate) async fn last_line<'a>(
    db: impl AnyExecutor<'a>,
    tenant: &str,
    run: &str,
) -> Result<i64> {
    let row = sqlx::query(
        "SELECT COALESCE(MAX(seq), 0) AS last FROM run_logs WHERE tenant = $1 AND run = $2",
    )
    .bind(tenant)
    .bind(run)
    .fetch_one(db)
    .await?;
    Ok(row.try_get("last")?)
}

/// A line of a run's log.
#[derive(Clone, Debug)]
pub(crate) struct LogRow {
    pub(crate) seq: i64,
    pub(crate) at: Millis,
    pub(crate) level: String,
    pub(crate) line: String,
}

/// Lines of a run after one, in order.
pub(crate) async fn logs<'a>(
    db: impl AnyExecutor<'a>,
    tenant: &str,
    run: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<LogRow>> {
    let rows = sqlx::query(
        "SELECT seq, at, level, line FROM run_logs WHERE tenant = $1 AND run = $2 AND seq > $3 ORDER BY seq LIMIT $4",
    )
    .bind(tenant)
    .bind(run)
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?;
    let rows = rows.iter().map(|row| {
        Ok(LogRow {
            seq: row.try_get("seq")?,
            at: row.try_get("at")?,
            level: row.try_get("level")?,
            line: row.try_get("line")?,
        })
    });
    rows.collect()
}
