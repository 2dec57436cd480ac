//! API tokens: stored as hashes, with a role, revocable.

use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyExecutor, Row as _};
use utoipa::ToSchema;

use crate::error::Result;
use crate::time::Millis;

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Read.
    Viewer,
    /// Start, cancel and pause as well.
    Operator,
    /// Change accounts, jobs, schedules and tokens as well.
    Admin,
    /// The installation: all tenants, and what each may use.
    Installation,
}

impl Role {
    /// The word in the database and in the API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
            Self::Installation => "installation",
        }
    }

    /// What is not known may do least.
    fn of(word: &str) -> Self {
        match word {
            "installation" => Self::Installation,
            "admin" => Self::Admin,
            "operator" => Self::Operator,
            _ => Self::Viewer,
        }
    }
}

/// A token.
#[derive(Clone, Debug)]
pub(crate) struct TokenRow {
    pub(crate) id: String,
    /// Empty for the installation.
    pub(crate) tenant: String,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) hash: String,
    pub(crate) created_at: Millis,
    pub(crate) expires_at: Option<Millis>,
    pub(crate) used_at: Option<Millis>,
    pub(crate) revoked_at: Option<Millis>,
}

impl TokenRow {
    fn of(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            tenant: row.try_get("tenant")?,
            name: row.try_get("name")?,
            role: Role::of(row.try_get("role")?),
            hash: row.try_get("hash")?,
            created_at: row.try_get("created_at")?,
            expires_at: row.try_get("expires_at")?,
            used_at: row.try_get("used_at")?,
            revoked_at: row.try_get("revoked_at")?,
        })
    }

    pub(crate) fn is_valid(&self, now: Millis) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expires| now < expires)
    }
}

pub(crate) async fn insert(conn: &mut AnyConnection, token: &TokenRow) -> Result<()> {
    sqlx::query(
        "INSERT INTO tokens (id, tenant, name, role, hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&token.id)
    .bind(&token.tenant)
    .bind(&token.name)
    .bind(token.role.word())
    .bind(&token.hash)
    .bind(token.created_at)
    .bind(token.expires_at)
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn find<'a>(db: impl AnyExecutor<'a>, id: &str) -> Result<Option<TokenRow>> {
    let row = sqlx::query("SELECT * FROM tokens WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(TokenRow::of).transpose()
}

/// Tokens of a tenant by age, after one.
pub(crate) async fn list<'a>(
    db: impl AnyExecutor<'a>,
    tenant: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<TokenRow>> {
    let rows =
        sqlx::query("SELECT * FROM tokens WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3")
            .bind(tenant)
            .bind(after)
            .bind(limit)
            .fetch_all(db)
            .await?;
    rows.iter().map(TokenRow::of).collect()
}

/// Whether the installation has a token that can be used.
pub(crate) async fn has_installation<'a>(db: impl AnyExecutor<'a>) -> Result<bool> {
    let row =
        sqlx::query("SELECT COUNT(*) AS n FROM tokens WHERE tenant = '' AND revoked_at IS NULL")
            .fetch_one(db)
            .await?;
    Ok(row.try_get::<i64, _>("n")? > 0)
}

pub(crate) async fn used(conn: &mut AnyConnection, id: &str, now: Millis) -> Result<()> {
    sqlx::query("UPDATE tokens SET used_at = $1 WHERE id = $2")
        .bind(now)
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether there was such a token that was not revoked yet.
pub(crate) async fn revoke(
    conn: &mut AnyConnection,
    tenant: &str,
    id: &str,
    now: Millis,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE tokens SET revoked_at = $1 WHERE tenant = $2 AND id = $3 AND revoked_at IS NULL",
    )
    .bind(now)
    .bind(tenant)
    .bind(id)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
