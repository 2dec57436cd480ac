//! `tenant erase`: asked for, waited for, and shown.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::Value;
use writeback_policy::Exit;

use crate::desk::Desk;
use crate::error::Error;
use crate::http::Ask;
use crate::render;

/// How long the end is waited for.
const PATIENCE: Duration = Duration::from_secs(600);
/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);

/// Erases a tenant, whose name says that it is meant.
pub async fn erase(name: &str, desk: &mut Desk) -> Result<(), Error> {
    let what = format!("the tenant `{name}`");
    let path = ["tenants", name];
    let ask = Ask::new(Method::DELETE, what, &path).query("confirm", name);
    let mut erasure = desk.api.send(ask).await?.value;
    let id = erasure["id"].as_str().unwrap_or_default().to_owned();
    desk.note(&format!("erasing the tenant `{name}`: `{id}`"));
    let begun = Instant::now();
    while erasure["state"] != "done" {
        if begun.elapsed() >= PATIENCE {
            desk.show(&erasure, render::any)?;
            return Err(unfinished(name, &erasure));
        }
        tokio::time::sleep(LOOK).await;
        erasure = desk.get("the erasure", &["erasures", &id]).await?;
    }
    desk.note(&format!("the tenant `{name}` is erased"));
    desk.show(&erasure, render::any)
}

fn unfinished(name: &str, erasure: &Value) -> Error {
    let runs = &erasure["waits_for_runs"];
    let text = format!("the tenant `{name}` is not erased yet: runs under way: {runs}");
    Error::new(Exit::Retry, "timeout", text)
        .hint("the server goes on with it; machines that are gone for good hold it up")
}
