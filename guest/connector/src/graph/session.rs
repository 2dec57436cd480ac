//! Upload sessions: opened at Graph, fed at SharePoint.
//!
//! The upload URL is a secret; what stands here for it is the host's `link:N`.

use super::item::{Conflict, address};
use super::text;
use crate::message::{Method, Reply, Request};
use serde_json::{Value, json};

/// Opens a session for a name in a folder.
pub fn create(base: &str, drive: &str, parent: &str, name: &str, conflict: Conflict) -> Request {
    let url = format!(
        "{}:/createUploadSession",
        address(base, drive, parent, name)
    );
    // Only inside `item` does SharePoint see the behaviour.
    let body = json!({ "item": { "@microsoft.graph.conflictBehavior": conflict.word() } });
    Request::post_json(url, &body).header("accept", "application/json".to_owned())
}

/// Sends a fragment. `total` must be known: SharePoint refuses `*`.
pub fn fragment(link: &str, offset: u64, length: u64, total: u64) -> Request {
    let last = (offset + length).saturating_sub(1);
    Request::new(Method::Put, link.to_owned())
        .header("content-range", format!("bytes {offset}-{last}/{total}"))
        .header("content-type", "application/octet-stream".to_owned())
        .slice(offset, length)
}

/// Asks how far a session is.
pub fn status(link: &str) -> Request {
    Request::get(link.to_owned())
}

/// Gives a session up.
pub fn delete(link: &str) -> Request {
    Request::new(Method::Delete, link.to_owned())
}

/// The link of a session just opened.
pub fn read_link(reply: &Reply) -> Option<String> {
    text(&reply.json(), "uploadUrl")
}

/// What a session expects next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The bytes from here on.
    From(u64),
    /// Nothing: it has all.
    Nothing,
    /// It does not say.
    Unsaid,
}

/// Reads what a session expects: `"26-"`, `"26-99"`, none, in either spelling of the key.
pub fn read_expected(reply: &Reply) -> Expected {
    let body = reply.json();
    let keys = ["nextExpectedRanges", "NextExpectedRanges"];
    let Some(ranges) = keys.iter().find_map(|key| body.get(*key)?.as_array()) else {
        return Expected::Unsaid;
    };
    let starts = ranges.iter().filter_map(Value::as_str).filter_map(start);
    match starts.min() {
        Some(offset) => Expected::From(offset),
        None if ranges.is_empty() => Expected::Nothing,
        None => Expected::Unsaid,
    }
}

fn start(range: &str) -> Option<u64> {
    range.split('-').next()?.trim().parse().ok()
}
