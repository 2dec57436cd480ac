//! A run that was asked for: by somebody, or by a schedule.

use crate::ids;
use crate::runner::Usage;
use crate::store::jobs::JobRow;
use crate::store::runs::{Cause, RunRow, RunState};
use crate::time::{Millis, SECOND};

/// A run of a job, to be queued.
pub(crate) fn asked_for(job: &JobRow, cause: Cause, now: Millis) -> RunRow {
    // Somebody who asks sees the failure, and asks again; nobody watches a schedule.
    let retries = match cause {
        Cause::Schedule => i64::from(job.retry.retries),
        Cause::Manual | Cause::Again => 0,
    };
    RunRow {
        id: ids::new("run"),
        tenant: job.tenant.clone(),
        job: job.id.clone(),
        revision: job.revision,
        cause,
        schedule: None,
        tick_at: None,
        state: RunState::Queued,
        priority: job.priority,
        destination: job.destination.clone(),
        queued_at: now,
        not_before: now,
        started_at: None,
        ended_at: None,
        attempts: 0,
        failures: 0,
        losses: 0,
        retries,
        retry_wait_ms: Millis::from(job.retry.wait_seconds) * SECOND,
        dispatch: 0,
        machine: None,
        worker: None,
        lease_until: None,
        cancel_requested: false,
        step: None,
        timings: Vec::new(),
        usage: Usage::default(),
        receipt: None,
        failure: None,
        version: 1,
    }
}

/// A run of a job for a moment of a schedule.
pub(crate) fn scheduled(job: &JobRow, schedule: &str, tick_at: Millis, now: Millis) -> RunRow {
    RunRow {
        schedule: Some(schedule.to_owned()),
        tick_at: Some(tick_at),
        ..asked_for(job, Cause::Schedule, now)
    }
}
