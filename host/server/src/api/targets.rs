//! Who is told what happens: webhooks, e-mail, rows in a Domo DataSet.

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
use super::names::Checks;
use super::paging::{Page, PageQuery};
use super::problem::{Answer, Problem};
use crate::App;
use crate::db::Tx;
use crate::error::Error;
use crate::ids;
use crate::notify::{self, Destination, Sealed, ShownDestination};
use crate::store::accounts;
use crate::store::targets::{self, DeliveryRow, TargetRow};
use crate::store::tenants::TenantRow;
use crate::time::Millis;
use crate::work::events::Event;

/// Targets of one tenant.
const MOST: i64 = 50;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, replace, delete))
        .routes(routes!(test))
        .routes(routes!(deliveries))
}

/// A target.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Target {
    /// Its identifier.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it is told.
    pub events: Vec<Event>,
    /// Where messages go, without what is secret of it.
    pub to: ShownDestination,
    /// Changes with every change.
    pub revision: i64,
    /// Milliseconds since the epoch.
    pub created_at_ms: Millis,
    /// Milliseconds since the epoch.
    pub updated_at_ms: Millis,
}

/// What is stored of a target, but for its secrets.
#[derive(Serialize, Deserialize)]
struct Document {
    name: String,
    events: Vec<Event>,
    to: ShownDestination,
}

impl TryFrom<TargetRow> for Target {
    type Error = Error;

    fn try_from(row: TargetRow) -> Result<Self, Error> {
        let document: Document =
            serde_json::from_value(row.document).map_err(Error::stored("a target"))?;
        Ok(Self {
            id: row.id,
            name: document.name,
            events: document.events,
            to: document.to,
            revision: row.revision,
            created_at_ms: row.created_at,
            updated_at_ms: row.updated_at,
        })
    }
}

/// What a target is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTarget {
    /// What people call it.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// What it is told. A DataSet is told of runs, and of nothing else.
    #[schema(min_items = 1)]
    pub events: Vec<Event>,
    /// Where messages go.
    pub to: Destination,
}

/// What came of a message that was sent to try a target.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Trial {
    /// Whether it arrived.
    pub delivered: bool,
    /// Why it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A message to a target.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    /// Its identifier.
    pub id: String,
    /// What happened.
    pub event: String,
    /// `pending`, `delivered` or `failed`.
    pub state: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next, in milliseconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at_ms: Option<Millis>,
    /// Why the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The message.
    #[schema(value_type = Object)]
    pub message: Value,
    /// Milliseconds since the epoch.
    pub created_at_ms: Millis,
    /// When it arrived, or was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at_ms: Option<Millis>,
}

impl From<DeliveryRow> for Delivery {
    fn from(row: DeliveryRow) -> Self {
        Self {
            id: row.id,
            event: row.event,
            next_at_ms: (row.state == "pending").then_some(row.next_at),
            state: row.state,
            attempts: row.attempts,
            error: row.error,
            message: row.message,
            created_at_ms: row.created_at,
            ended_at_ms: row.ended_at,
        }
    }
}

/// Lists the targets of a tenant.
#[utoipa::path(get, path = "/tenants/{tenant}/targets", tag = "targets", params(("tenant" = String, Path), PageQuery),
    security(("token" = ["viewer"])), responses((status = 200, body = Page<Target>)))]
async fn list(
    State(app): State<App>,
    caller: In<Viewer>,
    Query(page): Query<PageQuery>,
) -> Answer<axum::Json<Page<Target>>> {
    let limit = page.limit()?;
    let rows = targets::list(app.db.pool(), &caller.tenant.id, page.after(), limit + 1).await?;
    let rows = rows.into_iter().map(Target::try_from);
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    Ok(axum::Json(Page::of(
        rows,
        limit,
        |row| row.id.clone(),
        |row| row,
    )))
}

/// Makes a target.
#[utoipa::path(post, path = "/tenants/{tenant}/targets", tag = "targets", params(("tenant" = String, Path)),
    request_body = NewTarget, security(("token" = ["admin"])), responses((status = 201, body = Target)))]
async fn create(
    State(app): State<App>,
    caller: In<Admin>,
    Json(new): Json<NewTarget>,
) -> Answer<(StatusCode, Tagged<Target>)> {
    let now = app.clock.now();
    let blank = TargetRow {
        id: ids::new("tgt"),
        tenant: caller.tenant.id.clone(),
        kind: String::new(),
        document: Value::Null,
        sealed: String::new(),
        revision: 1,
        created_at: now,
        updated_at: now,
    };
    let row = judge(&app, &caller.tenant, blank, new).await?;
    let mut tx = app.db.begin().await?;
    if targets::count(tx.conn(), &row.tenant).await? >= MOST {
        return Err(Problem::conflict(
            "too-many-targets",
            format!("a tenant has at most {MOST} targets\nhint: delete targets that nobody needs"),
        ));
    }
    targets::insert(tx.conn(), &row).await?;
    record(&mut tx, &caller, "target.create", &row, now).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Tagged(row.revision, row.try_into()?)))
}

/// Shows a target.
#[utoipa::path(get, path = "/tenants/{tenant}/targets/{target}", tag = "targets",
    params(("tenant" = String, Path), ("target" = String, Path)), security(("token" = ["viewer"])),
    responses((status = 200, body = Target)))]
async fn read(
    State(app): State<App>,
    caller: In<Viewer>,
    Path((_, target)): Path<(String, String)>,
) -> Answer<Tagged<Target>> {
    let row = find(&app, &caller.tenant, &target).await?;
    Ok(Tagged(row.revision, row.try_into()?))
}

/// Replaces what a target is.
#[utoipa::path(put, path = "/tenants/{tenant}/targets/{target}", tag = "targets",
    params(("tenant" = String, Path), ("target" = String, Path), ("If-Match" = String, Header)), request_body = NewTarget,
    security(("token" = ["admin"])), responses((status = 200, body = Target)))]
async fn replace(
    State(app): State<App>,
    caller: In<Admin>,
    Path((_, target)): Path<(String, String)>,
    matching: IfMatch,
    Json(new): Json<NewTarget>,
) -> Answer<Tagged<Target>> {
    let old = find(&app, &caller.tenant, &target).await?;
    matching.check(old.revision)?;
    let mut row = judge(&app, &caller.tenant, old, new).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if !targets::update(tx.conn(), &row, now).await? {
        return Err(changed());
    }
    row.revision += 1;
    row.updated_at = now;
    record(&mut tx, &caller, "target.update", &row, now).await?;
    tx.commit().await?;
    Ok(Tagged(row.revision, row.try_into()?))
}

/// Deletes a target, with what was delivered to it and what waits.
#[utoipa::path(delete, path = "/tenants/{tenant}/targets/{target}", tag = "targets",
    params(("tenant" = String, Path), ("target" = String, Path)), security(("token" = ["admin"])), responses((status = 204)))]
async fn delete(
    State(app): State<App>,
    caller: In<Admin>,
    Path((_, target)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let row = find(&app, &caller.tenant, &target).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    targets::delete(tx.conn(), &row.tenant, &row.id).await?;
    record(&mut tx, &caller, "target.delete", &row, now).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a message of the event `test` to a target, and tells what came of it. In a DataSet it is a row.
#[utoipa::path(post, path = "/tenants/{tenant}/targets/{target}/test", tag = "targets",
    params(("tenant" = String, Path), ("target" = String, Path)), security(("token" = ["operator"])),
    responses((status = 200, body = Trial)))]
async fn test(
    State(app): State<App>,
    caller: In<Operator>,
    Path((_, target)): Path<(String, String)>,
) -> Answer<axum::Json<Trial>> {
    let row = find(&app, &caller.tenant, &target).await?;
    let (id, now) = (ids::new("dlv"), app.clock.now());
    let message = notify::trial(&row.tenant, &id, now);
    let sent = notify::send(&app, &row, &id, &message, now).await;
    Ok(axum::Json(Trial {
        delivered: sent.is_ok(),
        error: sent.err(),
    }))
}

/// Lists messages to a target, the newest first.
#[utoipa::path(get, path = "/tenants/{tenant}/targets/{target}/deliveries", tag = "targets",
    params(("tenant" = String, Path), ("target" = String, Path), PageQuery), security(("token" = ["viewer"])),
    responses((status = 200, body = Page<Delivery>)))]
async fn deliveries(
    State(app): State<App>,
    caller: In<Viewer>,
    Path((_, target)): Path<(String, String)>,
    Query(page): Query<PageQuery>,
) -> Answer<axum::Json<Page<Delivery>>> {
    let row = find(&app, &caller.tenant, &target).await?;
    let limit = page.limit()?;
    let rows = targets::deliveries(
        app.db.pool(),
        &row.tenant,
        &row.id,
        page.before(),
        limit + 1,
    )
    .await?;
    Ok(axum::Json(Page::of(
        rows,
        limit,
        |row| row.id.clone(),
        Delivery::from,
    )))
}

async fn find(app: &App, tenant: &TenantRow, target: &str) -> Answer<TargetRow> {
    let row = targets::find(app.db.pool(), &tenant.id, target).await?;
    row.ok_or_else(|| Problem::missing("target"))
}

/// What `old` becomes, if that is possible.
async fn judge(
    app: &App,
    tenant: &TenantRow,
    mut row: TargetRow,
    new: NewTarget,
) -> Answer<TargetRow> {
    let mut checks = Checks::default();
    checks.length("name", &new.name, 200);
    if new.name.trim().is_empty() {
        checks.add("name", "it is empty");
    }
    let mut events = new.events;
    events.sort_by_key(|event| event.word());
    events.dedup();
    if events.is_empty() {
        checks.add(
            "events",
            "it is empty: the target would never be told anything",
        );
    }
    if let Destination::Domo { account, .. } = &new.to {
        if events != [Event::Run] {
            checks.add("events", "a DataSet is told of `run`, and of nothing else");
        }
        let found = accounts::find(app.db.pool(), &tenant.id, account).await?;
        if found.is_none_or(|account| account.kind != "domo") {
            checks.add(
                "to.account",
                "there is no account of this name and of the kind `domo`",
            );
        }
    }
    let key = app.key_of(tenant)?;
    let old = match row.kind.as_str() {
        "webhook" => Some(Sealed::open(&key, &row)?),
        _ => None,
    };
    let judged = notify::judge(new.to, old, app.settings.smtp.as_ref(), &mut checks);
    checks.end()?;
    let (to, sealed) = judged.ok_or_else(|| Problem::field("to", "it is not complete"))?;
    to.kind().clone_into(&mut row.kind);
    row.sealed = match sealed {
        Some(sealed) => sealed.seal(&key, &row.id)?,
        None => String::new(),
    };
    let document = Document {
        name: new.name,
        events,
        to,
    };
    row.document = serde_json::to_value(document).map_err(Error::stored("a target"))?;
    Ok(row)
}

async fn record(
    tx: &mut Tx,
    caller: &In<Admin>,
    action: &str,
    row: &TargetRow,
    now: Millis,
) -> Answer<()> {
    Ok(caller
        .record(
            tx,
            action,
            &row.id,
            json!({ "revision": row.revision, "target": row.document }),
            now,
        )
        .await?)
}
