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
    /// How Graph's URLs name it: by its id, or by where it is.
    pub key: String,
}

/// How Graph's URLs name the site at a host and a server-relative path without leading slash.
pub fn key_at(host: &str, relative: &str) -> String {
    let names: Vec<&str> = relative
        .split('/')
        .filter(|name| !name.is_empty())
        .collect();
    let host = path::segment(host);
    match names.as_slice() {
        [] => host,
        names => format!("{host}:/{}:", path::segments(names)),
    }
}

/// How they name the site with an id.
pub fn key_of(id: &str) -> String {
    path::segment(id)
}

/// The site that a key names.
pub fn with_key(base: &str, key: &str) -> Request {
    // The colon that ends a path is for what comes behind it.
    let key = key.strip_suffix(':').unwrap_or(key);
    get(format!("{base}/sites/{key}?{SELECT}"))
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
    let key = key_of(&id);
    Some(Site { id, name, url, key })
}

/// Reads a page of sites.
pub fn read_page(reply: &Value) -> Vec<Site> {
    list(reply).iter().filter_map(read).collect()
}
