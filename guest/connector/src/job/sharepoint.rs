//! The job's `[sharepoint]`: site, library, folder, name, and what if it is taken.

use super::domo::is_guid;
use super::object::kind;
use super::{Object, Problems};
use crate::graph::path as wire;
use crate::place::name;
use serde_json::Value;

/// Where the file goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharePointJob {
    /// Account name.
    pub account: String,
    /// Which site.
    pub site: SiteChoice,
    /// Display name, URL segment or id; the default library where absent.
    pub library: Option<String>,
    /// Folder names from the library's root down.
    pub folder: Vec<String>,
    /// Whether missing folders are made.
    pub create_folders: bool,
    /// What the file is called.
    pub filename: FilenameChoice,
    /// What if the name is taken.
    pub if_exists: IfExists,
    /// What if the file is locked and stays so.
    pub if_locked: IfLocked,
    /// How long a lock is waited for, in seconds.
    pub lock_wait: u64,
    /// What counts as landed whole.
    pub verify: Verify,
}

/// Which site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SiteChoice {
    /// By its address.
    Url {
        /// Host name.
        host: String,
        /// Server-relative path; empty for the root site.
        path: String,
    },
    /// By `host,guid,guid`.
    Id(String),
    /// The team site of a Microsoft 365 group.
    Group(String),
    /// The only one that a search finds.
    Search(String),
}

/// What the file is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilenameChoice {
    /// The DataSet's GUID.
    DataSetId,
    /// The DataSet's name.
    DataSetName,
    /// This.
    Custom(String),
}

/// What if the name is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfExists {
    /// The file gets a new version.
    Replace,
    /// The new file gets the lowest free number.
    Rename,
}

/// What if the file is locked and stays so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfLocked {
    /// The job fails.
    Fail,
    /// The new file gets the lowest free number.
    Rename,
}

/// What counts as landed whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verify {
    /// Size and quickXorHash, or it fails.
    Hash,
    /// The same, but a difference is a warning.
    Warn,
    /// Size, or it fails.
    Size,
}

pub(super) fn read(value: &Value, problems: &mut Problems) -> Option<SharePointJob> {
    let known = [
        "account",
        "site",
        "library",
        "folder",
        "create_folders",
        "filename",
        "if_exists",
        "if_locked",
        "lock_wait_seconds",
        "verify",
    ];
    let table = Object::open(value, "sharepoint", &known, problems)?;
    let account = table.required_text("account", problems);
    let place = table.required("site", problems);
    let place = place.and_then(|value| site(value, "sharepoint.site", problems));
    let shelf = library(&table, problems);
    let folder = path(&table, problems);
    let create_folders = table.flag("create_folders", problems).unwrap_or(true);
    let filename = match table.get("filename") {
        Some(value) => filename(value, problems),
        None => Some(FilenameChoice::DataSetId),
    };
    let exists = [("replace", IfExists::Replace), ("rename", IfExists::Rename)];
    let verify = [
        ("hash", Verify::Hash),
        ("warn", Verify::Warn),
        ("size", Verify::Size),
    ];
    let if_exists = table
        .choice("if_exists", &exists, problems)
        .unwrap_or(IfExists::Replace);
    let locked = [("fail", IfLocked::Fail), ("rename", IfLocked::Rename)];
    let if_locked = table
        .choice("if_locked", &locked, problems)
        .unwrap_or(IfLocked::Fail);
    let lock_wait = table
        .whole("lock_wait_seconds", 0..=super::WEEK, problems)
        .unwrap_or(300);
    let verify = table
        .choice("verify", &verify, problems)
        .unwrap_or(Verify::Hash);
    Some(SharePointJob {
        account: account?,
        site: place?,
        library: shelf,
        folder: folder?,
        create_folders,
        filename: filename?,
        if_exists,
        if_locked,
        lock_wait,
        verify,
    })
}

/// A library, absent or blank for the default one.
pub fn library(table: &Object<'_>, problems: &mut Problems) -> Option<String> {
    let text = table.text("library", problems)?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Folder names from a path with `/` or `\`; empty, `/` and `Root` are the root.
pub fn path(table: &Object<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    let text = table.text("folder", problems).unwrap_or_default();
    let names = text
        .split(['/', '\\'])
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let names: Vec<String> = names.map(str::to_owned).collect();
    if let [only] = names.as_slice()
        && only.eq_ignore_ascii_case("root")
    {
        return Some(Vec::new());
    }
    for (depth, name) in names.iter().enumerate() {
        if let Err(rule) = name::check_folder(name, depth == 0) {
            problems.add(
                table.path("folder"),
                format!("cannot hold `{name}`: {rule}"),
            );
        }
    }
    Some(names)
}

/// A site: a URL, an id, or a table with one of `url`, `id`, `group`, `search`.
pub fn site(value: &Value, path: &str, problems: &mut Problems) -> Option<SiteChoice> {
    if let Value::String(text) = value {
        let text = text.trim();
        return match text.contains(',') && !text.contains("://") {
            true => site_id(text, path, problems),
            false => site_url(text, path, problems),
        };
    }
    if !value.is_object() {
        problems.add(
            path.to_owned(),
            format!("must be a string or a table, not {}", kind(value)),
        );
        return None;
    }
    let table = Object::open(value, path, &["url", "id", "group", "search"], problems)?;
    let keys = ["url", "id", "group", "search"];
    let given: Vec<&str> = keys
        .into_iter()
        .filter(|key| table.get(key).is_some())
        .collect();
    let [key] = given.as_slice() else {
        problems.add(
            path.to_owned(),
            "must have exactly one of `url`, `id`, `group` or `search`",
        );
        return None;
    };
    let text = table.required_text(key, problems)?;
    let (text, path) = (text.trim(), table.path(key));
    match *key {
        "url" => site_url(text, &path, problems),
        "id" => site_id(text, &path, problems),
        "group" => group(text, &path, problems),
        _ => Some(SiteChoice::Search(text.to_owned())),
    }
}

fn site_id(text: &str, path: &str, problems: &mut Problems) -> Option<SiteChoice> {
    let parts: Vec<&str> = text.split(',').collect();
    match parts.as_slice() {
        [host, collection, web] if !host.is_empty() && is_guid(collection) && is_guid(web) => {
            Some(SiteChoice::Id(text.to_owned()))
        }
        _ => {
            problems.add(path.to_owned(), "must be `host,guid,guid`");
            None
        }
    }
}

fn group(text: &str, path: &str, problems: &mut Problems) -> Option<SiteChoice> {
    if is_guid(text) {
        return Some(SiteChoice::Group(text.to_ascii_lowercase()));
    }
    problems.add(path.to_owned(), "must be the GUID of a Microsoft 365 group");
    None
}

/// Parts of an address that lead from a site into it.
const INSIDE: [&str; 9] = [
    "sitepages",
    "_layouts",
    "_api",
    "_vti_bin",
    "shared documents",
    "forms",
    "lists",
    "pages",
    "siteassets",
];

fn site_url(text: &str, path: &str, problems: &mut Problems) -> Option<SiteChoice> {
    let secure = text
        .get(..8)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
    let host = wire::host_of_url(text).filter(|_| secure);
    // Graph names a site by its host alone; browsers leave the default port out, people may not.
    let host = host.map(|host| host.strip_suffix(":443").unwrap_or(&host).to_owned());
    let host = host.filter(|host| !host.contains(['@', ':']) && host.contains('.'));
    let Some(host) = host else {
        let text = "must be an address such as `https://contoso.sharepoint.com/sites/Finance`, an id `host,guid,guid`, or a table with `group` or `search`";
        problems.add(path.to_owned(), text);
        return None;
    };
    let whole = wire::of_url(text);
    let names: Vec<&str> = whole.split('/').filter(|name| !name.is_empty()).collect();
    if names.first().is_some_and(|name| name.starts_with(':')) {
        problems.add(
            path.to_owned(),
            "is a sharing link; open it and copy the site's own address",
        );
        return None;
    }
    let names = site_path(&names);
    if names.iter().any(|name| wire::is_dots(name)) {
        problems.add(path.to_owned(), "must not hold `.` or `..`");
        return None;
    }
    Some(SiteChoice::Url {
        host,
        path: names.join("/"),
    })
}

/// The part of an address that is the site: up to the library, list or page behind it.
fn site_path<'a>(names: &[&'a str]) -> Vec<&'a str> {
    // `/sites/Forms` is a site, whatever else is called so.
    let collection = ["sites", "teams", "personal", "portals"];
    let first = names.first().map(|name| name.to_lowercase());
    let least = match first.is_some_and(|name| collection.contains(&name.as_str())) {
        true => 2,
        false => 0,
    };
    let inside = |name: &str| {
        let name = name.to_lowercase();
        INSIDE.contains(&name.as_str()) || name.starts_with(':') || name.ends_with(".aspx")
    };
    let mut rest = names.iter().skip(least);
    let end = rest.position(|name| inside(name)).map(|at| at + least);
    let mut end = end.unwrap_or(names.len());
    // A library's own pages are below `Forms`: what stands before it is the library.
    if names
        .get(end)
        .is_some_and(|name| name.eq_ignore_ascii_case("forms"))
        && end > least
    {
        end -= 1;
    }
    names[..end].to_vec()
}

fn filename(value: &Value, problems: &mut Problems) -> Option<FilenameChoice> {
    let path = "sharepoint.filename";
    let words =
        "must be `dataset-id`, `dataset-name` or a table such as `{ custom = \"sales.csv\" }`";
    match value {
        Value::String(word) if word == "dataset-id" => Some(FilenameChoice::DataSetId),
        Value::String(word) if word == "dataset-name" => Some(FilenameChoice::DataSetName),
        Value::Object(_) => {
            let table = Object::open(value, path, &["custom"], problems)?;
            let text = table.required_text("custom", problems)?;
            if let Err(rule) = name::check_file(&text) {
                problems.add(table.path("custom"), format!("cannot be `{text}`: {rule}"));
                return None;
            }
            Some(FilenameChoice::Custom(name::with_extension(&text)))
        }
        _ => {
            problems.add(path.to_owned(), words);
            None
        }
    }
}
