//! Tenants: who there is, what each may use, and the key that its things are sealed under.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyExecutor, Row as _};
use utoipa::ToSchema;

use crate::db::json;
use crate::error::{Error, Result};
use crate::keys::SealedKey;
use crate::time::Millis;

/// Whether a tenant's jobs run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TenantState {
    /// They do.
    Active,
    /// Nothing runs, and only the installation's administrator may change anything.
    Suspended,
    /// It is being erased.
    Erasing,
}

impl TenantState {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Erasing => "erasing",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "active" => Self::Active,
            "erasing" => Self::Erasing,
            _ => Self::Suspended,
        }
    }
}

/// What a tenant may use, and reach.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Runs of the tenant under way at a time.
    #[schema(minimum = 1, maximum = 1000)]
    pub concurrency: u32,
    /// Runs that may wait in the queue; a schedule's tick beyond it is dropped with an entry in the audit log.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub queued_runs: u32,
    /// Jobs that the tenant may have.
    #[schema(minimum = 1, maximum = 100_000)]
    pub jobs: u32,
    /// Days that runs stay in the history.
    #[schema(minimum = 1, maximum = 3650)]
    pub keep_runs_days: u32,
    /// `[limits]` of `writeback.toml` for each run. What the operator's own limits allow is the most.
    #[schema(value_type = Object)]
    pub limits: Map<String, Value>,
    /// `allow` of `[egress]` of `writeback.toml`: origins that may be reached besides the accounts' services.
    pub allow: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            concurrency: 4,
            queued_runs: 10_000,
            jobs: 1_000,
            keep_runs_days: 90,
            limits: Map::new(),
            allow: Vec::new(),
        }
    }
}

/// A tenant.
#[derive(Clone, Debug)]
pub(crate) struct TenantRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) state: TenantState,
    pub(crate) settings: Settings,
    pub(crate) revision: i64,
    pub(crate) key: SealedKey,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
}

impl TenantRow {
    fn of(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            title: row.try_get("title")?,
            state: TenantState::of(row.try_get("state")?),
            settings: json(row, "settings")?,
            revision: row.try_get("revision")?,
            key: SealedKey {
                master: row.try_get("master_key")?,
                sealed: row.try_get("sealed_key")?,
            },
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
        })
    }
}

pub(crate) async fn insert(conn: &mut AnyConnection, tenant: &TenantRow) -> Result<()> {
    sqlx::query(
        "INSERT INTO tenants (id, name, title, state, settings, revision, sealed_key, master_key, admitted_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10)",
    )
    .bind(&tenant.id)
    .bind(&tenant.name)
    .bind(&tenant.title)
    .bind(tenant.state.word())
    .bind(text(&tenant.settings)?)
    .bind(tenant.revision)
    .bind(&tenant.key.sealed)
    .bind(&tenant.key.master)
    .bind(tenant.created_at)
    .bind(tenant.updated_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// By identifier or by name.
pub(crate) async fn find<'a>(db: impl AnyExecutor<'a>, which: &str) -> Result<Option<TenantRow>> {
    let row = sqlx::query("SELECT * FROM tenants WHERE id = $1 OR name = $1")
        .bind(which)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(TenantRow::of).transpose()
}

/// Tenants by name, after one.
pub(crate) async fn list<'a>(
    db: impl AnyExecutor<'a>,
    after: &str,
    limit: i64,
) -> Result<Vec<TenantRow>> {
    let rows = sqlx::query("SELECT * FROM tenants WHERE name > $1 ORDER BY name LIMIT $2")
        .bind(after)
        .bind(limit)
        .fetch_all(db)
        .await?;
    rows.iter().map(TenantRow::of).collect()
}

/// Writes what may change of a tenant, if it is still of this revision.
pub(crate) async fn update(
    conn: &mut AnyConnection,
    tenant: &TenantRow,
    now: Millis,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE tenants SET title = $1, state = $2, settings = $3, revision = revision + 1, updated_at = $4 WHERE id = $5 AND revision = $6",
    )
    .bind(&tenant.title)
    .bind(tenant.state.word())
    .bind(text(&tenant.settings)?)
    .bind(now)
    .bind(&tenant.id)
    .bind(tenant.revision)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Marks that something of what the sandbox knows of a tenant has changed.
pub(crate) async fn touch(conn: &mut AnyConnection, tenant: &str, now: Millis) -> Result<()> {
    sqlx::query("UPDATE tenants SET revision = revision + 1, updated_at = $1 WHERE id = $2")
        .bind(now)
        .bind(tenant)
        .execute(conn)
        .await?;
    Ok(())
}

/// Keys of tenants that are not sealed under this master key.
pub(crate) async fn keys_not_under<'a>(
    db: impl AnyExecutor<'a>,
    master: &str,
) -> Result<Vec<(String, SealedKey)>> {
    let rows = sqlx::query(
        "SELECT id, sealed_key, master_key FROM tenants WHERE master_key <> $1 ORDER BY id",
    )
    .bind(master)
    .fetch_all(db)
    .await?;
    let keys = rows.iter().map(|row| {
        let key = SealedKey {
            master: row.try_get("master_key")?,
            sealed: row.try_get("sealed_key")?,
        };
        Ok((row.try_get("id")?, key))
    });
    keys.collect()
}

/// Replaces a tenant's sealed key. Another process may have done so: both are of the same key.
pub(crate) async fn set_key(conn: &mut AnyConnection, tenant: &str, key: &SealedKey) -> Result<()> {
    sqlx::query("UPDATE tenants SET sealed_key = $1, master_key = $2 WHERE id = $3")
        .bind(&key.sealed)
        .bind(&key.master)
        .bind(tenant)
        .execute(conn)
        .await?;
    Ok(())
}

fn text(settings: &Settings) -> Result<String> {
    serde_json::to_string(settings).map_err(Error::stored("settings"))
}
