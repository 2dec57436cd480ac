//! Schedules of a job: any number, each with its own time zone.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use writeback_schedule::{Schedule, from_ms};

use super::auth::{Admin, In, Viewer};
use super::body::{Json, Path, Query};
use super::etag::{IfMatch, Tagged, changed};
use super::jobs;
use super::problem::{Answer, FieldError, Problem};
use crate::App;
use crate::ids;
use crate::store::schedules::{self, ScheduleRow};
use crate::store::tenants::TenantRow;
use crate::time::Millis;
use crate::work::scheduler;

/// Schedules of one job.
const MOST: usize = 100;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, replace, delete))
        .routes(routes!(ticks))
        .routes(routes!(preview))
}

/// A schedule of a job.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct JobSchedule {
    /// Its identifier.
    pub id: String,
    /// When the job is due.
    pub schedule: Schedule,
    /// The same in words.
    pub description: String,
    /// When it is due next, in milliseconds since the epoch; none where it is manual or over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at_ms: Option<Millis>,
    /// Changes with every change.
    pub revision: i64,
    /// Milliseconds since the epoch.
    pub created_at_ms: Millis,
    /// Milliseconds since the epoch.
    pub updated_at_ms: Millis,
}

impl TryFrom<ScheduleRow> for JobSchedule {
    type Error = crate::error::Error;

    fn try_from(row: ScheduleRow) -> Result<Self, Self::Error> {
        let schedule: Schedule = serde_json::from_value(row.document)
            .map_err(crate::error::Error::stored("a schedule"))?;
        Ok(Self {
            id: row.id,
            description: schedule.describe(),
            schedule,
            next_at_ms: row.next_at,
            revision: row.revision,
            created_at_ms: row.created_at,
            updated_at_ms: row.updated_at,
        })
    }
}

/// All schedules of a job.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct JobSchedules {
    /// In the order in which they were made.
    pub items: Vec<JobSchedule>,
}

/// How many moments to show.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TickQuery {
    /// How many.
    #[param(minimum = 1, maximum = 100, default = 10)]
    pub count: Option<u32>,
}

/// A moment at which a job is due.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TickView {
    /// The moment that the schedule names, in milliseconds since the epoch.
    pub nominal_at_ms: Millis,
    /// The moment at which the run is made: the nominal one, and the jitter.
    pub due_at_ms: Millis,
    /// The nominal moment in the schedule's time zone.
    pub local: String,
}

/// Moments at which a job is due.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Ticks {
    /// The schedule in words.
    pub description: String,
    /// The moments in order; fewer than asked for where the schedule ends.
    pub items: Vec<TickView>,
}

/// Lists the schedules of a job.
#[utoipa::path(get, path = "/tenants/{tenant}/jobs/{job}/schedules", tag = "schedules",
    params(("tenant" = String, Path), ("job" = String, Path)), security(("token" = ["viewer"])),
    responses((status = 200, body = JobSchedules)))]
async fn list(
    State(app): State<App>,
    caller: In<Viewer>,
    Path((_, job)): Path<(String, String)>,
) -> Answer<axum::Json<JobSchedules>> {
    let job = jobs::find(&app, &caller.tenant, &job).await?;
    let rows = schedules::of_job(app.db.pool(), &job.tenant, &job.id).await?;
    let items = rows
        .into_iter()
        .map(JobSchedule::try_from)
        .collect::<Result<_, _>>()?;
    Ok(axum::Json(JobSchedules { items }))
}

/// Makes a schedule of a job. Moments before now are not made up for.
#[utoipa::path(post, path = "/tenants/{tenant}/jobs/{job}/schedules", tag = "schedules",
    params(("tenant" = String, Path), ("job" = String, Path)), request_body = Schedule, security(("token" = ["admin"])),
    responses((status = 201, body = JobSchedule)))]
async fn create(
    State(app): State<App>,
    caller: In<Admin>,
    Path((_, job)): Path<(String, String)>,
    Json(document): Json<Value>,
) -> Answer<(StatusCode, Tagged<JobSchedule>)> {
    let job = jobs::find(&app, &caller.tenant, &job).await?;
    let schedule = parse(&document)?;
    if schedules::of_job(app.db.pool(), &job.tenant, &job.id)
        .await?
        .len()
        >= MOST
    {
        return Err(Problem::conflict(
            "too-many-schedules",
            format!("a job has at most {MOST} schedules"),
        ));
    }
    let now = app.clock.now();
    let row = row_of(ids::new("sch"), &job.tenant, &job.id, &schedule, now)?;
    let mut tx = app.db.begin().await?;
    schedules::insert(tx.conn(), &row).await?;
    record(&mut tx, &caller, "schedule.create", &row, now).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Tagged(row.revision, row.try_into()?)))
}

/// Shows a schedule.
#[utoipa::path(get, path = "/tenants/{tenant}/jobs/{job}/schedules/{schedule}", tag = "schedules",
    params(("tenant" = String, Path), ("job" = String, Path), ("schedule" = String, Path)), security(("token" = ["viewer"])),
    responses((status = 200, body = JobSchedule)))]
async fn read(
    State(app): State<App>,
    caller: In<Viewer>,
    Path((_, job, schedule)): Path<(String, String, String)>,
) -> Answer<Tagged<JobSchedule>> {
    let row = find(&app, &caller.tenant, &job, &schedule).await?;
    Ok(Tagged(row.revision, row.try_into()?))
}

/// Replaces a schedule. It counts from now on.
#[utoipa::path(put, path = "/tenants/{tenant}/jobs/{job}/schedules/{schedule}", tag = "schedules",
    params(("tenant" = String, Path), ("job" = String, Path), ("schedule" = String, Path), ("If-Match" = String, Header)),
    request_body = Schedule, security(("token" = ["admin"])), responses((status = 200, body = JobSchedule)))]
async fn replace(
    State(app): State<App>,
    caller: In<Admin>,
    Path((_, job, schedule)): Path<(String, String, String)>,
    matching: IfMatch,
    Json(document): Json<Value>,
) -> Answer<Tagged<JobSchedule>> {
    let old = find(&app, &caller.tenant, &job, &schedule).await?;
    matching.check(old.revision)?;
    let parsed = parse(&document)?;
    let now = app.clock.now();
    let mut row = ScheduleRow {
        revision: old.revision,
        created_at: old.created_at,
        ..row_of(old.id, &old.tenant, &old.job, &parsed, now)?
    };
    let mut tx = app.db.begin().await?;
    if !schedules::update(tx.conn(), &row, now).await? {
        return Err(changed());
    }
    row.revision += 1;
    record(&mut tx, &caller, "schedule.update", &row, now).await?;
    tx.commit().await?;
    Ok(Tagged(row.revision, row.try_into()?))
}

/// Deletes a schedule. Runs that it made stay.
#[utoipa::path(delete, path = "/tenants/{tenant}/jobs/{job}/schedules/{schedule}", tag = "schedules",
    params(("tenant" = String, Path), ("job" = String, Path), ("schedule" = String, Path)), security(("token" = ["admin"])),
    responses((status = 204)))]
async fn delete(
    State(app): State<App>,
    caller: In<Admin>,
    Path((_, job, schedule)): Path<(String, String, String)>,
) -> Answer<StatusCode> {
    let row = find(&app, &caller.tenant, &job, &schedule).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    schedules::delete(tx.conn(), &row.tenant, &row.id).await?;
    record(&mut tx, &caller, "schedule.delete", &row, now).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Shows when a job is due next.
#[utoipa::path(get, path = "/tenants/{tenant}/jobs/{job}/schedules/{schedule}/ticks", tag = "schedules",
    params(("tenant" = String, Path), ("job" = String, Path), ("schedule" = String, Path), TickQuery),
    security(("token" = ["viewer"])), responses((status = 200, body = Ticks)))]
async fn ticks(
    State(app): State<App>,
    caller: In<Viewer>,
    Path((_, job, schedule)): Path<(String, String, String)>,
    Query(query): Query<TickQuery>,
) -> Answer<axum::Json<Ticks>> {
    let row = find(&app, &caller.tenant, &job, &schedule).await?;
    let schedule: Schedule =
        serde_json::from_value(row.document).map_err(crate::error::Error::stored("a schedule"))?;
    show(&app, &schedule, &row.id, query)
}

/// Shows when a schedule that is not stored would be due.
#[utoipa::path(post, path = "/schedules/preview", tag = "schedules", params(TickQuery), request_body = Schedule,
    security(("token" = [])), responses((status = 200, body = Ticks)))]
async fn preview(
    State(app): State<App>,
    _: super::auth::Caller,
    Query(query): Query<TickQuery>,
    Json(document): Json<Value>,
) -> Answer<axum::Json<Ticks>> {
    show(&app, &parse(&document)?, "preview", query)
}

fn show(app: &App, schedule: &Schedule, seed: &str, query: TickQuery) -> Answer<axum::Json<Ticks>> {
    let count = query.count.unwrap_or(10);
    if !(1..=100).contains(&count) {
        return Err(Problem::field("count", "it is not between 1 and 100"));
    }
    let now = from_ms(app.clock.now()).unwrap_or_default();
    let items = schedule
        .timetable(seed)
        .ticks(now, usize::try_from(count).unwrap_or(10));
    let zone = schedule.time_zone();
    let items = items.into_iter().map(|tick| TickView {
        nominal_at_ms: tick.nominal_ms(),
        due_at_ms: tick.due_ms(),
        local: match tick.nominal.in_tz(zone) {
            Ok(local) => local.strftime("%A %Y-%m-%d %H:%M %Z").to_string(),
            Err(_) => tick.nominal.to_string(),
        },
    });
    Ok(axum::Json(Ticks {
        description: schedule.describe(),
        items: items.collect(),
    }))
}

fn parse(document: &Value) -> Answer<Schedule> {
    Schedule::parse(document).map_err(|problems| {
        let errors = problems.list().iter().map(|problem| FieldError {
            path: problem.path.clone(),
            message: problem.message.clone(),
        });
        let mut problem = Problem::invalid(errors.collect());
        problem.hint = problems.list().first().map(|problem| problem.hint.clone());
        problem
    })
}

async fn find(app: &App, tenant: &TenantRow, job: &str, schedule: &str) -> Answer<ScheduleRow> {
    let job = jobs::find(app, tenant, job).await?;
    let row = schedules::find(app.db.pool(), &tenant.id, &job.id, schedule).await?;
    row.ok_or_else(|| Problem::missing("schedule"))
}

/// A schedule counts from the moment at which it is written.
fn row_of(
    id: String,
    tenant: &str,
    job: &str,
    schedule: &Schedule,
    now: Millis,
) -> Answer<ScheduleRow> {
    let mut row = ScheduleRow {
        id,
        tenant: tenant.to_owned(),
        job: job.to_owned(),
        document: serde_json::to_value(schedule)
            .map_err(crate::error::Error::stored("a schedule"))?,
        revision: 1,
        handled_at: now,
        next_at: None,
        created_at: now,
        updated_at: now,
    };
    let next = scheduler::timetable(&row)?.next_after(from_ms(now).unwrap_or_default());
    row.next_at = next.map(|tick| tick.due_ms());
    Ok(row)
}

async fn record(
    tx: &mut crate::db::Tx,
    caller: &In<Admin>,
    action: &str,
    row: &ScheduleRow,
    now: Millis,
) -> Answer<()> {
    Ok(caller
        .record(
            tx,
            action,
            &row.id,
            json!({ "job": row.job, "schedule": row.document }),
            now,
        )
        .await?)
}
