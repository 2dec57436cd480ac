//! Drives: the document libraries of a site.

use super::{get, id, list, path, text};
use crate::message::Request;
use serde_json::Value;

const SELECT: &str = "$select=id,name,webUrl,driveType";

/// A document library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drive {
    /// `b!…`.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// Its address.
    pub url: String,
}

impl Drive {
    /// The last part of its address, as people see it in the browser.
    pub fn url_name(&self) -> String {
        let path = path::of_url(&self.url);
        path.rsplit('/').next().unwrap_or_default().to_owned()
    }
}

/// The default library of the site with that key.
pub fn default_of(base: &str, site: &str) -> Request {
    get(format!("{base}/sites/{site}/drive?{SELECT}"))
}

/// The libraries of the site with that key.
pub fn all_of(base: &str, site: &str) -> Request {
    get(format!("{base}/sites/{site}/drives?{SELECT}"))
}

/// Reads one library.
pub fn read(value: &Value) -> Option<Drive> {
    Some(Drive {
        id: id(value)?,
        name: text(value, "name").unwrap_or_default(),
        url: text(value, "webUrl").unwrap_or_default(),
    })
}

/// Reads a page of libraries.
pub fn read_page(reply: &Value) -> Vec<Drive> {
    list(reply).iter().filter_map(read).collect()
}
