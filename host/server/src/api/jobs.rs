//! Jobs: the content of a job file, with revisions.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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
use crate::store::jobs::{self, JobRow, JobState, Retry, RevisionRow};
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

/// A job.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Job {
    /// Its identifier.
    pub id: String,
    /// What it is, as [`NewJob`] says it.
    #[serde(flatten)]
    pub content: NewJob,
    /// Changes with every change.
    pub revision: i64,
    /// Whether its last runs failed, and since then none went well.
    pub failing: bool,
    /// Whether it was told that the file is older than `stale_after_seconds`.
    pub stale: bool,
    /// When a run of it last went well, in milliseconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub succeeded_at_ms: Option<Millis>,
    /// Milliseconds since the epoch.
    pub created_at_ms: Millis,
    /// Milliseconds since the epoch.
    pub updated_at_ms: Millis,
}

impl From<JobRow> for Job {
    fn from(row: JobRow) -> Self {
        Self {
            id: row.id,
            content: NewJob {
                name: row.name,
                description: row.description,
                state: row.state,
                priority: row.priority,
                retry: row.retry,
                stale_after_seconds: row.stale_after_ms.map(|after| after / SECOND),
                job: row.document,
            },
            revision: row.revision,
            failing: row.failing,
            stale: row.stale,
            succeeded_at_ms: row.succeeded_at,
            created_at_ms: row.created_at,
            updated_at_ms: row.updated_at,
        }
    }
}

/// What a job is.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJob {
    /// Its name: letters, digits, `-`, `_` and `.`, unique in the tenant. It may stand for the identifier.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^[A-Za-z0-9][A-Za-z0-9._-]*$"
    )]
    pub name: String,
    /// What it is for.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub description: String,
    /// Whether its schedules start it.
    #[serde(default = "enabled")]
    pub state: JobState,
    /// Of a tenant's runs that wait, those with the higher number are first.
    #[serde(default)]
    #[schema(minimum = -100, maximum = 100)]
    pub priority: i64,
    /// What happens after a scheduled run fails for a reason that may pass.
    #[serde(default)]
    pub retry: Retry,
    /// How old the file may become until somebody is told: an hour to 92 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 3600, maximum = 7_948_800)]
    pub stale_after_seconds: Option<i64>,
    /// The job file's content, as its schema says.
    #[schema(value_type = Object)]
    pub job: Value,
}

fn enabled() -> JobState {
    JobState::Enabled
}

/// Whether a job's schedules start it.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StateChange {
    /// `enabled` or `paused`.
    pub state: JobState,
}

/// What a job was.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Revision {
    /// Its number.
    pub revision: i64,
    /// The job, as it was sent.
    pub content: NewJob,
    /// Whose token it was.
    pub changed_by: String,
    /// Milliseconds since the epoch.
    pub changed_at_ms: Millis,
}

impl TryFrom<RevisionRow> for Revision {
    type Error = crate::error::Error;

    fn try_from(row: RevisionRow) -> Result<Self, Self::Error> {
        Ok(Self {
            revision: row.revision,
            content: serde_json::from_value(row.document)
                .map_err(crate::error::Error::stored("a revision"))?,
            changed_by: row.changed_by,
            changed_at_ms: row.changed_at,
        })
    }
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
    let entry = Entry {
        tenant: &row.tenant,
        actor: &caller.caller.actor,
        action: "job.delete",
        subject: &row.id,
        detail: json!({ "name": row.name, "job": row.document }),
    };
    audit::insert(tx.conn(), entry, now).await?;
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
