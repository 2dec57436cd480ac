//! Sites, drives and items as JSON, as Graph and SharePoint print them.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};

use super::drive::{Drive, Item};
use super::store::Store;
use super::tenant::{HOST, Site};
use crate::clock::iso;

/// What a URL path cannot hold unescaped.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Which origin prints an item: they name the download URL differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `@microsoft.graph.downloadUrl`
    Graph,
    /// `@content.downloadUrl`
    SharePoint,
}

/// A site.
pub fn site(site: &Site) -> Value {
    let name = site.name.rsplit('/').next().unwrap_or_default();
    let mut value = json!({
        "createdDateTime": "2024-01-15T08:00:00Z",
        "id": site.id,
        "lastModifiedDateTime": "2026-01-15T08:00:00Z",
        "name": name,
        "webUrl": site.web_url(),
        "displayName": site.title,
        "siteCollection": { "hostname": HOST },
    });
    if site.name.is_empty() {
        value["root"] = json!({});
    }
    value
}

/// A library.
pub fn drive(drive: &Drive) -> Value {
    let used: u64 = drive
        .items
        .values()
        .filter_map(|item| item.content.as_ref())
        .map(|content| content.size)
        .sum();
    json!({
        "createdDateTime": "2024-01-15T08:00:00Z",
        "id": drive.id,
        "name": drive.name,
        "description": "",
        "webUrl": web_url(&drive.path, &[]),
        "driveType": "documentLibrary",
        "owner": { "group": { "displayName": drive.label } },
        "quota": { "deleted": 0, "remaining": drive.remaining, "state": "normal", "total": drive.remaining + used, "used": used },
    })
}

/// An item; `upload` is the origin that its download URL points to.
pub fn item(store: &Store, drive: &Drive, item: &Item, upload: &str, origin: Origin) -> Value {
    let trail = drive.trail(&item.id);
    let mut value = json!({
        "createdDateTime": iso(item.created),
        "eTag": item.etag(),
        "cTag": item.ctag(),
        "id": item.id,
        "lastModifiedDateTime": iso(item.modified),
        "name": item.name,
        "size": item.content.as_ref().map_or(0, |content| content.size),
        "webUrl": web_url(&drive.path, &trail),
        "createdBy": { "application": { "displayName": "Writeback" } },
        "lastModifiedBy": { "application": { "displayName": "Writeback" } },
        "parentReference": parent(drive, item, &trail),
        "fileSystemInfo": times(item),
        "publication": { "level": if item.published { "published" } else { "checkout" }, "versionId": version(item.content_version) },
    });
    match &item.content {
        None => value["folder"] = json!({ "childCount": item.children.len() }),
        Some(content) => {
            value["file"] = json!({ "mimeType": mime(&item.name), "hashes": {} });
            if item.hash_withheld == 0 {
                value["file"]["hashes"]["quickXorHash"] = content.quickxor.as_str().into();
            }
            let name = match origin {
                Origin::Graph => "@microsoft.graph.downloadUrl",
                Origin::SharePoint => "@content.downloadUrl",
            };
            value[name] = download_url(store, drive, item, upload).into();
        }
    }
    if item.parent.is_none() {
        value["root"] = json!({});
    }
    value
}

/// The versions of a file, the newest first.
pub fn versions(item: &Item) -> Vec<Value> {
    let size = item.content.as_ref().map_or(0, |content| content.size);
    let all = item.past.iter().copied().chain([(item.modified, size)]);
    let shown = all.zip(1..).map(|((modified, size), number)| {
        json!({
            "id": version(number),
            "lastModifiedDateTime": iso(modified),
            "size": size,
            "lastModifiedBy": { "application": { "displayName": "Writeback" } },
        })
    });
    let mut shown: Vec<Value> = shown.collect();
    shown.reverse();
    shown
}

/// What a library of major versions calls them.
fn version(number: u64) -> String {
    format!("{number}.0")
}

/// The pre-authenticated URL of a file's content.
pub fn download_url(store: &Store, drive: &Drive, item: &Item, upload: &str) -> String {
    let site = drive.path.strip_suffix(&drive.segment).unwrap_or_default();
    let tempauth = store.tempauth(&format!("download {} {}", drive.id, item.id));
    format!(
        "{upload}/{site}_layouts/15/download.aspx?UniqueId={}&Translate=false&tempauth={tempauth}&ApiVersion=2.0",
        item.guid
    )
}

/// Keeps the fields that `$select` names; without it, all that come by default.
pub fn select(mut value: Value, fields: Option<&str>) -> Value {
    if let (None, Some(object)) = (fields, value.as_object_mut()) {
        object.remove("publication");
    }
    if let (Some(fields), Some(object)) = (fields, value.as_object_mut()) {
        let wanted: Vec<&str> = fields.split(',').map(str::trim).collect();
        object.retain(|name, _| {
            let alias = if name.ends_with("downloadUrl") {
                "content.downloadUrl"
            } else {
                name
            };
            name.starts_with("@odata") || wanted.contains(&name.as_str()) || wanted.contains(&alias)
        });
    }
    value
}

fn web_url(library: &str, trail: &[&str]) -> String {
    let names = std::iter::once(library).chain(trail.iter().copied());
    let escaped: Vec<String> = names
        .map(|name| utf8_percent_encode(name, PATH).to_string())
        .collect();
    format!("https://{HOST}/{}", escaped.join("/"))
}

fn parent(drive: &Drive, item: &Item, trail: &[&str]) -> Value {
    let mut value =
        json!({ "driveType": "documentLibrary", "driveId": drive.id, "siteId": drive.site });
    if let Some(id) = &item.parent {
        let above = &trail[..trail.len().saturating_sub(1)];
        let path: String = above
            .iter()
            .map(|name| format!("/{}", utf8_percent_encode(name, PATH)))
            .collect();
        value["id"] = id.as_str().into();
        value["name"] = above.last().copied().unwrap_or("root").into();
        value["path"] = format!("/drives/{}/root:{path}", drive.id).into();
    }
    value
}

fn times(item: &Item) -> Value {
    let mut value =
        json!({ "createdDateTime": iso(item.created), "lastModifiedDateTime": iso(item.modified) });
    let set = item.times.as_ref().and_then(Value::as_object);
    for (name, time) in set.into_iter().flatten() {
        value[name] = time.clone();
    }
    value
}

fn mime(name: &str) -> &'static str {
    match name.rsplit('.').next().map(str::to_lowercase).as_deref() {
        Some("csv") => "text/csv",
        Some("txt") => "text/plain",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}
