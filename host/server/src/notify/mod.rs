//! Tells people and programs what happened: takes messages from the outbox, and sends them until they arrive.

mod domo;
mod email;
mod secret;
mod target;
mod text;
mod webhook;

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::{Value, json};

use crate::App;
use crate::error::Result;
use crate::setup;
use crate::store::targets::{self, DeliveryRow, TargetRow};
use crate::store::tenants;
use crate::time::{HOUR, MINUTE, Millis};

pub use secret::Secret;
pub use target::{Destination, ShownDestination, ShownSecret, ShownUrl};
pub(crate) use target::{Sealed, judge};

/// What one attempt may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// After how long a message whose process died is sent again.
const LEASE: Millis = 2 * MINUTE;
/// The pauses after attempts that failed: there is one attempt more than pauses.
const PAUSES: [Millis; 7] = [
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    6 * HOUR,
];
/// Messages that are sent at a time.
const AT_A_TIME: usize = 32;
/// Of these, those of one tenant.
const OF_EACH: i64 = 4;

/// Sends the messages that are due, each once however many processes do this. Returns how many were tried: where there were
/// some, there may be more.
///
/// # Errors
/// The database's.
pub async fn deliver_due(app: &App, now: Millis) -> Result<usize> {
    let limit = i64::try_from(AT_A_TIME).unwrap_or(i64::MAX);
    let due = targets::due(app.db.pool(), now, OF_EACH, limit).await?;
    let attempts = stream::iter(due).map(|delivery| attempt(app, delivery, now));
    let attempts: Vec<Result<bool>> = attempts.buffer_unordered(AT_A_TIME).collect().await;
    let mut tried = 0;
    for attempt in attempts {
        tried += usize::from(attempt?);
    }
    Ok(tried)
}

async fn attempt(app: &App, mut delivery: DeliveryRow, now: Millis) -> Result<bool> {
    let mut tx = app.db.begin().await?;
    if !targets::claim(tx.conn(), &delivery, now + LEASE).await? {
        return Ok(false);
    }
    tx.commit().await?;
    delivery.attempts += 1;
    let sent = match targets::find(app.db.pool(), &delivery.tenant, &delivery.target).await? {
        Some(target) => send(app, &target, &delivery.id, &delivery.message, now).await,
        None => Err("the target is gone".to_owned()),
    };
    let failures = usize::try_from(delivery.attempts - 1).unwrap_or(usize::MAX);
    match (&sent, PAUSES.get(failures)) {
        (Ok(()), _) => "delivered".clone_into(&mut delivery.state),
        (Err(_), Some(pause)) => delivery.next_at = now + pause,
        (Err(_), None) => "failed".clone_into(&mut delivery.state),
    }
    delivery.ended_at = (delivery.state != "pending").then_some(now);
    delivery.error = sent.err();
    if let Some(error) = &delivery.error {
        tracing::warn!(
            tenant = delivery.tenant,
            target = delivery.target,
            delivery = delivery.id,
            attempt = delivery.attempts,
            error,
            "a notification did not arrive"
        );
    }
    let mut tx = app.db.begin().await?;
    targets::attempted(tx.conn(), &delivery).await?;
    tx.commit().await?;
    Ok(true)
}

/// Sends a message once. What is told of a failure has nothing secret in it.
pub(crate) async fn send(
    app: &App,
    target: &TargetRow,
    id: &str,
    message: &Value,
    now: Millis,
) -> std::result::Result<(), String> {
    let sending = tokio::time::timeout(PATIENCE, sent(app, target, id, message, now));
    match sending.await {
        Err(_) => Err(format!("no answer within {} seconds", PATIENCE.as_secs())),
        Ok(Err(error)) => {
            tracing::error!(%error, target = target.id, "a notification could not be sent");
            Err("the server failed; its log says why".to_owned())
        }
        Ok(Ok(sent)) => sent.map_err(|error| text::one_line(&error, 500)),
    }
}

async fn sent(
    app: &App,
    target: &TargetRow,
    id: &str,
    message: &Value,
    now: Millis,
) -> Result<std::result::Result<(), String>> {
    let Some(tenant) = tenants::find(app.db.pool(), &target.tenant).await? else {
        return Ok(Err("the tenant is gone".to_owned()));
    };
    let shown = target.document.get("to").cloned().unwrap_or_default();
    let to: ShownDestination =
        serde_json::from_value(shown).map_err(crate::error::Error::stored("a target"))?;
    match to {
        ShownDestination::Webhook { .. } => {
            let sealed = Sealed::open(&app.key_of(&tenant)?, target)?;
            let setup = setup::of(app, &tenant).await?;
            Ok(webhook::send(app, &setup, &sealed, id, message, now).await)
        }
        ShownDestination::Email { to } => {
            Ok(email::send(app, &to, &tenant.title, id, message).await)
        }
        ShownDestination::Domo { account, dataset } => {
            let setup = setup::of(app, &tenant).await?;
            Ok(domo::send(app, &setup, &account, &dataset, message).await)
        }
    }
}

/// What is sent to try a target.
pub(crate) fn trial(tenant: &str, id: &str, now: Millis) -> Value {
    json!({
        "id": id,
        "event": "test",
        "at_ms": now,
        "tenant": tenant,
        "job": { "id": null, "name": null },
        "detail": {},
    })
}
