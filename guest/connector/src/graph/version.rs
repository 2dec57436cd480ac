//! The versions that SharePoint keeps of a file, the newest first.

use super::{get, id, list, path, text};
use crate::message::Request;
use serde_json::Value;

/// One version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// As the version history shows it: `3.0`.
    pub id: String,
    /// When it was written.
    pub modified: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
}

/// All versions of an item.
pub fn all_of(base: &str, drive: &str, item: &str) -> Request {
    get(of(base, drive, item))
}

/// Where a POST makes an old version the current one.
pub fn restore(base: &str, drive: &str, item: &str, version: &str) -> String {
    let version = path::segment(version);
    format!("{}/{version}/restoreVersion", of(base, drive, item))
}

fn of(base: &str, drive: &str, item: &str) -> String {
    let (drive, item) = (path::segment(drive), path::segment(item));
    format!("{base}/drives/{drive}/items/{item}/versions")
}

/// Reads a page of versions.
pub fn read_page(reply: &Value) -> Vec<Version> {
    let read = |value: &Value| {
        Some(Version {
            id: id(value)?,
            modified: text(value, "lastModifiedDateTime"),
            size: value.get("size").and_then(Value::as_u64),
        })
    };
    list(reply).iter().filter_map(read).collect()
}
