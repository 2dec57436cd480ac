//! Domo's APIs: requests to build, replies to read.
//!
//! Pure: it sends nothing.

mod dataset;
mod permissions;

pub use dataset::{DataSet, Owner};
pub use permissions::{Owners, Party, permissions, read_groups, read_owners, user};

use crate::message::{Reply, Request};
use crate::refusal::{Refusal, Service};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// DataSets a page: the default and the most.
pub const PAGE: u32 = 50;

const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Reads a DataSet's metadata.
pub fn dataset(base: &str, id: &str) -> Request {
    json_get(format!("{base}/v1/datasets/{id}"))
}

/// Reads a page of the DataSets that the client sees.
pub fn datasets(base: &str, offset: u32, search: Option<&str>) -> Request {
    let mut url = format!("{base}/v1/datasets?limit={PAGE}&offset={offset}&sort=name");
    if let Some(text) = search {
        url.push_str("&nameLike=");
        url.extend(utf8_percent_encode(text, VALUE));
    }
    json_get(url)
}

/// Exports a DataSet as CSV with a header record.
pub fn export(base: &str, id: &str) -> Request {
    let url = format!("{base}/v1/datasets/{id}/data?includeHeader=true&fileName={id}.csv");
    Request::get(url).header("accept", "text/csv".to_owned())
}

/// Counts the rows that the client sees.
pub fn count(base: &str, id: &str) -> Request {
    let url = format!("{base}/v1/datasets/query/execute/{id}");
    let sql = json!({ "sql": "SELECT COUNT(*) FROM table" });
    Request::post_json(url, &sql).header("accept", "application/json".to_owned())
}

/// Reads the count out of a query's reply.
pub fn read_count(reply: &Reply) -> Option<u64> {
    let body = reply.json();
    let cell = body.get("rows")?.get(0)?.get(0)?;
    whole(cell)
}

/// Reads a page of DataSets.
pub fn read_datasets(reply: &Reply) -> Vec<DataSet> {
    match reply.json() {
        Value::Array(items) => items.iter().filter_map(DataSet::read).collect(),
        _ => Vec::new(),
    }
}

/// A number that may come as `3`, `3.0` or `"3"`.
fn whole(value: &Value) -> Option<u64> {
    let float = |number: f64| (number >= 0.0 && number.fract() == 0.0).then_some(number as u64);
    match value {
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().and_then(float)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A text, whatever type it came as.
fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(scalar)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn json_get(url: String) -> Request {
    Request::get(url).header("accept", "application/json".to_owned())
}

/// Reads why Domo refuses: its JSON error, an OAuth one, or a page.
pub fn refusal(reply: &Reply) -> Refusal {
    let body = reply.json();
    let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
    let either = |first: &str, second: &str| {
        let found = [text(first), text(second)]
            .into_iter()
            .find(|t| !t.is_empty());
        found.unwrap_or_default().to_owned()
    };
    let header = reply.headers.get("x-domo-requestid");
    let toe = Some(text("toe")).filter(|toe| !toe.is_empty()).or(header);
    // A good status around an error: the error's own status is the true one.
    let inner = body
        .get("status")
        .and_then(whole)
        .and_then(|status| u16::try_from(status).ok());
    let status = match inner {
        Some(inner) if reply.status < 300 && inner >= 400 => inner,
        _ => reply.status,
    };
    Refusal {
        service: Service::Domo,
        status,
        code: either("statusReason", "error"),
        message: either("message", "error_description"),
        trace: toe.map(|toe| ("toe", toe.to_owned())),
        after: None,
        html: reply.is_html(),
    }
}

#[cfg(test)]
mod tests;
