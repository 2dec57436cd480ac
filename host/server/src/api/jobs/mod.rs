//! Jobs: the content of a job file, with revisions.

mod document;

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) use self::document::{Job, Revision};
use self::document::{NewJob, StateChange};
use super::auth::{Admin, In, Operator, Viewer};
use super::body::{Json, Path, Query};
use super::etag::{IfMatch, Tagged, changed};
use super::names::{Checks, check_name, taken};
use super::paging::{Page, PageQuery};
use super::problem::{Answer, Problem};
use crate::App;
use crate::db::Tx;
use crate::destination;
use crate::ids;
use crate::store::audit::{self, Entry};
use crate::store::jobs::{self, JobRow, JobState, RevisionRow};
use crate::store::tenants::TenantRow;
use crate::time::{DAY, HOUR, Millis, SECOND};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, replace, set_state, delete))
        .routes(routes!(revisions))
        .routes(routes!(revision))
        .routes(routes!(check))
}

/// Lists the jobs of a tenant by name.
#[utoipa::path(get, path = "/tenants/{tenant}/jobs", tag = "jobs", params(("tenant" = String, Path), PageQuery),
    security(("token" = ["viewer"])), responses((status = 200, body = Page<Job>)))]
async fn list(
    State(app): State<App>,
    caller: In<Viewer>,
    Query(page): Query<PageQuery>,
) -> Answer<axum::Json<Page<Job>>> {
    let limit = page.limit()?;
    let rows = jobs::list(app.db.pool(), &caller.tenant.id, page.after(), limit + 1).await?;
    Ok(axum::Json(Page::of(
        rows,
        limit,
        |row| row.name.clone(),
        Job::from,
    )))
}

/// Makes a job.
#[utoipa::path(post, path = "/tenants/{tenant}/jobs", tag = "jobs", params(("tenant" = String, Path)), request_body = NewJob,
    security(("token" = ["admin"])), responses((status = 201, body = Job)))]
async fn create(
    State(app): State<App>,
    caller: In<Admin>,
    Json(new): Json<NewJob>,
) -> Answer<(StatusCode, Tagged<Job>)> {
    judge(&app, &caller.tenant, &new).await?;
    let now = app.clock.now();
    let row = row_of(ids::new("job"), caller.tenant.id.clone(), 1, now, now, &new);
    let mut tx = app.db.begin().await?;
    let most = i64::from(caller.tenant.settings.jobs);
    if jobs::count(tx.conn(), &row.tenant).await? >= most {
        return Err(Problem::conflict(
            "too-many-jobs",
            format!(
                "the tenant has as many jobs as it may have ({most})\nhint: delete jobs that are not needed, or ask for more"
            ),
        ));
    }
    if let Err(error) = jobs::insert(tx.conn(), &row).await {
        return Err(taken(error, &row.name));
    }
    record(&mut tx, &row, &new, &caller.caller.actor, "job.create", now).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Tagged(row.revision, row.into())))
}

/// Shows a job.
#[utoipa::path(get, path = "/tenants/{tenant}/jobs/{job}", tag = "jobs", params(("tenant" = String, Path), ("job" = String, Path)),
    security(("token" = ["viewer"])), responses((status = 200, body = Job)))]
async fn read(
    State(app): State<App>,
    caller: In<Viewer>,
    Path((_, job)): Path<(String, String)>,
) -> Answer<Tagged<Job>> {
    let row = find(&app, &caller.tenant, &job).await?;
    Ok(Tagged(row.revision, row.into()))
}

/// Replaces what a job is. Runs that wait keep the revision that they were asked for with.
#[utoipa::path(put, path = "/tenants/{tenant}/jobs/{job}", tag = "jobs",
    params(("tenant" = String, Path), ("job" = String, Path), ("If-Match" = String, Header)), request_body = NewJob,
    security(("token" = ["admin"])), responses((status = 200, body = Job)))]
async fn replace(
    State(app): State<App>,
    caller: In<Admin>,
    Path((_, job)): Path<(String, String)>,
    matching: IfMatch,
    Json(new): Json<NewJob>,
) -> Answer<Tagged<Job>> {
    let old = find(&app, &caller.tenant, &job).await?;
    matching.check(old.revision)?;
    judge(&app, &caller.tenant, &new).await?;
    write(&app, old, new, &caller.caller.actor, "job.update").await
}

/// Enables or pauses a job.
#[utoipa::path(patch, path = "/tenants/{tenant}/jobs/{job}", tag = "jobs",
    params(("tenant" = String, Path), ("job" = String, Path), ("If-Match" = String, Header)), request_body = StateChange,
    security(("token" = ["operator"])), responses((status = 200, body = Job)))]
async fn set_state(
    State(app): State<App>,
    caller: In<Operator>,
    Path((_, job)): Path<(String, String)>,
    matching: IfMatch,
    Json(change): Json<StateChange>,
) -> Answer<Tagged<Job>> {
    let old = find(&app, &caller.tenant, &job).await?;
    matching.check(old.revision)?;
    let new = NewJob {
        state: change.state,
        ..Job::from(old.clone()).content
    };
    let action = match change.state {
        JobState::Enabled => "job.enable",
        JobState::Paused => "job.pause",
    };
    write(&app, old, new, &caller.caller.actor, action).await
}

/// Deletes a job with its schedules. Its runs stay in the history; those that wait are cancelled.
#[utoipa::path(delete, path = "/tenants/{tenant}/jobs/{job}", tag = "jobs", params(("tenant" = String, Path), ("job" = String, Path)),
    security(("token" = ["admin"])), responses((status = 204)))]
async fn delete(
    State(app): State<App>,
    caller: In<Admin>,
    Path((_, job)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let row = find(&app, &caller.tenant, &job).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    crate::work::ending::cancel_of_job(&mut tx, &row.tenant, &row.id, now).await?;
    jobs::delete(tx.conn(), &row.tenant, &row.id).await?;
    caller
        .record(
            &mut tx,
            "job.delete",
            &row.id,
            json!({ "name": row.name, "job": row.document }),
            now,
        )
        .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists what a job was, the newest first.
#[utoipa::path(get, path = "/tenants/{tenant}/jobs/{job}/revisions", tag = "jobs",
    params(("tenant" = String, Path), ("job" = String, Path), PageQuery), security(("token" = ["viewer"])),
    responses((status = 200, body = Page<Revision>)))]
async fn revisions(
    State(app): State<App>,
    caller: In<Viewer>,
    Path((_, job)): Path<(String, String)>,
    Query(page): Query<PageQuery>,
) -> Answer<axum::Json<Page<Revision>>> {
    let row = find(&app, &caller.tenant, &job).await?;
    let limit = page.limit()?;
    let before = match page.after.as_deref() {
        None => i64::MAX,
        Some(text) => text
            .parse()
            .map_err(|_| Problem::field("after", "it is not `next` of a page"))?,
    };
    let rows = jobs::revisions(app.db.pool(), &row.tenant, &row.id, before, limit + 1).await?;
    let items = rows
        .into_iter()
        .map(Revision::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    Ok(axum::Json(Page::of(
        items,
        limit,
        |item| item.revision.to_string(),
        |item| item,
    )))
}

/// Shows what a job was.
#[utoipa::path(get, path = "/tenants/{tenant}/jobs/{job}/revisions/{revision}", tag = "jobs",
    params(("tenant" = String, Path), ("job" = String, Path), ("revision" = i64, Path)), security(("token" = ["viewer"])),
    responses((status = 200, body = Revision)))]
async fn revision(
    State(app): State<App>,
    caller: In<Viewer>,
    Path((_, job, revision)): Path<(String, String, i64)>,
) -> Answer<axum::Json<Revision>> {
    let row = find(&app, &caller.tenant, &job).await?;
    let found = jobs::revision(app.db.pool(), &row.tenant, &row.id, revision).await?;
    let found = found.ok_or_else(|| Problem::missing("revision"))?;
    Ok(axum::Json(found.try_into()?))
}

/// Finds out, without writing, what a job's chances are.
#[utoipa::path(post, path = "/tenants/{tenant}/jobs/{job}/check", tag = "jobs", params(("tenant" = String, Path), ("job" = String, Path)),
    security(("token" = ["operator"])), responses((status = 200, body = Object)))]
async fn check(
    State(app): State<App>,
    caller: In<Operator>,
    Path((_, job)): Path<(String, String)>,
) -> Answer<axum::Json<Value>> {
    let row = find(&app, &caller.tenant, &job).await?;
    let setup = crate::setup::of(&app, &caller.tenant).await?;
    Ok(axum::Json(app.runner.check(&setup, &row.document).await?))
}

pub(super) async fn find(app: &App, tenant: &TenantRow, which: &str) -> Answer<JobRow> {
    let row = jobs::find(app.db.pool(), &tenant.id, which).await?;
    row.ok_or_else(|| Problem::missing("job"))
}

/// Refuses a job that could never run: in the server's words, and in the component's.
async fn judge(app: &App, tenant: &TenantRow, new: &NewJob) -> Answer<()> {
    let mut checks = Checks::default();
    check_name(&mut checks, "name", &new.name);
    checks.length("description", &new.description, 2_000);
    checks.between("retry.retries", new.retry.retries, 0, 20);
    checks.between("retry.wait_seconds", new.retry.wait_seconds, 1, 86_400);
    if !(-100..=100).contains(&new.priority) {
        checks.add("priority", "it is not between -100 and 100");
    }
    if let Some(after) = new.stale_after_seconds {
        let allowed = HOUR / SECOND..=92 * DAY / SECOND;
        if !allowed.contains(&after) {
            checks.add(
                "stale_after_seconds",
                "it is not between an hour (3600) and 92 days (7948800)",
            );
        }
    }
    if !new.job.is_object() {
        checks.add("job", "it is not an object: it is the job file's content");
    }
    checks.end()?;
    let setup = crate::setup::of(app, tenant).await?;
    app.runner
        .validate(&setup, &new.job)
        .await
        .map_err(|failure| {
            let mut problem = Problem::from(failure);
            problem.status = StatusCode::UNPROCESSABLE_ENTITY.as_u16();
            problem
        })
}

/// Pauses a job by name in a change of something else. `false` where it was paused already.
pub(super) async fn pause(
    tx: &mut Tx,
    tenant: &str,
    name: &str,
    actor: &str,
    now: Millis,
) -> Answer<bool> {
    let found = jobs::find(tx.conn(), tenant, name).await?;
    let Some(mut row) = found.filter(|row| row.state == JobState::Enabled) else {
        return Ok(false);
    };
    row.state = JobState::Paused;
    if !jobs::update(tx.conn(), &row, now).await? {
        return Err(changed());
    }
    row.revision += 1;
    let content = Job::from(row.clone()).content;
    record(tx, &row, &content, actor, "job.pause", now).await?;
    Ok(true)
}

fn row_of(
    id: String,
    tenant: String,
    revision: i64,
    created: Millis,
    now: Millis,
    new: &NewJob,
) -> JobRow {
    JobRow {
        id,
        tenant,
        name: new.name.clone(),
        description: new.description.clone(),
        state: new.state,
        revision,
        document: new.job.clone(),
        destination: destination::of(&new.job),
        priority: new.priority,
        retry: new.retry,
        stale_after_ms: new.stale_after_seconds.map(|seconds| seconds * SECOND),
        failing: false,
        stale: false,
        succeeded_at: None,
        created_at: created,
        updated_at: now,
    }
}

async fn write(
    app: &App,
    old: JobRow,
    new: NewJob,
    actor: &str,
    action: &str,
) -> Answer<Tagged<Job>> {
    let now = app.clock.now();
    let mut row = JobRow {
        failing: old.failing,
        stale: old.stale,
        succeeded_at: old.succeeded_at,
        ..row_of(old.id, old.tenant, old.revision, old.created_at, now, &new)
    };
    let mut tx = app.db.begin().await?;
    match jobs::update(tx.conn(), &row, now).await {
        Ok(true) => row.revision += 1,
        Ok(false) => return Err(changed()),
        Err(error) => return Err(taken(error, &row.name)),
    }
    record(&mut tx, &row, &new, actor, action, now).await?;
    tx.commit().await?;
    Ok(Tagged(row.revision, row.into()))
}

/// Puts a change on record: the revision, the accounts, the audit log.
async fn record(
    tx: &mut Tx,
    row: &JobRow,
    new: &NewJob,
    actor: &str,
    action: &str,
    now: Millis,
) -> Answer<()> {
    let content = serde_json::to_value(new).map_err(crate::error::Error::stored("a revision"))?;
    let revision = RevisionRow {
        revision: row.revision,
        document: content.clone(),
        changed_by: actor.to_owned(),
        changed_at: now,
    };
    jobs::insert_revision(tx.conn(), &row.tenant, &row.id, &revision).await?;
    jobs::set_accounts(
        tx.conn(),
        &row.tenant,
        &row.id,
        &destination::accounts(&new.job),
    )
    .await?;
    let entry = Entry {
        tenant: &row.tenant,
        actor,
        action,
        subject: &row.id,
        detail: json!({ "revision": row.revision, "content": content }),
    };
    audit::insert(tx.conn(), entry, now).await?;
    Ok(())
}
