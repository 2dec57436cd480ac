//! Erasing a tenant whole, and what is shown of it.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::{In, Installation, Root};
use super::body::{Path, Query};
use super::etag::changed;
use super::paging::{Page, PageQuery};
use super::problem::{Answer, Problem};
use crate::App;
use crate::erase;
use crate::ids;
use crate::store::audit::{self, Entry};
use crate::store::erasures::{self, ErasureRow};
use crate::store::tenants::{self, TenantState};
use crate::time::Millis;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(start))
        .routes(routes!(list))
        .routes(routes!(read))
}

/// A tenant that was erased, or is being erased.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Erasure {
    /// Its identifier.
    pub id: String,
    /// The tenant's identifier.
    pub tenant: String,
    /// What the tenant was called.
    pub name: String,
    /// Whose token it was.
    pub requested_by: String,
    /// `running` or `done`.
    pub state: String,
    /// Rows that are gone, by table.
    pub rows: BTreeMap<String, u64>,
    /// Files with rows that machines had of it.
    pub spool_files: u64,
    /// Their bytes.
    pub spool_bytes: u64,
    /// Runs under way that it waits for.
    pub waits_for_runs: u64,
    /// Machines that have not removed yet what they have of the tenant.
    pub waits_for_machines: Vec<String>,
    /// Milliseconds since the epoch.
    pub requested_at_ms: Millis,
    /// When nothing was left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at_ms: Option<Millis>,
}

impl From<ErasureRow> for Erasure {
    fn from(mut row: ErasureRow) -> Self {
        let mut part = |name: &str| row.detail[name].take();
        Self {
            rows: serde_json::from_value(part("rows")).unwrap_or_default(),
            spool_files: part("spool_files").as_u64().unwrap_or_default(),
            spool_bytes: part("spool_bytes").as_u64().unwrap_or_default(),
            waits_for_runs: part("runs").as_u64().unwrap_or_default(),
            waits_for_machines: serde_json::from_value(part("machines")).unwrap_or_default(),
            id: row.id,
            tenant: row.tenant,
            name: row.name,
            requested_by: row.actor,
            state: row.state,
            requested_at_ms: row.requested_at,
            ended_at_ms: row.ended_at,
        }
    }
}

/// That it is meant.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// The tenant's name.
    #[param(required = true, max_length = 64, pattern = r"^[^\x00]*$")]
    pub confirm: Option<String>,
}

/// Erases a tenant: its accounts, jobs, runs, spools, tokens and its key. This cannot be taken back. What is left is the entry
/// in `/v1/erasures`.
#[utoipa::path(delete, path = "/tenants/{tenant}", tag = "tenants", params(("tenant" = String, Path), Confirmation),
    security(("token" = ["installation"])), responses((status = 202, body = Erasure)))]
async fn start(
    State(app): State<App>,
    caller: In<Installation>,
    Query(query): Query<Confirmation>,
) -> Answer<(StatusCode, axum::Json<Erasure>)> {
    let mut tenant = caller.tenant;
    if query.confirm.as_deref() != Some(tenant.name.as_str()) {
        return Err(Problem::field(
            "confirm",
            format!("to erase the tenant, add `?confirm={}`", tenant.name),
        ));
    }
    let now = app.clock.now();
    let row = ErasureRow {
        id: ids::new("era"),
        tenant: tenant.id.clone(),
        name: tenant.name.clone(),
        actor: caller.caller.actor,
        state: "running".to_owned(),
        detail: json!({ "rows": {}, "runs": 0, "machines": [] }),
        requested_at: now,
        ended_at: None,
    };
    tenant.state = TenantState::Erasing;
    let mut tx = app.db.begin().await?;
    if !tenants::update(tx.conn(), &tenant, now).await? {
        return Err(changed());
    }
    erase::begin(&mut tx, &tenant.id, now).await?;
    erasures::insert(tx.conn(), &row).await?;
    let entry = Entry {
        tenant: "",
        actor: &row.actor,
        action: "tenant.erase",
        subject: &row.tenant,
        detail: json!({ "name": row.name, "erasure": row.id }),
    };
    audit::insert(tx.conn(), entry, now).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, axum::Json(row.into())))
}

/// Lists erasures, the newest first.
#[utoipa::path(get, path = "/erasures", tag = "tenants", params(PageQuery), security(("token" = ["installation"])),
    responses((status = 200, body = Page<Erasure>)))]
async fn list(
    State(app): State<App>,
    _: Root,
    Query(page): Query<PageQuery>,
) -> Answer<axum::Json<Page<Erasure>>> {
    let limit = page.limit()?;
    let rows = erasures::list(app.db.pool(), page.before(), limit + 1).await?;
    Ok(axum::Json(Page::of(
        rows,
        limit,
        |row| row.id.clone(),
        Erasure::from,
    )))
}

/// Shows an erasure.
#[utoipa::path(get, path = "/erasures/{erasure}", tag = "tenants", params(("erasure" = String, Path)),
    security(("token" = ["installation"])), responses((status = 200, body = Erasure)))]
async fn read(
    State(app): State<App>,
    _: Root,
    Path(erasure): Path<String>,
) -> Answer<axum::Json<Erasure>> {
    let row = erasures::find(app.db.pool(), &erasure).await?;
    Ok(axum::Json(
        row.ok_or_else(|| Problem::missing("erasure"))?.into(),
    ))
}
