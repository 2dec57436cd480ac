//! How runs and their attempts end: one place for what follows from it.

use serde_json::{Value, json};
use sqlx::Row as _;

use super::events::{self, Event};
use super::removals;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::runner::{RunFailure, Usage};
use crate::store::history::{self, History};
use crate::store::runs::{self, RunRow, RunState};
use crate::time::{Millis, SECOND};

/// After so many workers that died with it, a run is not given to another one.
const MOST_LOSSES: i64 = 5;

/// How an attempt ended.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// The file is there: the receipt.
    Done(Value),
    /// It is not.
    Failed(RunFailure),
    /// Somebody ended the run.
    Cancelled,
    /// The worker was told to stop, and the run goes on elsewhere.
    HandedBack,
    /// The worker is gone.
    Lost,
}

/// Ends the attempt that is on record as `run`. `false` where somebody else has the run by now: then nothing is written.
pub(crate) async fn attempt(
    tx: &mut Tx,
    run: &RunRow,
    verdict: Verdict,
    usage: Usage,
    now: Millis,
) -> Result<bool> {
    let usage = sum(run.usage, usage);
    let mut after = After {
        state: RunState::Queued,
        usage,
        receipt: None,
        failure: None,
        failures: run.failures,
        losses: run.losses,
        not_before: now,
    };
    match verdict {
        Verdict::Done(receipt) => {
            after.state = RunState::Done;
            after.receipt = Some(receipt);
        }
        Verdict::Cancelled => after.state = RunState::Cancelled,
        Verdict::HandedBack => {}
        Verdict::Lost => {
            after.losses += 1;
            if after.losses >= MOST_LOSSES {
                after.state = RunState::Failed;
                after.failure = Some(lost(after.losses));
            }
        }
        Verdict::Failed(failure) => {
            after.failures += 1;
            match failure.retry_after {
                Some(pause) if after.failures <= run.retries => {
                    let pause = Millis::try_from(pause).unwrap_or(Millis::MAX / SECOND);
                    after.not_before = now + run.retry_wait_ms.max(pause.saturating_mul(SECOND));
                }
                _ => after.state = RunState::Failed,
            }
            after.failure = Some(failure);
        }
    }
    if run.cancel_requested && after.state == RunState::Queued {
        after.state = RunState::Cancelled;
    }
    if !after.write(tx, run, now).await? {
        return Ok(false);
    }
    release_holds(tx, &run.tenant, &run.id).await?;
    if after.state.is_over() {
        over(tx, run, &after, now).await?;
    }
    Ok(true)
}

/// Asks for the end of a run: one that waits is over at once, one that a worker has is ended by it.
pub(crate) async fn cancel(tx: &mut Tx, run: &RunRow, now: Millis) -> Result<()> {
    sqlx::query(
        "UPDATE runs SET cancel_requested = 1, version = version + 1 WHERE tenant = $1 AND id = $2 AND state IN ('admitted', 'running')",
    )
    .bind(&run.tenant)
    .bind(&run.id)
    .execute(tx.conn())
    .await?;
    let done = sqlx::query(
        "UPDATE runs SET state = 'cancelled', cancel_requested = 1, ended_at = $1, kept = NULL, version = version + 1
         WHERE tenant = $2 AND id = $3 AND state = 'queued'",
    )
    .bind(now)
    .bind(&run.tenant)
    .bind(&run.id)
    .execute(tx.conn())
    .await?;
    if done.rows_affected() == 1 {
        let after = After {
            state: RunState::Cancelled,
            usage: run.usage,
            receipt: None,
            failure: None,
            failures: run.failures,
            losses: run.losses,
            not_before: now,
        };
        over(tx, run, &after, now).await?;
    }
    Ok(())
}

/// Asks for the end of all runs of a job.
pub(crate) async fn cancel_of_job(tx: &mut Tx, tenant: &str, job: &str, now: Millis) -> Result<()> {
    let rows = sqlx::query(
        "SELECT id FROM runs WHERE tenant = $1 AND job = $2 AND state IN ('queued', 'admitted', 'running')",
    )
    .bind(tenant)
    .bind(job)
    .fetch_all(tx.conn())
    .await?;
    for row in rows {
        let id: String = row.try_get("id")?;
        if let Some(run) = runs::find(tx.conn(), tenant, &id).await? {
            cancel(tx, &run, now).await?;
        }
    }
    Ok(())
}

/// What is on record of a run after an attempt.
struct After {
    state: RunState,
    usage: Usage,
    receipt: Option<Value>,
    failure: Option<RunFailure>,
    failures: i64,
    losses: i64,
    not_before: Millis,
}

impl After {
    async fn write(&self, tx: &mut Tx, run: &RunRow, now: Millis) -> Result<bool> {
        let text = |failure: &RunFailure| serde_json::to_string(failure);
        let done = sqlx::query(
            "UPDATE runs SET state = $1, usage = $2, receipt = $3, failure = $4, failures = $5, losses = $6, not_before = $7,
                             ended_at = $8, worker = NULL, lease_until = NULL, step = NULL, version = version + 1,
                             kept = CASE WHEN $9 = 1 THEN NULL ELSE kept END
             WHERE id = $10 AND dispatch = $11 AND state IN ('admitted', 'running')",
        )
        .bind(self.state.word())
        .bind(serde_json::to_string(&self.usage).map_err(Error::stored("usage"))?)
        .bind(self.receipt.as_ref().map(Value::to_string))
        .bind(self.failure.as_ref().map(text).transpose().map_err(Error::stored("failure"))?)
        .bind(self.failures)
        .bind(self.losses)
        .bind(self.not_before)
        .bind(self.state.is_over().then_some(now))
        .bind(i64::from(self.forgets()))
        .bind(&run.id)
        .bind(run.dispatch)
        .execute(tx.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Whether what was kept is of no use any more.
    fn forgets(&self) -> bool {
        self.state.is_over()
            || self
                .failure
                .as_ref()
                .is_some_and(|failure| !failure.resumes)
    }
}

/// What follows when a run is over: its spool goes, history counts it, who wants to know is told.
async fn over(tx: &mut Tx, run: &RunRow, after: &After, now: Millis) -> Result<()> {
    if let Some(machine) = &run.machine {
        removals::ask(tx, machine, &run.tenant, &run.id).await?;
    }
    let is = |state| i64::from(after.state == state);
    let bytes = after
        .receipt
        .as_ref()
        .and_then(|receipt| receipt.pointer("/file/bytes")?.as_i64());
    let ended = History {
        done: is(RunState::Done),
        failed: is(RunState::Failed),
        cancelled: is(RunState::Cancelled),
        duration_ms: match (after.state, run.started_at) {
            (RunState::Done, Some(started)) => (now - started).max(0),
            _ => 0,
        },
        bytes: bytes.unwrap_or_default(),
    };
    history::add(tx.conn(), &run.tenant, &run.job, now, ended).await?;
    let told = json!({
        "run": run.id,
        "state": after.state,
        "cause": run.cause,
        "attempts": run.attempts,
        "failure": after.failure,
        "file": after.receipt.as_ref().and_then(|receipt| receipt.get("file")),
    });
    match after.state {
        RunState::Done => {
            let before =
                sqlx::query("SELECT failing, stale FROM jobs WHERE tenant = $1 AND id = $2")
                    .bind(&run.tenant)
                    .bind(&run.job)
                    .fetch_optional(tx.conn())
                    .await?;
            sqlx::query("UPDATE jobs SET failing = 0, stale = 0, succeeded_at = $1 WHERE tenant = $2 AND id = $3")
                .bind(now)
                .bind(&run.tenant)
                .bind(&run.job)
                .execute(tx.conn())
                .await?;
            let was = |row: &sqlx::any::AnyRow| -> Result<bool> {
                Ok(row.try_get::<i64, _>("failing")? + row.try_get::<i64, _>("stale")? > 0)
            };
            if before.as_ref().map(was).transpose()? == Some(true) {
                events::raise(tx, &run.tenant, &run.job, Event::Recovery, &told, now).await?;
            }
        }
        RunState::Failed => {
            sqlx::query("UPDATE jobs SET failing = 1 WHERE tenant = $1 AND id = $2")
                .bind(&run.tenant)
                .bind(&run.job)
                .execute(tx.conn())
                .await?;
            events::raise(tx, &run.tenant, &run.job, Event::Failure, &told, now).await?;
        }
        _ => {}
    }
    events::raise(tx, &run.tenant, &run.job, Event::Run, &told, now).await
}

async fn release_holds(tx: &mut Tx, tenant: &str, run: &str) -> Result<()> {
    sqlx::query("DELETE FROM holds WHERE tenant = $1 AND run = $2")
        .bind(tenant)
        .bind(run)
        .execute(tx.conn())
        .await?;
    Ok(())
}

fn lost(losses: i64) -> RunFailure {
    RunFailure {
        code: "worker-lost".to_owned(),
        message: format!("{losses} workers stopped while they had the run"),
        hint: Some(
            "look at the log and the memory of the workers' machines, then start the job again"
                .to_owned(),
        ),
        retry_after: None,
        limit: None,
        resumes: false,
    }
}

fn sum(a: Usage, b: Usage) -> Usage {
    Usage {
        received_bytes: a.received_bytes + b.received_bytes,
        sent_bytes: a.sent_bytes + b.sent_bytes,
        requests: a.requests + b.requests,
        throttled: a.throttled + b.throttled,
        cpu_ms: a.cpu_ms + b.cpu_ms,
        memory_bytes: a.memory_bytes.max(b.memory_bytes),
    }
}
