//! Who asks: the bearer token of a request, and what it may do in which tenant.

use std::marker::PhantomData;

use axum::extract::{FromRef, FromRequestParts, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::problem::Problem;
use crate::App;
use crate::db::Tx;
use crate::error::Result;
use crate::ids;
use crate::keys::random_key;
use crate::store::audit::{self, Entry};
use crate::store::tenants::{self, TenantRow, TenantState};
use crate::store::tokens::{self, Role, TokenRow};
use crate::time::{MINUTE, Millis};

/// What a token begins with, so that scanners for secrets find it.
const PREFIX: &str = "wbk_";

/// A new token: its row, and its text, which is shown once.
pub(crate) fn new_token(
    tenant: &str,
    name: &str,
    role: Role,
    now: Millis,
    expires_at: Option<Millis>,
) -> Result<(TokenRow, Zeroizing<String>)> {
    let id = ids::new("tok");
    let secret = Zeroizing::new(URL_SAFE_NO_PAD.encode(&*random_key()?));
    let text = Zeroizing::new(format!(
        "{PREFIX}{}.{}",
        id.trim_start_matches("tok_"),
        *secret
    ));
    let row = TokenRow {
        id,
        tenant: tenant.to_owned(),
        name: name.to_owned(),
        role,
        hash: hash(&secret),
        created_at: now,
        expires_at,
        used_at: None,
        revoked_at: None,
    };
    Ok((row, text))
}

/// A token has 256 random bits: a plain hash of it cannot be guessed back.
fn hash(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(secret.as_bytes()))
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The token's identifier.
    pub(crate) token: String,
    /// For the audit log.
    pub(crate) actor: String,
    /// Empty for the installation.
    pub(crate) tenant: String,
    pub(crate) role: Role,
}

/// Finds out who asks, and puts that into the request.
pub(crate) async fn authenticate(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Response {
    match caller(&app, request.headers()).await {
        Ok(caller) => {
            if let Err(problem) = app.rates.spend(&caller.token) {
                return problem.into_response();
            }
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

async fn caller(
    app: &App,
    headers: &axum::http::HeaderMap,
) -> std::result::Result<Caller, Problem> {
    let refused = || {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "this needs a valid token\nhint: send `Authorization: Bearer wbk_…`, with a token that is neither revoked nor expired",
        )
    };
    let value = headers.get(header::AUTHORIZATION).ok_or_else(refused)?;
    let text = value.to_str().map_err(|_| refused())?;
    let token = text.strip_prefix("Bearer ").unwrap_or_default().trim();
    let (id, secret) = token
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.split_once('.'))
        .ok_or_else(refused)?;
    let row = tokens::find(app.db.pool(), &format!("tok_{id}")).await?;
    let known = row.as_ref().map_or("", |row| row.hash.as_str());
    let same: bool = hash(secret).as_bytes().ct_eq(known.as_bytes()).into();
    let now = app.clock.now();
    let row = row
        .filter(|row| same && row.is_valid(now))
        .ok_or_else(refused)?;
    // Often enough to see which tokens are in use.
    if row.used_at.is_none_or(|used| now - used >= MINUTE) {
        let mut tx = app.db.begin().await?;
        tokens::used(tx.conn(), &row.id, now).await?;
        tx.commit().await?;
    }
    Ok(Caller {
        actor: format!("{} ({})", row.name, row.id),
        token: row.id,
        tenant: row.tenant,
        role: row.role,
    })
}

/// A role that a handler asks for.
pub trait Needs: Send + Sync + 'static {
    /// The least role.
    const ROLE: Role;
}

/// Reads.
#[derive(Debug)]
pub struct Viewer;
/// Starts, cancels, pauses.
#[derive(Debug)]
pub struct Operator;
/// Changes.
#[derive(Debug)]
pub struct Admin;
/// Rules the installation.
#[derive(Debug)]
pub struct Installation;

impl Needs for Viewer {
    const ROLE: Role = Role::Viewer;
}
impl Needs for Operator {
    const ROLE: Role = Role::Operator;
}
impl Needs for Admin {
    const ROLE: Role = Role::Admin;
}
impl Needs for Installation {
    const ROLE: Role = Role::Installation;
}

/// A tenant, and a caller who has at least this role in it.
///
/// A tenant that is not the caller's is answered like one that does not exist.
#[derive(Debug)]
pub struct In<R: Needs> {
    pub(crate) caller: Caller,
    pub(crate) tenant: TenantRow,
    role: PhantomData<R>,
}

/// A caller who has the installation.
#[derive(Debug)]
pub struct Root {
    pub(crate) caller: Caller,
}

impl<R: Needs> In<R> {
    /// Puts a change of the tenant's on record, in the transaction of the change.
    pub(crate) async fn record(
        &self,
        tx: &mut Tx,
        action: &str,
        subject: &str,
        detail: Value,
        now: Millis,
    ) -> Result<()> {
        let entry = Entry {
            tenant: &self.tenant.id,
            actor: &self.caller.actor,
            action,
            subject,
            detail,
        };
        audit::insert(tx.conn(), entry, now).await
    }
}

fn of(parts: &Parts) -> std::result::Result<Caller, Problem> {
    let caller = parts.extensions.get::<Caller>().cloned();
    caller.ok_or_else(|| {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "this needs a token",
        )
    })
}

fn forbidden(needed: Role) -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "forbidden",
        format!(
            "this needs the role `{0}`\nhint: use a token with the role `{0}`, or ask who can make one",
            needed.word()
        ),
    )
}

impl<S, R> FromRequestParts<S> for In<R>
where
    S: Send + Sync,
    App: FromRef<S>,
    R: Needs,
{
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> std::result::Result<Self, Problem> {
        let caller = of(parts)?;
        let app = App::from_ref(state);
        let path = RawPathParams::from_request_parts(parts, state).await;
        let path = path.map_err(|_| Problem::missing("tenant"))?;
        let which = path.iter().find(|(name, _)| *name == "tenant");
        let which = which.map_or("", |(_, which)| which);
        let tenant = tenants::find(app.db.pool(), which).await?;
        let rules = caller.role == Role::Installation;
        let tenant = tenant
            .filter(|tenant| rules || tenant.id == caller.tenant)
            .ok_or_else(|| Problem::missing("tenant"))?;
        if caller.role < R::ROLE {
            return Err(forbidden(R::ROLE));
        }
        if tenant.state == TenantState::Erasing && R::ROLE > Role::Viewer {
            return Err(Problem::conflict(
                "tenant-erasing",
                "the tenant is being erased",
            ));
        }
        if tenant.state != TenantState::Active && !rules && R::ROLE > Role::Viewer {
            return Err(Problem::conflict(
                "tenant-suspended",
                format!(
                    "the tenant is {}\nhint: ask who runs this server",
                    tenant.state.word()
                ),
            ));
        }
        Ok(Self {
            caller,
            tenant,
            role: PhantomData,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Root {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> std::result::Result<Self, Problem> {
        let caller = of(parts)?;
        if caller.role < Role::Installation {
            return Err(forbidden(Role::Installation));
        }
        Ok(Self { caller })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> std::result::Result<Self, Problem> {
        of(parts)
    }
}
