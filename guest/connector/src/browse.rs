//! Lists DataSets, sites, libraries and folders, each with the line to paste into a job; and tests an account.

mod account;
mod domo;
mod query;
mod sharepoint;

pub use query::Query;

use crate::call::Run;
use crate::error::Failure;
use crate::ports::Ports;
use crate::retry::Limits;
use serde_json::{Value, json};

/// People wait for the answer: less patience than a job has.
const LIMITS: Limits = Limits {
    attempts: 4,
    wait: 60_000,
    deadline: None,
    lock_wait: 0,
};

/// A page of a listing.
pub(crate) struct Listing {
    items: Vec<Value>,
    more: bool,
}

/// Answers a query with a listing in JSON.
pub fn browse<P: Ports>(ports: &P, query: &str) -> Result<String, Failure> {
    let query = Query::parse(query)?;
    let mut run = Run::new(ports, LIMITS);
    let listing = match &query {
        Query::DataSets(wanted) => domo::datasets(&mut run, wanted)?,
        Query::Sites(wanted) => sharepoint::sites(&mut run, wanted)?,
        Query::Libraries { account, site } => sharepoint::libraries(&mut run, account, site)?,
        Query::Folders(wanted) => sharepoint::folders(&mut run, wanted)?,
        Query::Account(name) => return account::test(&mut run, name),
    };
    let document = json!({ "kind": query.kind(), "items": listing.items, "more": listing.more });
    Ok(document.to_string())
}

/// `key = "value"` as TOML.
fn line(key: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    format!("{key} = \"{value}\"")
}
