//! A SharePoint of one tenant: sites, libraries, items and their contents.

use super::Answer;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use writeback_connector::graph::path::segment;
use writeback_connector::quickxor::QuickXor;

pub const SITE: &str = "contoso.sharepoint.com,11111111-1111-1111-1111-111111111111,22222222-2222-2222-2222-222222222222";

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

    pub fn create(&mut self, parent: &str, name: &str, content: Option<Vec<u8>>) -> String {
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

    /// The path of the folder that an item is in, as Graph tells it.
    pub fn above(&self, id: &str) -> String {
        let parent = &self.items[id].parent;
        match self.items[parent].parent.is_empty() {
            true => "/drives/b!docs/root:".to_owned(),
            false => {
                let name = segment(&self.items[parent].name);
                format!("{}/{name}", self.above(parent))
            }
        }
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

    pub fn render(&self, id: &str) -> Value {
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
