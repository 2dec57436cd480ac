//! A SharePoint of one tenant: sites, libraries, items, upload sessions. It refuses
//! what the real one refuses.

use super::session::session;
use super::{Answer, State};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use writeback_connector::graph::path::decoded;
use writeback_connector::message::{Method, Request};
use writeback_connector::quickxor::QuickXor;

pub const SITE: &str = "contoso.sharepoint.com,11111111-1111-1111-1111-111111111111,22222222-2222-2222-2222-222222222222";
const GRAPH: &str = "https://graph.microsoft.com/v1.0";

#[derive(Clone)]
pub struct Entry {
    pub parent: String,
    pub name: String,
    /// `None` for a folder.
    pub content: Option<Vec<u8>>,
    pub version: u32,
    /// Bytes of the versions before, the oldest first.
    pub past: Vec<usize>,
    pub checked_out: bool,
}

pub struct Session {
    pub parent: String,
    pub name: String,
    pub conflict: String,
    pub bytes: Vec<u8>,
}

/// A file that was written by a request, as it was stored.
#[derive(Clone)]
pub struct Commit {
    pub id: String,
    pub bytes: Vec<u8>,
}

pub struct SharePoint {
    pub sites: Vec<Value>,
    pub drives: Vec<Value>,
    pub items: BTreeMap<String, Entry>,
    pub sessions: BTreeMap<String, Session>,
    pub opened: u32,
    pub deleted: Vec<String>,
    /// How many sites or children a page has.
    pub page: usize,
    /// Whether replies tell hashes.
    pub hashes: bool,
    /// Whether the library requires check-out.
    pub check_out: bool,
    /// The status reply writes no ranges.
    pub next_key: &'static str,
    /// How many looks for a file by its name do not find it yet.
    pub hidden: u32,
    /// What becomes of the next file that is stored.
    pub alter: Option<Alteration>,
    /// All that was written by requests.
    pub commits: Vec<Commit>,
    ids: u32,
}

impl SharePoint {
    pub fn new() -> Self {
        let site = json!({
            "id": SITE,
            "name": "Finance",
            "displayName": "Finance",
            "webUrl": "https://contoso.sharepoint.com/sites/Finance",
        });
        let drive = |id: &str, name: &str, segment: &str| {
            json!({
                "id": id,
                "name": name,
                "webUrl": format!("https://contoso.sharepoint.com/sites/Finance/{segment}"),
                "driveType": "documentLibrary",
            })
        };
        let mut items = BTreeMap::new();
        for root in ["root-docs", "root-arch"] {
            let folder = Entry {
                parent: String::new(),
                name: "root".to_owned(),
                content: None,
                version: 1,
                past: Vec::new(),
                checked_out: false,
            };
            items.insert(root.to_owned(), folder);
        }
        Self {
            sites: vec![site],
            drives: vec![
                drive("b!docs", "Documents", "Shared%20Documents"),
                drive("b!arch", "Archive", "Archive"),
            ],
            items,
            sessions: BTreeMap::new(),
            opened: 0,
            deleted: Vec::new(),
            page: 100,
            hashes: true,
            check_out: false,
            next_key: "nextExpectedRanges",
            hidden: 0,
            alter: None,
            commits: Vec::new(),
            ids: 0,
        }
    }

    /// Adds a file or folder (no content) below the default library; makes the folders above it.
    pub fn add(&mut self, path: &str, content: Option<&[u8]>) -> String {
        let names: Vec<&str> = path.split('/').collect();
        let (last, folders) = names.split_last().unwrap();
        let mut parent = "root-docs".to_owned();
        for name in folders {
            parent = match self.child(&parent, name) {
                Some(id) => id,
                None => self.create(&parent, name, None),
            };
        }
        self.create(&parent, last, content.map(<[u8]>::to_vec))
    }

    fn create(&mut self, parent: &str, name: &str, content: Option<Vec<u8>>) -> String {
        self.ids += 1;
        let id = format!("01ITEM{}", self.ids);
        let file = content.is_some();
        let entry = Entry {
            parent: parent.to_owned(),
            name: name.to_owned(),
            content,
            version: 1,
            past: Vec::new(),
            checked_out: self.check_out && file,
        };
        self.items.insert(id.clone(), entry);
        id
    }

    pub fn child(&self, parent: &str, name: &str) -> Option<String> {
        let same = |entry: &Entry| {
            entry.parent == parent && entry.name.to_lowercase() == name.to_lowercase()
        };
        let found = self.items.iter().find(|(_, entry)| same(entry));
        found.map(|(id, _)| id.clone())
    }

    pub fn file(&self, path: &str) -> Option<Vec<u8>> {
        let mut at = "root-docs".to_owned();
        for name in path.split('/') {
            at = self.child(&at, name)?;
        }
        self.items[&at].content.clone()
    }

    fn render(&self, id: &str) -> Value {
        let entry = &self.items[id];
        let mut item = json!({
            "id": id,
            "name": entry.name,
            "eTag": format!("\"{id},{}\"", entry.version),
            "webUrl": format!("https://contoso.sharepoint.com/sites/Finance/Shared%20Documents/{}", entry.name),
            "@microsoft.graph.downloadUrl": "link:99",
        });
        match &entry.content {
            None => item["folder"] = json!({ "childCount": 0 }),
            Some(content) => {
                item["size"] = json!(content.len());
                item["file"] = json!({ "mimeType": "text/csv" });
                if self.hashes {
                    let mut hash = QuickXor::new();
                    hash.update(content);
                    item["file"]["hashes"] = json!({ "quickXorHash": hash.finish().to_string() });
                }
            }
        }
        item
    }

    /// Writes a file: 201 or 200 with the item, or 409.
    pub fn write(&mut self, parent: &str, name: &str, conflict: &str, content: &[u8]) -> Answer {
        let there = self.child(parent, name);
        if there.is_some() && conflict == "fail" {
            let text = "The specified item name already exists.";
            return error(409, "nameAlreadyExists", text);
        }
        let mut bytes = content.to_vec();
        match (self.alter.take(), bytes.first_mut()) {
            (Some(Alteration::Added), _) => bytes.extend_from_slice(ADDED),
            (Some(Alteration::Changed), Some(first)) => *first = CHANGED,
            _ => {}
        }
        let status = if there.is_some() { 200 } else { 201 };
        let id = match there {
            Some(id) => {
                self.overwrite(&id, &bytes);
                id
            }
            None => self.create(parent, name, Some(bytes.clone())),
        };
        let answer = Answer::json(status, self.render(&id));
        self.commits.push(Commit { id, bytes });
        answer
    }

    /// Gives a file a new version.
    pub fn overwrite(&mut self, id: &str, bytes: &[u8]) {
        let entry = self.items.get_mut(id).unwrap();
        let old = entry.content.replace(bytes.to_vec());
        entry.past.push(old.unwrap().len());
        entry.version += 1;
    }
}

/// How SharePoint alters a file that it stores.
#[derive(Clone, Copy)]
pub enum Alteration {
    /// Something is added to it.
    Added,
    /// One byte of it is another.
    Changed,
}

/// What the first byte becomes.
pub const CHANGED: u8 = b'#';
/// What is added to a file that is altered.
pub const ADDED: &[u8] = b" and something of SharePoint's";

/// An error as Graph words it.
pub fn error(status: u16, code: &str, message: &str) -> Answer {
    let inner = json!({ "request-id": "3f1b0d4e", "date": "2026-01-01T00:00:00" });
    Answer::json(
        status,
        json!({ "error": { "code": code, "message": message, "innerError": inner } }),
    )
}

pub fn serve(state: &mut State, request: &Request, content: &[u8], auth: Option<&str>) -> Answer {
    if request.url.starts_with("link:") {
        return session(&mut state.sharepoint, request, content, auth);
    }
    let Some(url) = request.url.strip_prefix(GRAPH) else {
        panic!("nobody serves {}", request.url);
    };
    if auth != Some("sharepoint") {
        return error(401, "InvalidAuthenticationToken", "Access token is empty.");
    }
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let sharepoint = &mut state.sharepoint;
    match path.split('/').nth(1) {
        Some("sites") => sites(sharepoint, path, query),
        Some("groups") => Answer::json(200, sharepoint.sites[0].clone()),
        _ => drives(sharepoint, request, path, query, content),
    }
}

fn sites(sharepoint: &SharePoint, path: &str, query: &str) -> Answer {
    let names: Vec<String> = path.split('/').skip(2).map(decoded).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match names.as_slice() {
        [] => {
            let text = decoded(
                query
                    .split("search=")
                    .nth(1)
                    .unwrap()
                    .split('&')
                    .next()
                    .unwrap(),
            );
            let titled = |site: &&Value| {
                text == "*"
                    || site
                        .to_string()
                        .to_lowercase()
                        .contains(&text.to_lowercase())
            };
            let found: Vec<&Value> = sharepoint.sites.iter().filter(titled).collect();
            paged(sharepoint, path, query, &found)
        }
        ["getAllSites"] => {
            let found: Vec<&Value> = sharepoint.sites.iter().collect();
            paged(sharepoint, path, query, &found)
        }
        [_, "drive"] => match sharepoint.drives.first() {
            Some(drive) => Answer::json(200, drive.clone()),
            None => error(404, "itemNotFound", "The resource could not be found."),
        },
        [_, "drives"] => {
            let found: Vec<&Value> = sharepoint.drives.iter().collect();
            paged(sharepoint, path, query, &found)
        }
        [only] => site(sharepoint, |site| {
            site["id"] == *only || site["webUrl"] == format!("https://{only}")
        }),
        [host, rest @ ..] => {
            let url = format!("https://{}/{}", host.trim_end_matches(':'), rest.join("/"));
            site(sharepoint, |site| {
                site["webUrl"].as_str().unwrap().eq_ignore_ascii_case(&url)
            })
        }
    }
}

fn site(sharepoint: &SharePoint, matches: impl Fn(&Value) -> bool) -> Answer {
    match sharepoint.sites.iter().find(|site| matches(site)) {
        Some(site) => Answer::json(200, site.clone()),
        None => error(404, "itemNotFound", "Requested site could not be found"),
    }
}

/// A page, and the link to the next one.
fn paged(sharepoint: &SharePoint, path: &str, query: &str, all: &[&Value]) -> Answer {
    let skip = query
        .split("skiptoken=")
        .nth(1)
        .map_or(0, |n| n.parse().unwrap());
    let page: Vec<&Value> = all
        .iter()
        .skip(skip)
        .take(sharepoint.page)
        .copied()
        .collect();
    let mut body = json!({ "value": page });
    if skip + sharepoint.page < all.len() {
        let query = query.split("&$skiptoken").next().unwrap();
        let next = skip + sharepoint.page;
        body["@odata.nextLink"] = json!(format!("{GRAPH}{path}?{query}&$skiptoken={next}"));
    }
    Answer::json(200, body)
}

fn drives(
    sharepoint: &mut SharePoint,
    request: &Request,
    path: &str,
    query: &str,
    content: &[u8],
) -> Answer {
    let names: Vec<String> = path.split('/').skip(2).map(decoded).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let missing = || error(404, "itemNotFound", "The resource could not be found.");
    match (request.method, names.as_slice()) {
        (Method::Get, ["b!docs", "root"]) => Answer::json(200, sharepoint.render("root-docs")),
        (Method::Get, ["b!arch", "root"]) => Answer::json(200, sharepoint.render("root-arch")),
        (Method::Get, [_, "items", id]) if sharepoint.items.contains_key(*id) => {
            let mut item = sharepoint.render(id);
            publication(sharepoint, id, query, &mut item);
            Answer::json(200, item)
        }
        (Method::Get, [_, "items", id, "versions"]) if sharepoint.items.contains_key(*id) => {
            Answer::json(200, versions(sharepoint, id))
        }
        (Method::Get, [_, "items", _, "versions"]) => missing(),
        (Method::Post, [_, "items", id, "checkin"]) => {
            let body: Value = serde_json::from_slice(content).unwrap();
            assert_eq!(body["checkInAs"], "published");
            let entry = sharepoint.items.get_mut(*id).unwrap();
            if !entry.checked_out {
                return error(400, "invalidRequest", "The file is not checked out.");
            }
            entry.checked_out = false;
            entry.version += 1;
            Answer::json(204, Value::Null)
        }
        (Method::Get, [_, "items", _]) => missing(),
        (Method::Get, [_, "items", parent, "children"]) => {
            let ids = sharepoint
                .items
                .iter()
                .filter(|(_, entry)| entry.parent == *parent);
            let all: Vec<Value> = ids.map(|(id, _)| sharepoint.render(id)).collect();
            paged(sharepoint, path, query, &all.iter().collect::<Vec<_>>())
        }
        (Method::Post, [_, "items", parent, "children"]) => {
            let body: Value = serde_json::from_slice(content).unwrap();
            assert_eq!(body["@microsoft.graph.conflictBehavior"], "fail");
            let name = body["name"].as_str().unwrap().to_owned();
            match sharepoint.child(parent, &name) {
                Some(_) => error(409, "nameAlreadyExists", "Name already exists"),
                None => {
                    let id = sharepoint.create(parent, &name, None);
                    Answer::json(201, sharepoint.render(&id))
                }
            }
        }
        (Method::Get, [_, "items", parent, name]) => {
            let parent = parent.trim_end_matches(':');
            match sharepoint.child(parent, name) {
                Some(_) if sharepoint.hidden > 0 => {
                    sharepoint.hidden -= 1;
                    missing()
                }
                Some(id) => {
                    let mut item = sharepoint.render(&id);
                    publication(sharepoint, &id, query, &mut item);
                    Answer::json(200, item)
                }
                None => missing(),
            }
        }
        (Method::Put, [_, "items", parent, name, "content"]) => {
            let (parent, name) = (parent.trim_end_matches(':'), name.trim_end_matches(':'));
            let conflict = query.split("conflictBehavior=").nth(1).unwrap();
            assert!(content.len() <= 262_144_000);
            sharepoint.write(parent, name, conflict, content)
        }
        (Method::Post, [_, "items", parent, name, "createUploadSession"]) => {
            let (parent, name) = (parent.trim_end_matches(':'), name.trim_end_matches(':'));
            let body: Value = serde_json::from_slice(content).unwrap();
            let conflict = body["item"]["@microsoft.graph.conflictBehavior"]
                .as_str()
                .unwrap();
            let session = Session {
                parent: parent.to_owned(),
                name: name.to_owned(),
                conflict: conflict.to_owned(),
                bytes: Vec::new(),
            };
            sharepoint.opened += 1;
            let link = format!("link:{}", sharepoint.opened);
            sharepoint.sessions.insert(link.clone(), session);
            Answer::json(
                200,
                json!({
                    "uploadUrl": link,
                    "expirationDateTime": "2026-01-01T00:15:00Z",
                }),
            )
        }
        other => panic!("Graph has no {other:?}"),
    }
}

/// The publication facet comes only where it is asked for.
fn publication(sharepoint: &SharePoint, id: &str, query: &str, item: &mut Value) {
    if query.contains("publication") {
        let entry = &sharepoint.items[id];
        let level = if entry.checked_out {
            "checkout"
        } else {
            "published"
        };
        let version = format!("{}.0", entry.past.len() + 1);
        item["publication"] = json!({ "level": level, "versionId": version });
    }
}

/// The newest first.
fn versions(sharepoint: &SharePoint, id: &str) -> Value {
    let entry = &sharepoint.items[id];
    let now = entry.content.as_ref().unwrap().len();
    let sizes = entry.past.iter().chain([&now]);
    let all = sizes.zip(1..).map(|(size, n)| {
        let time = format!("2026-01-0{n}T00:00:00Z");
        json!({ "id": format!("{n}.0"), "lastModifiedDateTime": time, "size": size })
    });
    let mut all: Vec<Value> = all.collect();
    all.reverse();
    json!({ "value": all })
}
