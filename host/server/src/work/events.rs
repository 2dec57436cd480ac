//! What somebody may want to be told: put into the outbox in the transaction in which it happened.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::Row as _;
use utoipa::ToSchema;

use crate::db::{Tx, json as document};
use crate::error::Result;
use crate::ids;
use crate::time::Millis;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A run failed, and is not tried again.
    Failure,
    /// A run went well after others had failed, or after the file had been stale.
    Recovery,
    /// The file was not updated for longer than it should be.
    Stale,
    /// A run is over, however it ended.
    Run,
}

impl Event {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Recovery => "recovery",
            Self::Stale => "stale",
            Self::Run => "run",
        }
    }
}

/// Puts a message for each target that wants this event into the outbox.
pub(crate) async fn raise(
    tx: &mut Tx,
    tenant: &str,
    job: &str,
    event: Event,
    detail: &Value,
    now: Millis,
) -> Result<()> {
    let targets = sqlx::query("SELECT id, document FROM targets WHERE tenant = $1")
        .bind(tenant)
        .fetch_all(tx.conn())
        .await?;
    if targets.is_empty() {
        return Ok(());
    }
    let name = sqlx::query("SELECT name FROM jobs WHERE tenant = $1 AND id = $2")
        .bind(tenant)
        .bind(job)
        .fetch_optional(tx.conn())
        .await?;
    let name: Option<String> = name.map(|row| row.try_get("name")).transpose()?;
    for target in targets {
        let wants: Value = document(&target, "document")?;
        let wanted = wants["events"].as_array().is_some_and(|events| {
            events
                .iter()
                .any(|wanted| wanted.as_str() == Some(event.word()))
        });
        if !wanted {
            continue;
        }
        let id = ids::new("dlv");
        let message = json!({
            "id": id,
            "event": event,
            "at_ms": now,
            "tenant": tenant,
            "job": { "id": job, "name": name },
            "detail": detail,
        });
        sqlx::query(
            "INSERT INTO deliveries (id, tenant, target, event, message, state, attempts, next_at, created_at)
             VALUES ($1, $2, $3, $4, $5, 'pending', 0, $6, $6)",
        )
        .bind(&id)
        .bind(tenant)
        .bind(target.try_get::<String, _>("id")?)
        .bind(event.word())
        .bind(message.to_string())
        .bind(now)
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}
