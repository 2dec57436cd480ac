//! Accounts: those of `writeback.toml`, with their secrets sealed. A secret is written, and never read again.

mod document;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::document::Sent;
use super::auth::{Admin, In, Operator, Viewer};
use super::body::{Json, Path, Query};
use super::etag::{IfMatch, Tagged, changed};
use super::jobs;
use super::names::{Checks, check_name, taken};
use super::paging::{Page, PageQuery};
use super::problem::{Answer, FieldError, Problem};
use crate::App;
use crate::db::Tx;
use crate::setup;
use crate::store::accounts::{self, AccountRow};
use crate::store::jobs as job_store;
use crate::store::tenants::{self, TenantRow};
use crate::time::Millis;

/// Accounts of one tenant.
const MOST: usize = 1_000;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, replace, delete))
        .routes(routes!(test))
}

/// An account.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// Its name, which jobs name it by.
    pub name: String,
    /// `domo` or `entra`.
    pub kind: String,
    /// The account, as in `writeback.toml`; a secret is `{"stored": true}`.
    #[schema(value_type = Object)]
    pub account: Value,
    /// Changes with every change.
    pub revision: i64,
    /// Milliseconds since the epoch.
    pub created_at_ms: Millis,
    /// Milliseconds since the epoch.
    pub updated_at_ms: Millis,
}

impl From<AccountRow> for Account {
    fn from(row: AccountRow) -> Self {
        Self {
            name: row.name,
            kind: row.kind,
            account: row.document,
            revision: row.revision,
            created_at_ms: row.created_at,
            updated_at_ms: row.updated_at,
        }
    }
}

/// What an account is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// Its name: letters, digits, `-`, `_` and `.`, unique in the tenant. It stays.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^[A-Za-z0-9][A-Za-z0-9._-]*$"
    )]
    pub name: String,
    /// The account, as in `writeback.toml`; a secret is `{"value": "…"}`, or `{"stored": true}` where it is to stay.
    /// A certificate that is no text is `{"base64": "…"}`.
    #[schema(value_type = Object)]
    pub account: Value,
}

/// It may hold secrets.
impl std::fmt::Debug for NewAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewAccount")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What becomes of jobs that name the account.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct DeleteQuery {
    /// Whether they are paused. Without it, an account that jobs name is not deleted.
    pub stop_jobs: bool,
}

/// What the deletion of an account stopped.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Stopped {
    /// The names of the jobs that were paused.
    pub jobs: Vec<String>,
}

/// Lists the accounts of a tenant by name.
#[utoipa::path(get, path = "/tenants/{tenant}/accounts", tag = "accounts", params(("tenant" = String, Path), PageQuery),
    security(("token" = ["viewer"])), responses((status = 200, body = Page<Account>)))]
async fn list(
    State(app): State<App>,
    caller: In<Viewer>,
    Query(page): Query<PageQuery>,
) -> Answer<axum::Json<Page<Account>>> {
    let limit = page.limit()?;
    let rows = accounts::list(app.db.pool(), &caller.tenant.id, page.after(), limit + 1).await?;
    Ok(axum::Json(Page::of(
        rows,
        limit,
        |row| row.name.clone(),
        Account::from,
    )))
}

/// Makes an account.
#[utoipa::path(post, path = "/tenants/{tenant}/accounts", tag = "accounts", params(("tenant" = String, Path)),
    request_body = NewAccount, security(("token" = ["admin"])), responses((status = 201, body = Account)))]
async fn create(
    State(app): State<App>,
    caller: In<Admin>,
    Json(new): Json<NewAccount>,
) -> Answer<(StatusCode, Tagged<Account>)> {
    let mut checks = Checks::default();
    check_name(&mut checks, "name", &new.name);
    checks.end()?;
    let sent = document::read(new.account, None, app.settings.allow_endpoints)?;
    let now = app.clock.now();
    let row = AccountRow {
        tenant: caller.tenant.id.clone(),
        name: new.name,
        kind: sent.kind.clone(),
        document: sent.document.clone(),
        revision: 1,
        created_at: now,
        updated_at: now,
    };
    let mut tx = app.db.begin().await?;
    if accounts::all(tx.conn(), &row.tenant).await?.len() >= MOST {
        return Err(Problem::conflict(
            "too-many-accounts",
            format!(
                "a tenant has at most {MOST} accounts\nhint: delete accounts that no job names"
            ),
        ));
    }
    if let Err(error) = accounts::insert(tx.conn(), &row).await {
        return Err(taken(error, &row.name));
    }
    store(&app, &mut tx, &caller.tenant, &row.name, &sent, now).await?;
    record(&mut tx, &caller, "account.create", &row, &sent, now).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Tagged(row.revision, row.into())))
}

/// Shows an account.
#[utoipa::path(get, path = "/tenants/{tenant}/accounts/{account}", tag = "accounts",
    params(("tenant" = String, Path), ("account" = String, Path)), security(("token" = ["viewer"])),
    responses((status = 200, body = Account)))]
async fn read(
    State(app): State<App>,
    caller: In<Viewer>,
    Path((_, account)): Path<(String, String)>,
) -> Answer<Tagged<Account>> {
    let row = find(&app, &caller.tenant, &account).await?;
    Ok(Tagged(row.revision, row.into()))
}

/// Replaces what an account is. Runs under way go on with what it was.
#[utoipa::path(put, path = "/tenants/{tenant}/accounts/{account}", tag = "accounts",
    params(("tenant" = String, Path), ("account" = String, Path), ("If-Match" = String, Header)), request_body = NewAccount,
    security(("token" = ["admin"])), responses((status = 200, body = Account)))]
async fn replace(
    State(app): State<App>,
    caller: In<Admin>,
    Path((_, account)): Path<(String, String)>,
    matching: IfMatch,
    Json(new): Json<NewAccount>,
) -> Answer<Tagged<Account>> {
    let mut row = find(&app, &caller.tenant, &account).await?;
    matching.check(row.revision)?;
    if new.name != row.name {
        return Err(Problem::field(
            "name",
            format!(
                "an account keeps its name, as jobs name it by that: `{}`",
                row.name
            ),
        ));
    }
    let sent = document::read(
        new.account,
        Some(&row.document),
        app.settings.allow_endpoints,
    )?;
    let now = app.clock.now();
    row.kind.clone_from(&sent.kind);
    row.document.clone_from(&sent.document);
    let mut tx = app.db.begin().await?;
    if !accounts::update(tx.conn(), &row, now).await? {
        return Err(changed());
    }
    row.revision += 1;
    row.updated_at = now;
    accounts::keep_secrets(tx.conn(), &row.tenant, &row.name, &sent.slots()).await?;
    store(&app, &mut tx, &caller.tenant, &row.name, &sent, now).await?;
    record(&mut tx, &caller, "account.update", &row, &sent, now).await?;
    tx.commit().await?;
    Ok(Tagged(row.revision, row.into()))
}

/// Deletes an account. Where jobs name it, they are named in the answer, and only with `stop_jobs` it is done.
#[utoipa::path(delete, path = "/tenants/{tenant}/accounts/{account}", tag = "accounts",
    params(("tenant" = String, Path), ("account" = String, Path), DeleteQuery), security(("token" = ["admin"])),
    responses((status = 200, body = Stopped)))]
async fn delete(
    State(app): State<App>,
    caller: In<Admin>,
    Path((_, account)): Path<(String, String)>,
    Query(query): Query<DeleteQuery>,
) -> Answer<axum::Json<Stopped>> {
    let row = find(&app, &caller.tenant, &account).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let named = job_store::of_account(tx.conn(), &row.tenant, &row.name).await?;
    if !named.is_empty() && !query.stop_jobs {
        return Err(in_use(&row.name, named));
    }
    let mut stopped = Stopped { jobs: Vec::new() };
    for job in named {
        if jobs::pause(&mut tx, &row.tenant, &job, &caller.caller.actor, now).await? {
            stopped.jobs.push(job);
        }
    }
    accounts::delete(tx.conn(), &row.tenant, &row.name).await?;
    tenants::touch(tx.conn(), &row.tenant, now).await?;
    caller
        .record(
            &mut tx,
            "account.delete",
            &row.name,
            json!({ "kind": row.kind, "paused": stopped.jobs }),
            now,
        )
        .await?;
    tx.commit().await?;
    Ok(axum::Json(stopped))
}

/// Signs in with an account, and tells what is missing for a writeback.
#[utoipa::path(post, path = "/tenants/{tenant}/accounts/{account}/test", tag = "accounts",
    params(("tenant" = String, Path), ("account" = String, Path)), security(("token" = ["operator"])),
    responses((status = 200, body = Object)))]
async fn test(
    State(app): State<App>,
    caller: In<Operator>,
    Path((_, account)): Path<(String, String)>,
) -> Answer<axum::Json<Value>> {
    let row = find(&app, &caller.tenant, &account).await?;
    let tenant = setup::of(&app, &caller.tenant).await?;
    let query = json!({ "kind": "account", "account": row.name });
    Ok(axum::Json(app.runner.browse(&tenant, &query).await?))
}

async fn find(app: &App, tenant: &TenantRow, account: &str) -> Answer<AccountRow> {
    let row = accounts::find(app.db.pool(), &tenant.id, account).await?;
    row.ok_or_else(|| Problem::missing("account"))
}

/// Seals the values that came, and has the sandbox take the tenant anew.
async fn store(
    app: &App,
    tx: &mut Tx,
    tenant: &TenantRow,
    account: &str,
    sent: &Sent,
    now: Millis,
) -> Answer<()> {
    let sealer = app.key_of(tenant)?.sealer(setup::SECRETS)?;
    for (slot, value) in &sent.values {
        let sealed = sealer.seal(&setup::place(account, slot), value)?;
        accounts::set_secret(tx.conn(), &tenant.id, account, slot, &sealed, now).await?;
    }
    Ok(tenants::touch(tx.conn(), &tenant.id, now).await?)
}

async fn record(
    tx: &mut Tx,
    caller: &In<Admin>,
    action: &str,
    row: &AccountRow,
    sent: &Sent,
    now: Millis,
) -> Answer<()> {
    let written: Vec<&str> = sent.values.iter().map(|(slot, _)| *slot).collect();
    Ok(caller.record(tx, action, &row.name, json!({ "revision": row.revision, "account": row.document, "secrets_written": written }), now).await?)
}

fn in_use(account: &str, jobs: Vec<String>) -> Problem {
    let errors = jobs.into_iter().map(|job| FieldError {
        path: job,
        message: "it names the account, and would stop".to_owned(),
    });
    let errors: Vec<FieldError> = errors.collect();
    let text = format!(
        "{} jobs name the account `{account}`, and would stop\nhint: give them another account, or add `?stop_jobs=true` to pause them",
        errors.len()
    );
    Problem {
        errors,
        ..Problem::conflict("account-in-use", text)
    }
}
