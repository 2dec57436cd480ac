//! Sites: by URL, by id, by group, by search, all of them.

use super::{get, id, list, path, text};
use crate::message::Request;
use serde_json::Value;

const SELECT: &str = "$select=id,name,displayName,webUrl";

/// A site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// `host,siteCollectionGuid,webGuid`.
    pub id: String,
    /// Its title; where that is blank, its URL name.
    pub name: String,
    /// Its address.
    pub url: String,
}

/// The site at a host and a server-relative path without leading slash.
pub fn at(base: &str, host: &str, relative: &str) -> Request {
    let names: Vec<&str> = relative
        .split('/')
        .filter(|name| !name.is_empty())
        .collect();
    let host = path::segment(host);
    match names.as_slice() {
        [] => get(format!("{base}/sites/{host}?{SELECT}")),
        names => get(format!(
            "{base}/sites/{host}:/{}?{SELECT}",
            path::segments(names)
        )),
    }
}

/// The site with an id.
pub fn with_id(base: &str, id: &str) -> Request {
    get(format!("{base}/sites/{}?{SELECT}", path::segment(id)))
}

/// The team site of a Microsoft 365 group.
pub fn of_group(base: &str, group: &str) -> Request {
    get(format!(
        "{base}/groups/{}/sites/root?{SELECT}",
        path::segment(group)
    ))
}

/// Sites that match a text.
pub fn search(base: &str, text: &str) -> Request {
    get(format!(
        "{base}/sites?search={}&{SELECT}",
        path::value(text)
    ))
}

/// All sites; for applications only.
pub fn all(base: &str) -> Request {
    get(format!("{base}/sites/getAllSites?{SELECT}"))
}

/// Reads one site.
pub fn read(value: &Value) -> Option<Site> {
    let id = id(value)?;
    let url = text(value, "webUrl").unwrap_or_default();
    let last = path::of_url(&url).rsplit('/').next().map(str::to_owned);
    let title = text(value, "displayName").filter(|title| !title.trim().is_empty());
    let name = title
        .or_else(|| text(value, "name"))
        .or(last.filter(|name| !name.is_empty()))
        .unwrap_or_else(|| id.clone());
    Some(Site { id, name, url })
}

/// Reads a page of sites.
pub fn read_page(reply: &Value) -> Vec<Site> {
    list(reply).iter().filter_map(read).collect()
}
