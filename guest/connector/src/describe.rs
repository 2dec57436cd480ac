//! What the component is, for programs: name, version, schemas, accounts.

use serde_json::{Value, json};

const JOB: &str = include_str!("../schema/job.json");
const QUERY: &str = include_str!("../schema/query.json");
const CHECK: &str = include_str!("../schema/check.json");
const RECEIPT: &str = include_str!("../schema/receipt.json");

/// The document.
pub fn describe() -> String {
    let schema = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "schemas": {
            "job": schema(JOB),
            "query": schema(QUERY),
            "check": schema(CHECK),
            "receipt": schema(RECEIPT),
        },
        "accounts": [
            { "pointer": "/domo/account", "kinds": ["domo"] },
            { "pointer": "/sharepoint/account", "kinds": ["entra"] },
        ],
    })
    .to_string()
}

#[cfg(test)]
mod tests;
