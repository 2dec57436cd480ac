//! A tenant as the sandbox needs it, put together from the database.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::App;
use crate::error::Result;
use crate::keys::Sealer;
use crate::runner::{BoxFuture, NoSecret, Secrets, TenantSetup};
use crate::store::accounts;
use crate::store::tenants::TenantRow;

/// Puts a tenant together: its accounts, limits and egress, and the way to its secrets.
pub(crate) async fn of(app: &App, tenant: &TenantRow) -> Result<TenantSetup> {
    let key = app.key_of(tenant)?;
    let rows = accounts::all(app.db.pool(), &tenant.id).await?;
    let accounts: Map<String, Value> = rows
        .into_iter()
        .map(|row| {
            (
                row.name.clone(),
                accounts::with_store(&row.name, row.document),
            )
        })
        .collect();
    // A tenant that says nothing reaches what the operator allows.
    let egress = match tenant.settings.allow.as_slice() {
        [] => json!({}),
        allow => json!({ "allow": allow }),
    };
    Ok(TenantSetup {
        id: tenant.id.clone(),
        revision: tenant.revision,
        config: json!({
            "accounts": accounts,
            "egress": egress,
            "limits": tenant.settings.limits,
        }),
        key: key.derive("spools")?,
        secrets: Arc::new(Stored {
            app: app.clone(),
            tenant: tenant.id.clone(),
            sealer: key.sealer(SECRETS)?,
        }),
    })
}

/// What accounts' secrets are sealed for.
pub(crate) const SECRETS: &str = "secrets";

/// Where a secret belongs.
pub(crate) fn place(account: &str, slot: &str) -> String {
    format!("secret/{account}/{slot}")
}

/// Secrets of one tenant, in the database.
struct Stored {
    app: App,
    tenant: String,
    sealer: Sealer,
}

impl Secrets for Stored {
    fn read<'a>(
        &'a self,
        key: &'a str,
    ) -> BoxFuture<'a, std::result::Result<Zeroizing<Vec<u8>>, NoSecret>> {
        Box::pin(async move {
            let (account, slot) = key.split_once('/').unwrap_or((key, ""));
            let sealed = accounts::secret(self.app.db.pool(), &self.tenant, account, slot).await;
            let sealed = sealed.map_err(|error| {
                tracing::error!(%error, "a secret could not be read");
                NoSecret::Away("the database does not answer".to_owned())
            })?;
            let sealed = sealed.ok_or_else(|| {
                NoSecret::Missing(format!("`{slot}` of account `{account}` has no value"))
            })?;
            let opened = self.sealer.open(&place(account, slot), &sealed);
            opened.map_err(|error| NoSecret::Missing(error.to_string()))
        })
    }
}
