//! Moves tenants' keys under the current master key: then the one before it is of no use any more.

use serde_json::json;

use crate::App;
use crate::error::Result;
use crate::store::audit::{self, Entry};
use crate::store::tenants;

/// Seals each tenant's key anew that is under another master key. What is sealed under the tenants' keys stays as it is.
/// Returns how many there were.
///
/// # Errors
/// The database's, or a key is sealed under a master key that this process does not have.
pub async fn rotate(app: &App) -> Result<usize> {
    let keys = tenants::keys_not_under(app.db.pool(), app.keys.id()).await?;
    if keys.is_empty() {
        return Ok(0);
    }
    let mut tx = app.db.begin().await?;
    for (tenant, key) in &keys {
        let sealed = app.keys.seal(tenant, &app.keys.open(tenant, key)?)?;
        tenants::set_key(tx.conn(), tenant, &sealed).await?;
    }
    let entry = Entry {
        tenant: "",
        actor: "start",
        action: "keys.rotate",
        subject: app.keys.id(),
        detail: json!({ "tenants": keys.len() }),
    };
    audit::insert(tx.conn(), entry, app.clock.now()).await?;
    tx.commit().await?;
    Ok(keys.len())
}
