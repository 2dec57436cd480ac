//! Drive items: files and folders.

use super::{get, id, list, path, text};
use crate::message::{Method, Request};
use serde_json::{Value, json};

const SELECT: &str = "$select=id,name,size,eTag,webUrl,file,folder";

/// What happens when a name is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// The file gets a new version.
    Replace,
    /// The request is refused with 409.
    Fail,
}

impl Conflict {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Fail => "fail",
        }
    }
}

/// A file or a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Item {
    /// `01…`.
    pub id: String,
    /// Its name, in the case that SharePoint keeps.
    pub name: String,
    /// Bytes.
    pub size: Option<u64>,
    /// Changes with every write.
    pub etag: Option<String>,
    /// Its address.
    pub url: String,
    /// quickXorHash in standard base64; may be missing.
    pub quickxor: Option<String>,
    /// Whether it is a folder, and with how many children.
    pub folder: Option<u64>,
    /// Whether it is checked out; told only where it was asked for.
    pub checked_out: bool,
    /// What its version is called; told only where it was asked for.
    pub version: Option<String>,
    /// The folders from the root down to it; told only where it was asked for.
    pub above: Option<Box<[String]>>,
}

impl Item {
    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.folder.is_some()
    }
}

/// The root folder of a drive.
pub fn root(base: &str, drive: &str) -> Request {
    get(format!(
        "{base}/drives/{}/root?{SELECT}",
        path::segment(drive)
    ))
}

/// The item at a path from the root down, with the folders above it.
pub fn below_root(base: &str, drive: &str, names: &[String]) -> Request {
    let (drive, names) = (path::segment(drive), path::segments(names));
    get(format!(
        "{base}/drives/{drive}/root:/{names}?{SELECT},parentReference"
    ))
}

/// The item with a name in a folder.
pub fn named(base: &str, drive: &str, parent: &str, name: &str) -> Request {
    get(format!("{}?{SELECT}", address(base, drive, parent, name)))
}

/// The same, with what its version is called.
pub fn named_with_publication(base: &str, drive: &str, parent: &str, name: &str) -> Request {
    let mut request = named(base, drive, parent, name);
    request.url.push_str(",publication");
    request
}

/// The item with an id.
pub fn with_id(base: &str, drive: &str, id: &str) -> Request {
    let (drive, id) = (path::segment(drive), path::segment(id));
    get(format!("{base}/drives/{drive}/items/{id}?{SELECT}"))
}

/// The same, with whether it is checked out.
pub fn with_publication(base: &str, drive: &str, id: &str) -> Request {
    let mut request = with_id(base, drive, id);
    request.url.push_str(",publication");
    request
}

/// Checks an item in, so that others see it.
pub fn check_in(base: &str, drive: &str, id: &str) -> Request {
    let (drive, id) = (path::segment(drive), path::segment(id));
    let url = format!("{base}/drives/{drive}/items/{id}/checkin");
    let body = json!({ "comment": "", "checkInAs": "published" });
    Request::post_json(url, &body).header("accept", "application/json".to_owned())
}

/// The children of a folder.
pub fn children(base: &str, drive: &str, parent: &str, page: u32) -> Request {
    let (drive, parent) = (path::segment(drive), path::segment(parent));
    get(format!(
        "{base}/drives/{drive}/items/{parent}/children?$select=id,name,folder&$top={page}"
    ))
}

/// Creates a folder; 409 where the name is taken.
pub fn create_folder(base: &str, drive: &str, parent: &str, name: &str) -> Request {
    let (drive, parent) = (path::segment(drive), path::segment(parent));
    let url = format!("{base}/drives/{drive}/items/{parent}/children");
    let body = json!({
        "name": name,
        "folder": {},
        "@microsoft.graph.conflictBehavior": Conflict::Fail.word(),
    });
    Request::post_json(url, &body).header("accept", "application/json".to_owned())
}

/// Writes a whole file of `length` bytes with one request.
pub fn put_content(
    base: &str,
    drive: &str,
    parent: &str,
    name: &str,
    conflict: Conflict,
    length: u64,
) -> Request {
    let address = address(base, drive, parent, name);
    let word = conflict.word();
    let url = format!("{address}:/content?@microsoft.graph.conflictBehavior={word}");
    let request = Request::new(Method::Put, url)
        .header("content-type", "text/csv".to_owned())
        .header("accept", "application/json".to_owned());
    match length {
        0 => request,
        length => request.slice(0, length),
    }
}

/// The URL of a name in a folder, before the colon that a sub-resource needs.
pub(super) fn address(base: &str, drive: &str, parent: &str, name: &str) -> String {
    let (drive, parent) = (path::segment(drive), path::segment(parent));
    format!(
        "{base}/drives/{drive}/items/{parent}:/{}",
        path::segment(name)
    )
}

/// Reads one item.
pub fn read(value: &Value) -> Option<Item> {
    let folder = value.get("folder").filter(|folder| !folder.is_null());
    let count = |folder: &Value| {
        folder
            .get("childCount")
            .and_then(Value::as_u64)
            .unwrap_or(0)
    };
    Some(Item {
        id: id(value)?,
        name: text(value, "name").unwrap_or_default(),
        size: value.get("size").and_then(Value::as_u64),
        etag: text(value, "eTag"),
        url: text(value, "webUrl").unwrap_or_default(),
        quickxor: value
            .pointer("/file/hashes")
            .and_then(|h| text(h, "quickXorHash")),
        folder: folder.map(count),
        checked_out: value
            .pointer("/publication/level")
            .is_some_and(|level| level == "checkout"),
        version: value
            .get("publication")
            .and_then(|publication| text(publication, "versionId")),
        above: value
            .pointer("/parentReference/path")
            .and_then(|path| folders(path.as_str()?)),
    })
}

/// The folders of `/drives/b!…/root:/Reports/2024%20Q1`.
fn folders(path: &str) -> Option<Box<[String]>> {
    let (_, below) = path.split_once("/root:")?;
    let names = below.split('/').filter(|name| !name.is_empty());
    Some(names.map(path::decoded).collect())
}

/// Reads a page of items.
pub fn read_page(reply: &Value) -> Vec<Item> {
    list(reply).iter().filter_map(read).collect()
}
