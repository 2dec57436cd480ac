//! Accounts: their documents, in which a secret is a mark that it is stored, and the secrets themselves, sealed.

use serde_json::{Value, json};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyExecutor, Row as _};

use crate::db::json as document;
use crate::error::Result;
use crate::time::Millis;

/// An account.
#[derive(Clone, Debug)]
pub(crate) struct AccountRow {
    pub(crate) tenant: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    /// As in `writeback.toml`; a secret is `{"stored": true}`.
    pub(crate) document: Value,
    pub(crate) revision: i64,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
}

impl AccountRow {
    fn of(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            tenant: row.try_get("tenant")?,
            name: row.try_get("name")?,
            kind: row.try_get("kind")?,
            document: document(row, "document")?,
            revision: row.try_get("revision")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
        })
    }
}

/// Whether a member of an account's document marks a secret that is stored.
pub(crate) fn is_stored(value: &Value) -> bool {
    value.get("stored").is_some()
}

/// The document as the sandbox takes it: a stored secret is named by its key.
pub(crate) fn with_store(account: &str, mut document: Value) -> Value {
    if let Some(members) = document.as_object_mut() {
        for (slot, value) in members.iter_mut().filter(|(_, value)| is_stored(value)) {
            *value = json!({ "store": format!("{account}/{slot}") });
        }
    }
    document
}

pub(crate) async fn all<'a>(db: impl AnyExecutor<'a>, tenant: &str) -> Result<Vec<AccountRow>> {
    let rows = sqlx::query("SELECT * FROM accounts WHERE tenant = $1 ORDER BY name")
        .bind(tenant)
        .fetch_all(db)
        .await?;
    rows.iter().map(AccountRow::of).collect()
}

/// Accounts of a tenant by name, after one.
pub(crate) async fn list<'a>(
    db: impl AnyExecutor<'a>,
    tenant: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<AccountRow>> {
    let rows = sqlx::query(
        "SELECT * FROM accounts WHERE tenant = $1 AND name > $2 ORDER BY name LIMIT $3",
    )
    .bind(tenant)
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(AccountRow::of).collect()
}

pub(crate) async fn find<'a>(
    db: impl AnyExecutor<'a>,
    tenant: &str,
    name: &str,
) -> Result<Option<AccountRow>> {
    let row = sqlx::query("SELECT * FROM accounts WHERE tenant = $1 AND name = $2")
        .bind(tenant)
        .bind(name)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(AccountRow::of).transpose()
}

pub(crate) async fn insert(conn: &mut AnyConnection, account: &AccountRow) -> Result<()> {
    sqlx::query(
        "INSERT INTO accounts (tenant, name, kind, document, revision, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&account.tenant)
    .bind(&account.name)
    .bind(&account.kind)
    .bind(account.document.to_string())
    .bind(account.revision)
    .bind(account.created_at)
    .bind(account.updated_at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes what may change of an account, if it is still of this revision.
pub(crate) async fn update(
    conn: &mut AnyConnection,
    account: &AccountRow,
    now: Millis,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE accounts SET kind = $1, document = $2, revision = revision + 1, updated_at = $3 WHERE tenant = $4 AND name = $5 AND revision = $6",
    )
    .bind(&account.kind)
    .bind(account.document.to_string())
    .bind(now)
    .bind(&account.tenant)
    .bind(&account.name)
    .bind(account.revision)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes an account and its secrets. Whether there was one.
pub(crate) async fn delete(conn: &mut AnyConnection, tenant: &str, name: &str) -> Result<bool> {
    sqlx::query("DELETE FROM secrets WHERE tenant = $1 AND account = $2")
        .bind(tenant)
        .bind(name)
        .execute(&mut *conn)
        .await?;
    let done = sqlx::query("DELETE FROM accounts WHERE tenant = $1 AND name = $2")
        .bind(tenant)
        .bind(name)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// A sealed secret.
pub(crate) async fn secret<'a>(
    db: impl AnyExecutor<'a>,
    tenant: &str,
    account: &str,
    slot: &str,
) -> Result<Option<String>> {
    let row =
        sqlx::query("SELECT sealed FROM secrets WHERE tenant = $1 AND account = $2 AND slot = $3")
            .bind(tenant)
            .bind(account)
            .bind(slot)
            .fetch_optional(db)
            .await?;
    row.map(|row| Ok(row.try_get("sealed")?)).transpose()
}

/// Replaces a sealed secret.
pub(crate) async fn set_secret(
    conn: &mut AnyConnection,
    tenant: &str,
    account: &str,
    slot: &str,
    sealed: &str,
    now: Millis,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO secrets (tenant, account, slot, sealed, updated_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant, account, slot) DO UPDATE SET sealed = excluded.sealed, updated_at = excluded.updated_at",
    )
    .bind(tenant)
    .bind(account)
    .bind(slot)
    .bind(sealed)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes the secrets of an account that its document does not have any more.
pub(crate) async fn keep_secrets(
    conn: &mut AnyConnection,
    tenant: &str,
    account: &str,
    slots: &[&str],
) -> Result<()> {
    let rows = sqlx::query("SELECT slot FROM secrets WHERE tenant = $1 AND account = $2")
        .bind(tenant)
        .bind(account)
        .fetch_all(&mut *conn)
        .await?;
    for row in rows {
        let slot: String = row.try_get("slot")?;
        if !slots.contains(&slot.as_str()) {
            sqlx::query("DELETE FROM secrets WHERE tenant = $1 AND account = $2 AND slot = $3")
                .bind(tenant)
                .bind(account)
                .bind(slot)
                .execute(&mut *conn)
                .await?;
        }
    }
    Ok(())
}
