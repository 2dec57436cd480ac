//! Tenants: made, changed, suspended by whoever has the installation.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::{In, Root, Viewer};
use super::body::{Json, Query};
use super::etag::{IfMatch, Tagged, changed};
use super::names::{Checks, check_name, taken};
use super::paging::{Page, PageQuery};
use super::problem::Answer;
use crate::App;
use crate::ids;
use crate::store::audit::{self, Entry};
use crate::store::tenants::{self, Settings, TenantRow, TenantState};
use crate::time::Millis;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, update))
}

/// A tenant.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Tenant {
    /// Its identifier.
    pub id: String,
    /// Its name, which may stand for the identifier.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Whether its jobs run.
    pub state: TenantState,
    /// What it may use.
    pub settings: Settings,
    /// Changes with every change of the tenant, its settings or its accounts.
    pub revision: i64,
    /// Milliseconds since the epoch.
    pub created_at_ms: Millis,
    /// Milliseconds since the epoch.
    pub updated_at_ms: Millis,
}

impl From<TenantRow> for Tenant {
    fn from(row: TenantRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            title: row.title,
            state: row.state,
            settings: row.settings,
            revision: row.revision,
            created_at_ms: row.created_at,
            updated_at_ms: row.updated_at,
        }
    }
}

/// A tenant to be made.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTenant {
    /// Its name: letters, digits, `-`, `_` and `.`, unique.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^[A-Za-z0-9][A-Za-z0-9._-]*$"
    )]
    pub name: String,
    /// What people call it.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub title: String,
    /// What it may use.
    #[serde(default)]
    pub settings: Settings,
}

/// What is to change of a tenant; what is left out stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantChange {
    /// What people call it.
    #[schema(max_length = 200)]
    pub title: Option<String>,
    /// `active` or `suspended`.
    pub state: Option<TenantState>,
    /// What it may use, whole.
    pub settings: Option<Settings>,
}

/// Lists tenants.
#[utoipa::path(get, path = "/tenants", tag = "tenants", params(PageQuery), security(("token" = ["installation"])),
    responses((status = 200, body = Page<Tenant>)))]
async fn list(
    State(app): State<App>,
    _: Root,
    Query(page): Query<PageQuery>,
) -> Answer<axum::Json<Page<Tenant>>> {
    let limit = page.limit()?;
    let rows = tenants::list(app.db.pool(), page.after(), limit + 1).await?;
    Ok(axum::Json(Page::of(
        rows,
        limit,
        |row| row.name.clone(),
        Tenant::from,
    )))
}

/// Makes a tenant.
#[utoipa::path(post, path = "/tenants", tag = "tenants", request_body = NewTenant, security(("token" = ["installation"])),
    responses((status = 201, body = Tenant)))]
async fn create(
    State(app): State<App>,
    root: Root,
    Json(new): Json<NewTenant>,
) -> Answer<(StatusCode, Tagged<Tenant>)> {
    let mut checks = Checks::default();
    check_name(&mut checks, "name", &new.name);
    check_title(&mut checks, &new.title);
    check_settings(&mut checks, &new.settings);
    checks.end()?;
    let now = app.clock.now();
    let id = ids::new("ten");
    let (_, key) = app.keys.new_tenant_key(&id)?;
    let row = TenantRow {
        id,
        name: new.name,
        title: new.title,
        state: TenantState::Active,
        settings: new.settings,
        revision: 1,
        key,
        created_at: now,
        updated_at: now,
    };
    let mut tx = app.db.begin().await?;
    if let Err(error) = tenants::insert(tx.conn(), &row).await {
        return Err(taken(error, &row.name));
    }
    let entry = Entry {
        tenant: &row.id,
        actor: &root.caller.actor,
        action: "tenant.create",
        subject: &row.name,
        detail: json!({ "settings": row.settings }),
    };
    audit::insert(tx.conn(), entry, now).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Tagged(row.revision, row.into())))
}

/// Shows a tenant.
#[utoipa::path(get, path = "/tenants/{tenant}", tag = "tenants", params(("tenant" = String, Path)), security(("token" = ["viewer"])),
    responses((status = 200, body = Tenant)))]
async fn read(caller: In<Viewer>) -> Answer<Tagged<Tenant>> {
    Ok(Tagged(caller.tenant.revision, caller.tenant.into()))
}

/// Changes a tenant.
#[utoipa::path(patch, path = "/tenants/{tenant}", tag = "tenants", params(("tenant" = String, Path), ("If-Match" = String, Header)),
    request_body = TenantChange, security(("token" = ["installation"])), responses((status = 200, body = Tenant)))]
async fn update(
    State(app): State<App>,
    caller: In<super::auth::Installation>,
    matching: IfMatch,
    Json(change): Json<TenantChange>,
) -> Answer<Tagged<Tenant>> {
    matching.check(caller.tenant.revision)?;
    let mut checks = Checks::default();
    check_title(&mut checks, change.title.as_deref().unwrap_or_default());
    if let Some(settings) = &change.settings {
        check_settings(&mut checks, settings);
    }
    if change.state == Some(TenantState::Erasing) {
        checks.add("state", "a tenant is erased by DELETE");
    }
    checks.end()?;
    let mut row = caller.tenant;
    let detail =
        json!({ "title": change.title, "state": change.state, "settings": change.settings });
    row.title = change.title.unwrap_or(row.title);
    row.state = change.state.unwrap_or(row.state);
    row.settings = change.settings.unwrap_or(row.settings);
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if !tenants::update(tx.conn(), &row, now).await? {
        return Err(changed());
    }
    let entry = Entry {
        tenant: &row.id,
        actor: &caller.caller.actor,
        action: "tenant.update",
        subject: &row.name,
        detail,
    };
    audit::insert(tx.conn(), entry, now).await?;
    tx.commit().await?;
    row.revision += 1;
    row.updated_at = now;
    app.queue.notify_one();
    Ok(Tagged(row.revision, row.into()))
}

fn check_title(checks: &mut Checks, title: &str) {
    checks.length("title", title, 200);
}

/// Limits and egress are those of `writeback.toml`, and judged by the same rules.
fn check_settings(checks: &mut Checks, settings: &Settings) {
    checks.between("settings.concurrency", settings.concurrency, 1, 1_000);
    checks.between("settings.queued_runs", settings.queued_runs, 1, 1_000_000);
    checks.between("settings.jobs", settings.jobs, 1, 100_000);
    checks.between("settings.keep_runs_days", settings.keep_runs_days, 1, 3_650);
    let document = json!({ "limits": settings.limits, "egress": { "allow": settings.allow } });
    checks.config("settings", &document);
}
