//! One library and the tree of its items: names, versions, locks. It knows where contents lie but never reads them.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::names;
use super::refusal::{Answer, Refusal};
use super::tenant::Site;

/// A document library.
#[derive(Clone, Debug)]
pub struct Drive {
    /// `b!...`.
    pub id: String,
    /// Id of the site.
    pub site: String,
    /// Display name.
    pub name: String,
    /// Where it hangs below the site: `Shared Documents`.
    pub segment: String,
    /// Server-relative path: `sites/Finance/Shared Documents`.
    pub path: String,
    /// Key of `/_sim/files`: `Finance/Documents`.
    pub label: String,
    /// New files stay checked out until they are checked in.
    pub checkout: bool,
    /// Bytes that it still takes.
    pub remaining: u64,
    /// Id of the root item.
    pub root: String,
    /// All items by id.
    pub items: HashMap<String, Item>,
}

/// A file or a folder.
#[derive(Clone, Debug)]
pub struct Item {
    /// `01...`.
    pub id: String,
    /// In eTags and download URLs.
    pub guid: String,
    /// As it was first written.
    pub name: String,
    /// Id of the folder; `None` for the root.
    pub parent: Option<String>,
    /// A file's content; `None` for a folder.
    pub content: Option<Content>,
    /// Children by lower-case name.
    pub children: BTreeMap<String, String>,
    /// Counts every change: in the eTag.
    pub version: u64,
    /// Counts changes of content: in the cTag, and what its version is called.
    pub content_version: u64,
    /// Unix seconds and bytes of the versions before this one, the oldest first.
    pub past: Vec<(i64, u64)>,
    /// Unix seconds.
    pub created: i64,
    /// Unix seconds.
    pub modified: i64,
    /// What a client set as `fileSystemInfo`.
    pub times: Option<serde_json::Value>,
    /// Client that has it checked out.
    pub checked_out: Option<String>,
    /// Whether it was ever checked in; others do not see a file before.
    pub published: bool,
    /// Replies from which the hash is still missing.
    pub hash_withheld: u64,
    /// Open for editing elsewhere.
    pub locked: bool,
}

/// A file's bytes.
#[derive(Clone, Debug)]
pub struct Content {
    /// Where they lie.
    pub blob: PathBuf,
    /// How many there are.
    pub size: u64,
    /// Their quickXorHash, computed as they came in.
    pub quickxor: String,
}

impl Item {
    /// A new item that hangs nowhere yet.
    pub fn new(number: u64, name: &str, content: Option<Content>) -> Self {
        let guid = crate::guid(0x17e3, number);
        let now = crate::clock::now();
        Self {
            id: item_id(number),
            guid,
            name: name.to_owned(),
            parent: None,
            content,
            children: BTreeMap::new(),
            version: 1,
            content_version: 1,
            past: Vec::new(),
            created: now,
            modified: now,
            times: None,
            checked_out: None,
            published: true,
            hash_withheld: 0,
            locked: false,
        }
    }

    /// `"{GUID},3"`, quotes included.
    pub fn etag(&self) -> String {
        format!("\"{{{}}},{}\"", self.guid.to_uppercase(), self.version)
    }

    /// `"c:{GUID},2"`, quotes included.
    pub fn ctag(&self) -> String {
        format!(
            "\"c:{{{}}},{}\"",
            self.guid.to_uppercase(),
            self.content_version
        )
    }

    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.content.is_none()
    }

    /// Whether another client than the one that checked it out may see it: a file never checked in is invisible.
    pub fn visible_to(&self, client: &str) -> bool {
        self.published || self.held_by(client)
    }

    /// Whether that client has it checked out.
    pub fn held_by(&self, client: &str) -> bool {
        self.checked_out.as_deref() == Some(client)
    }

    /// Whether that client may change it.
    ///
    /// # Errors
    /// 423 when it is open for editing, or checked out to another.
    pub fn check_lock(&self, client: &str) -> Answer<()> {
        if self.locked || (self.checked_out.is_some() && !self.held_by(client)) {
            return Err(Refusal::locked());
        }
        Ok(())
    }

    /// Notes a change, of content or of names alone.
    pub fn touch(&mut self, content: bool) {
        self.version += 1;
        self.content_version += u64::from(content);
        self.modified = crate::clock::now();
    }
}

impl Drive {
    /// An empty library of `site`.
    pub fn new(id: String, site: &Site, name: &str, segment: &str, checkout: bool) -> Self {
        let root = Item::new(crate::guid::mix(id.len() as u64 ^ fold(&id)), "root", None);
        let label = if site.name.is_empty() {
            "root"
        } else {
            &site.name
        };
        Self {
            site: site.id.clone(),
            name: name.to_owned(),
            segment: segment.to_owned(),
            path: format!("{}/{segment}", site.path())
                .trim_start_matches('/')
                .to_owned(),
            label: format!("{label}/{name}"),
            checkout,
            remaining: 1 << 40,
            root: root.id.clone(),
            items: HashMap::from([(root.id.clone(), root)]),
            id,
        }
    }

    /// An item by id.
    ///
    /// # Errors
    /// 404 for an unknown one.
    pub fn item(&self, id: &str) -> Answer<&Item> {
        self.items.get(id).ok_or_else(Refusal::not_found)
    }

    /// An item by id, to change it.
    ///
    /// # Errors
    /// 404 for an unknown one.
    pub fn item_mut(&mut self, id: &str) -> Answer<&mut Item> {
        self.items.get_mut(id).ok_or_else(Refusal::not_found)
    }

    /// The child of that name, in whatever case.
    pub fn child(&self, folder: &str, name: &str) -> Option<&Item> {
        let id = self.items.get(folder)?.children.get(&name.to_lowercase())?;
        self.items.get(id)
    }

    /// The item at a path below an anchor.
    ///
    /// # Errors
    /// 404 where a name is missing.
    pub fn resolve(&self, anchor: &str, path: &[String]) -> Answer<&Item> {
        path.iter().try_fold(self.item(anchor)?, |item, name| {
            self.child(&item.id, name).ok_or_else(Refusal::not_found)
        })
    }

    /// Decoded names from the root down to the item.
    pub fn trail(&self, id: &str) -> Vec<&str> {
        let mut names = Vec::new();
        let mut at = self.items.get(id);
        while let Some(item) = at {
            let Some(parent) = &item.parent else { break };
            names.push(item.name.as_str());
            at = self.items.get(parent);
        }
        names.reverse();
        names
    }

    /// Whether SharePoint takes this name in this folder.
    ///
    /// # Errors
    /// 400 for a forbidden name or a path too long, 404 for a folder that is a file.
    pub fn check_name(&self, parent: &str, name: &str, folder: bool) -> Answer<()> {
        if !self.item(parent)?.is_folder() {
            return Err(Refusal::not_found());
        }
        names::check(
            name,
            names::Use {
                folder,
                at_root: parent == self.root,
            },
        )?;
        let above = self.trail(parent).join("/");
        names::check_path(&format!("{}/{above}/{name}", self.path).replace("//", "/"))?;
        Ok(())
    }

    /// Hangs a new item into a folder whose name is free.
    pub fn hang(&mut self, parent: &str, mut item: Item) -> String {
        let id = item.id.clone();
        item.parent = Some(parent.to_owned());
        if let Some(folder) = self.items.get_mut(parent) {
            folder.children.insert(item.name.to_lowercase(), id.clone());
        }
        self.items.insert(id.clone(), item);
        id
    }

    /// Takes an item and all below it out of the tree; answers the contents that nothing holds any more.
    pub fn unhang(&mut self, id: &str) -> Vec<Content> {
        let Some(item) = self.items.remove(id) else {
            return Vec::new();
        };
        if let Some(parent) = item
            .parent
            .as_ref()
            .and_then(|parent| self.items.get_mut(parent))
        {
            parent.children.remove(&item.name.to_lowercase());
        }
        let below = item
            .children
            .values()
            .flat_map(|child| self.unhang(child))
            .collect::<Vec<_>>();
        item.content.into_iter().chain(below).collect()
    }

    /// Moves and renames an item; the new name must be free.
    ///
    /// # Errors
    /// 404 for an unknown item or folder.
    pub fn rename(&mut self, id: &str, parent: &str, name: &str) -> Answer<()> {
        self.item(parent)?;
        let item = self.item_mut(id)?;
        let old = (
            item.parent.replace(parent.to_owned()),
            std::mem::replace(&mut item.name, name.to_owned()),
        );
        item.touch(false);
        if let Some(folder) = old.0.and_then(|parent| self.items.get_mut(&parent)) {
            folder.children.remove(&old.1.to_lowercase());
        }
        self.item_mut(parent)?
            .children
            .insert(name.to_lowercase(), id.to_owned());
        Ok(())
    }
}

/// The id of the library of that number.
pub fn drive_id(number: u64) -> String {
    let bytes = (0..6).flat_map(|part| crate::guid::mix(0xd21e ^ number << 8 ^ part).to_le_bytes());
    format!("b!{}", URL_SAFE_NO_PAD.encode(bytes.collect::<Vec<u8>>()))
}

fn item_id(number: u64) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let letter = |at: u64| {
        let value = crate::guid::mix(number << 8 ^ at) % ALPHABET.len() as u64;
        char::from(ALPHABET[value as usize])
    };
    format!("01{}", (0..32).map(letter).collect::<String>())
}

fn fold(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}
