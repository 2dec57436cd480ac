//! API tokens of a tenant: shown once, stored as hashes, revocable.

use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::{Admin, Caller, In, Root, new_token};
use super::body::{Json, Path, Query};
use super::names::Checks;
use super::paging::{Page, PageQuery};
use super::problem::{Answer, Problem};
use crate::App;
use crate::store::audit::{self, Entry};
use crate::store::tokens::{self, Role, TokenRow};
use crate::time::Millis;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(revoke))
        .routes(routes!(list_installation, create_installation))
        .routes(routes!(revoke_installation))
        .routes(routes!(whoami))
}

/// A token, without its text.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Token {
    /// Its identifier.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Milliseconds since the epoch.
    pub created_at_ms: Millis,
    /// When it ends, in milliseconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at_ms: Option<Millis>,
    /// When it was used last, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_at_ms: Option<Millis>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at_ms: Option<Millis>,
}

impl From<TokenRow> for Token {
    fn from(row: TokenRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            role: row.role,
            created_at_ms: row.created_at,
            expires_at_ms: row.expires_at,
            used_at_ms: row.used_at,
            revoked_at_ms: row.revoked_at,
        }
    }
}

/// A token to be made.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it is for.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// What it may do: `viewer`, `operator` or `admin`.
    pub role: Role,
    /// After how many days it ends; never, if left out.
    #[schema(minimum = 1, maximum = 3650)]
    pub days: Option<u32>,
}

/// A token that was made.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct MadeToken {
    /// What is known of it later.
    #[serde(flatten)]
    pub token: Token,
    /// Its text: shown now and never again.
    pub text: String,
}

impl std::fmt::Debug for MadeToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MadeToken")
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

/// Who a token is.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Identity {
    /// The token's identifier.
    pub token: String,
    /// What it may do.
    pub role: Role,
    /// The tenant's identifier; none for the installation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
}

type Made = (
    StatusCode,
    [(HeaderName, &'static str); 1],
    axum::Json<MadeToken>,
);

/// Says whose token the request has.
#[utoipa::path(get, path = "/whoami", tag = "tokens", security(("token" = [])), responses((status = 200, body = Identity)))]
async fn whoami(caller: Caller) -> axum::Json<Identity> {
    axum::Json(Identity {
        token: caller.token,
        role: caller.role,
        tenant: Some(caller.tenant).filter(|tenant| !tenant.is_empty()),
    })
}

/// Lists the tokens of a tenant.
#[utoipa::path(get, path = "/tenants/{tenant}/tokens", tag = "tokens", params(("tenant" = String, Path), PageQuery),
    security(("token" = ["admin"])), responses((status = 200, body = Page<Token>)))]
async fn list(
    State(app): State<App>,
    caller: In<Admin>,
    Query(page): Query<PageQuery>,
) -> Answer<axum::Json<Page<Token>>> {
    page_of(&app, &caller.tenant.id, &page).await
}

/// Makes a token of a tenant.
#[utoipa::path(post, path = "/tenants/{tenant}/tokens", tag = "tokens", params(("tenant" = String, Path)), request_body = NewToken,
    security(("token" = ["admin"])), responses((status = 201, body = MadeToken)))]
async fn create(
    State(app): State<App>,
    caller: In<Admin>,
    Json(new): Json<NewToken>,
) -> Answer<Made> {
    if new.role == Role::Installation {
        return Err(Problem::field(
            "role",
            "a tenant's token is `viewer`, `operator` or `admin`",
        ));
    }
    make(&app, &caller.tenant.id, &caller.caller, new).await
}

/// Revokes a token of a tenant.
#[utoipa::path(delete, path = "/tenants/{tenant}/tokens/{token}", tag = "tokens", params(("tenant" = String, Path), ("token" = String, Path)),
    security(("token" = ["admin"])), responses((status = 204)))]
async fn revoke(
    State(app): State<App>,
    caller: In<Admin>,
    Path((_, token)): Path<(String, String)>,
) -> Answer<StatusCode> {
    end(&app, &caller.tenant.id, &caller.caller, &token).await
}

/// Lists the tokens of the installation.
#[utoipa::path(get, path = "/tokens", tag = "tokens", params(PageQuery), security(("token" = ["installation"])),
    responses((status = 200, body = Page<Token>)))]
async fn list_installation(
    State(app): State<App>,
    _: Root,
    Query(page): Query<PageQuery>,
) -> Answer<axum::Json<Page<Token>>> {
    page_of(&app, "", &page).await
}

/// Makes a token of the installation. Its role is `installation`.
#[utoipa::path(post, path = "/tokens", tag = "tokens", request_body = NewToken, security(("token" = ["installation"])),
    responses((status = 201, body = MadeToken)))]
async fn create_installation(
    State(app): State<App>,
    root: Root,
    Json(new): Json<NewToken>,
) -> Answer<Made> {
    if new.role != Role::Installation {
        return Err(Problem::field(
            "role",
            "a token of the installation has the role `installation`",
        ));
    }
    make(&app, "", &root.caller, new).await
}

/// Revokes a token of the installation.
#[utoipa::path(delete, path = "/tokens/{token}", tag = "tokens", params(("token" = String, Path)), security(("token" = ["installation"])),
    responses((status = 204)))]
async fn revoke_installation(
    State(app): State<App>,
    root: Root,
    Path(token): Path<String>,
) -> Answer<StatusCode> {
    if token == root.caller.token {
        return Err(Problem::conflict(
            "own-token",
            "a token cannot revoke itself\nhint: make another token, and revoke this one with it",
        ));
    }
    end(&app, "", &root.caller, &token).await
}

async fn page_of(app: &App, tenant: &str, page: &PageQuery) -> Answer<axum::Json<Page<Token>>> {
    let limit = page.limit()?;
    let rows = tokens::list(app.db.pool(), tenant, page.after(), limit + 1).await?;
    Ok(axum::Json(Page::of(
        rows,
        limit,
        |row| row.id.clone(),
        Token::from,
    )))
}

async fn make(app: &App, tenant: &str, caller: &Caller, new: NewToken) -> Answer<Made> {
    const DAY: Millis = crate::time::DAY;
    let mut checks = Checks::default();
    checks.length("name", &new.name, 200);
    if new.name.trim().is_empty() {
        checks.add("name", "it is empty");
    }
    if let Some(days) = new.days {
        checks.between("days", days, 1, 3_650);
    }
    checks.end()?;
    let now = app.clock.now();
    let expires = new.days.map(|days| now + Millis::from(days) * DAY);
    let (row, text) = new_token(tenant, &new.name, new.role, now, expires)?;
    let mut tx = app.db.begin().await?;
    tokens::insert(tx.conn(), &row).await?;
    let entry = Entry {
        tenant,
        actor: &caller.actor,
        action: "token.create",
        subject: &row.id,
        detail: json!({ "name": row.name, "role": row.role, "days": new.days }),
    };
    audit::insert(tx.conn(), entry, now).await?;
    tx.commit().await?;
    let made = MadeToken {
        token: row.into(),
        text: text.to_string(),
    };
    Ok((
        StatusCode::CREATED,
        [(header::CACHE_CONTROL, "no-store")],
        axum::Json(made),
    ))
}

async fn end(app: &App, tenant: &str, caller: &Caller, token: &str) -> Answer<StatusCode> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if !tokens::revoke(tx.conn(), tenant, token, now).await? {
        return Err(Problem::missing("token"));
    }
    let entry = Entry {
        tenant,
        actor: &caller.actor,
        action: "token.revoke",
        subject: token,
        detail: json!({}),
    };
    audit::insert(tx.conn(), entry, now).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
