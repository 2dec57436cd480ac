//! The audit log: who changed what, the newest first.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::{Admin, In, Root};
use super::body::Query;
use super::paging::{Page, PageQuery};
use super::problem::Answer;
use crate::App;
use crate::store::audit::{self, AuditRow};
use crate::time::Millis;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(of_tenant))
        .routes(routes!(of_installation))
}

/// An entry of the audit log.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// Its identifier.
    pub id: String,
    /// Milliseconds since the epoch.
    pub at_ms: Millis,
    /// Whose token it was.
    pub actor: String,
    /// What was done: `job.update`.
    pub action: String,
    /// To what: an identifier, or a name.
    pub subject: String,
    /// What it became.
    #[schema(value_type = Object)]
    pub detail: Value,
}

impl From<AuditRow> for AuditEntry {
    fn from(row: AuditRow) -> Self {
        Self {
            id: row.id,
            at_ms: row.at,
            actor: row.actor,
            action: row.action,
            subject: row.subject,
            detail: row.detail,
        }
    }
}

/// Lists what was changed in a tenant.
#[utoipa::path(get, path = "/tenants/{tenant}/audit", tag = "audit", params(("tenant" = String, Path), PageQuery),
    security(("token" = ["admin"])), responses((status = 200, body = Page<AuditEntry>)))]
async fn of_tenant(
    State(app): State<App>,
    caller: In<Admin>,
    Query(page): Query<PageQuery>,
) -> Answer<axum::Json<Page<AuditEntry>>> {
    list(&app, &caller.tenant.id, &page).await
}

/// Lists what was changed of the installation.
#[utoipa::path(get, path = "/audit", tag = "audit", params(PageQuery), security(("token" = ["installation"])),
    responses((status = 200, body = Page<AuditEntry>)))]
async fn of_installation(
    State(app): State<App>,
    _: Root,
    Query(page): Query<PageQuery>,
) -> Answer<axum::Json<Page<AuditEntry>>> {
    list(&app, "", &page).await
}

async fn list(app: &App, tenant: &str, page: &PageQuery) -> Answer<axum::Json<Page<AuditEntry>>> {
    let limit = page.limit()?;
    let rows = audit::list(app.db.pool(), tenant, page.before(), limit + 1).await?;
    Ok(axum::Json(Page::of(
        rows,
        limit,
        |row| row.id.clone(),
        AuditEntry::from,
    )))
}
