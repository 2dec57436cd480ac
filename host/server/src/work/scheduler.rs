//! Makes runs of the moments that are due. Any number of processes may do so at the same time: each moment is one row.

use std::time::Duration;

use serde_json::json;
use writeback_schedule::{Schedule, Timetable, from_ms};

use super::asking;
use crate::App;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::store::audit::{self, Entry};
use crate::store::jobs::JobState;
use crate::store::schedules::{self, ScheduleRow};
use crate::store::tenants::TenantState;
use crate::store::{jobs, runs, tenants};
use crate::time::Millis;

/// Schedules that are seen to in one pass.
const BATCH: i64 = 500;
/// A moment that is seen to so late was missed: then the schedule's `catch_up` says what becomes of it.
const GRACE: Duration = Duration::from_secs(120);

/// What a stored schedule says.
pub(crate) fn timetable(row: &ScheduleRow) -> Result<Timetable> {
    let schedule: Schedule =
        serde_json::from_value(row.document.clone()).map_err(Error::stored("a schedule"))?;
    Ok(schedule.timetable(&row.id))
}

/// Makes runs of all moments that are due. Returns how many runs.
///
/// # Errors
/// The database's.
pub(crate) async fn pass(app: &App) -> Result<u64> {
    let now = app.clock.now();
    let mut made = 0;
    loop {
        let due = schedules::due(app.db.pool(), now, BATCH).await?;
        for schedule in &due {
            match see_to(app, schedule, now).await {
                Ok(runs) => made += runs,
                // One that cannot be read must not stop the others.
                Err(error @ Error::Stored { .. }) => {
                    tracing::error!(%error, schedule = schedule.id, "a schedule cannot be read");
                    shelve(app, schedule).await?;
                }
                Err(error) => return Err(error),
            }
        }
        if i64::try_from(due.len()).unwrap_or(BATCH) < BATCH {
            return Ok(made);
        }
    }
}

async fn see_to(app: &App, schedule: &ScheduleRow, now: Millis) -> Result<u64> {
    let moment = |milliseconds| from_ms(milliseconds).unwrap_or_default();
    let due = timetable(schedule)?.due(moment(schedule.handled_at), moment(now), GRACE);
    let next = due.next.map(|tick| tick.due_ms());
    let mut tx = app.db.begin().await?;
    if !schedules::handled(tx.conn(), schedule, due.last.as_millisecond(), next).await? {
        return Ok(0);
    }
    let mut made = 0;
    for tick in &due.run {
        if make(&mut tx, schedule, tick.nominal_ms(), now).await? {
            made += 1;
        }
    }
    if due.missed > 0 {
        let detail = json!({ "job": schedule.job, "missed": due.missed });
        note(&mut tx, schedule, "schedule.missed", detail, now).await?;
    }
    tx.commit().await?;
    Ok(made)
}

/// Makes a run of one moment, unless the job or its tenant is not to run, or too much waits.
async fn make(tx: &mut Tx, schedule: &ScheduleRow, tick_at: Millis, now: Millis) -> Result<bool> {
    let tenant = tenants::find(tx.conn(), &schedule.tenant).await?;
    let Some(tenant) = tenant.filter(|tenant| tenant.state == TenantState::Active) else {
        return Ok(false);
    };
    let job = jobs::find(tx.conn(), &schedule.tenant, &schedule.job).await?;
    let Some(job) = job.filter(|job| job.state == JobState::Enabled) else {
        return Ok(false);
    };
    if runs::queued(tx.conn(), &tenant.id).await? >= i64::from(tenant.settings.queued_runs) {
        let detail =
            json!({ "job": job.id, "tick_at_ms": tick_at, "queued": tenant.settings.queued_runs });
        note(tx, schedule, "schedule.dropped", detail, now).await?;
        return Ok(false);
    }
    let run = asking::scheduled(&job, &schedule.id, tick_at, now);
    runs::insert(tx.conn(), &run).await
}

async fn note(
    tx: &mut Tx,
    schedule: &ScheduleRow,
    action: &str,
    detail: serde_json::Value,
    now: Millis,
) -> Result<()> {
    let entry = Entry {
        tenant: &schedule.tenant,
        actor: "scheduler",
        action,
        subject: &schedule.id,
        detail,
    };
    audit::insert(tx.conn(), entry, now).await
}

async fn shelve(app: &App, schedule: &ScheduleRow) -> Result<()> {
    let mut tx = app.db.begin().await?;
    schedules::handled(tx.conn(), schedule, schedule.handled_at, None).await?;
    tx.commit().await
}
