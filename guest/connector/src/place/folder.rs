//! Which folder: walked from the root, made level by level where allowed.
//!
//! SharePoint finds names whatever their case and keeps the case it has; so does
//! the receipt.

use crate::account::Account;
use crate::call::{CallError, Run};
use crate::error::{Code, Failure};
use crate::graph::drive::Drive;
use crate::graph::item::{self, Item};
use crate::message::Request;
use crate::ports::Ports;

/// A folder that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its item id.
    pub id: String,
    /// Names from the root down, in SharePoint's case; empty for the root.
    pub names: Vec<String>,
}

impl Folder {
    /// The path, empty for the root.
    pub fn path(&self) -> String {
        self.names.join("/")
    }
}

/// How far a path exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// The deepest folder that exists.
    pub folder: Folder,
    /// The names below it that do not.
    pub missing: Vec<String>,
}

/// Makes a folder below `folder`, which it then is.
pub fn create<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    drive: &Drive,
    folder: &mut Folder,
    name: &str,
) -> Result<(), Failure> {
    let made = make(run, account, drive, folder, name)?;
    folder.id = made.id;
    folder.names.push(made.name);
    Ok(())
}

/// Walks down a path as far as it exists; a failure where names are missing and may not be made.
pub fn walk<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    drive: &Drive,
    names: &[String],
    may_create: bool,
) -> Result<Walk, Failure> {
    let walk = look(run, account, drive, names)?;
    match walk.missing.is_empty() || may_create {
        true => Ok(walk),
        false => Err(missing(drive, &walk, names)),
    }
}

fn look<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    drive: &Drive,
    names: &[String],
) -> Result<Walk, Failure> {
    match deepest(run, account, drive, names)? {
        Some(folder) => Ok(Walk {
            folder,
            missing: Vec::new(),
        }),
        None => step_by_step(run, account, drive, names),
    }
}

/// The folder by its whole path, with one request; `None` where it is the root or some of it is missing.
fn deepest<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    drive: &Drive,
    names: &[String],
) -> Result<Option<Folder>, Failure> {
    let Some((_, above)) = names.split_last() else {
        return Ok(None);
    };
    let root = Folder {
        id: String::new(),
        names: above.to_vec(),
    };
    let path = shown(drive, &root, &names[above.len()]);
    let what = format!("reading folder `{path}`");
    let request = item::below_root(&account.base, &drive.id, names);
    let found = find(run, account, &what, &request)?;
    let found = found.map(|item| folder_at(item, &path)).transpose()?;
    Ok(found.map(|item| {
        // In the case that SharePoint keeps, where it tells.
        let told = item.above.filter(|told| told.len() == above.len());
        let mut names = told.map_or_else(|| above.to_vec(), Vec::from);
        names.push(item.name);
        Folder { id: item.id, names }
    }))
}

/// The folder from the root down, as far as it exists.
fn step_by_step<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    drive: &Drive,
    names: &[String],
) -> Result<Walk, Failure> {
    let what = format!("reading the root of library `{}`", drive.name);
    let reply = run.call(account, &what, &item::root(&account.base, &drive.id))?;
    let root = item::read(&reply.json()).ok_or_else(|| {
        Failure::new(
            Code::SharePointRefused,
            format!("{what} failed: the reply is no folder"),
        )
    })?;
    let mut folder = Folder {
        id: root.id,
        names: Vec::new(),
    };
    for (depth, name) in names.iter().enumerate() {
        match child(run, account, drive, &folder, name)? {
            Some(item) => {
                folder.id = item.id;
                folder.names.push(item.name);
            }
            None => {
                let missing = names[depth..].to_vec();
                return Ok(Walk { folder, missing });
            }
        }
    }
    Ok(Walk {
        folder,
        missing: Vec::new(),
    })
}

/// The folder of a name in a folder.
fn child<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    drive: &Drive,
    parent: &Folder,
    name: &str,
) -> Result<Option<Item>, Failure> {
    let path = shown(drive, parent, name);
    let what = format!("reading folder `{path}`");
    let request = item::named(&account.base, &drive.id, &parent.id, name);
    let found = find(run, account, &what, &request)?;
    found.map(|item| folder_at(item, &path)).transpose()
}

/// The item, which must be a folder.
fn folder_at(item: Item, path: &str) -> Result<Item, Failure> {
    match item.is_folder() {
        true => Ok(item),
        false => {
            let text = format!("`{path}` is a file, not a folder");
            Err(Failure::new(Code::FolderIsFile, text).hint("choose another `folder`"))
        }
    }
}

/// The item that a request asks for; `None` where there is none.
pub fn find<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    what: &str,
    request: &Request,
) -> Result<Option<Item>, CallError> {
    match run.call(account, what, request) {
        Ok(reply) => Ok(item::read(&reply.json())),
        Err(error) if error.status() == Some(404) => Ok(None),
        Err(error) => Err(error),
    }
}

fn make<P: Ports>(
    run: &mut Run<'_, P>,
    account: &Account<P>,
    drive: &Drive,
    parent: &Folder,
    name: &str,
) -> Result<Item, Failure> {
    let path = shown(drive, parent, name);
    let what = format!("creating folder `{path}`");
    let request = item::create_folder(&account.base, &drive.id, &parent.id, name);
    let reply = match run.call(account, &what, &request) {
        Ok(reply) => item::read(&reply.json()),
        // Somebody was quicker, or our own reply was lost.
        Err(error) if error.status() == Some(409) => child(run, account, drive, parent, name)?,
        Err(error) => return Err(error.into()),
    };
    reply.ok_or_else(|| {
        let text = format!("{what} failed: SharePoint says that it exists, and does not show it");
        Failure::new(Code::SharePointRefused, text)
    })
}

/// The failure that a missing folder is where none may be made.
fn missing(drive: &Drive, walk: &Walk, names: &[String]) -> Failure {
    let Walk { folder, missing } = walk;
    let text = format!(
        "folder `{}` does not exist in library `{}`: `{}` has no `{}`",
        names.join("/"),
        drive.name,
        match folder.names.is_empty() {
            true => "Root".to_owned(),
            false => folder.path(),
        },
        missing.first().map_or("", String::as_str),
    );
    Failure::new(Code::FolderNotFound, text)
        .hint("create the folder, correct `folder`, or let the job create it with `create_folders = true`")
}

fn shown(drive: &Drive, parent: &Folder, name: &str) -> String {
    let mut parts = vec![drive.name.as_str()];
    parts.extend(parent.names.iter().map(String::as_str));
    parts.push(name);
    parts.join("/")
}
