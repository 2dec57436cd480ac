//! Where new content goes: finding the folder and the name, judging a conflict, and hanging the finished file into the tree.

use super::conflict::{Conflict, free_name};
use super::drive::{Content, Drive, Item};
use super::paths::ItemRef;
use super::refusal::{Answer, Refusal};
use super::store::Inner;

/// A name in a folder that is there, or that the last step creates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Library.
    pub drive: String,
    /// The deepest folder that exists.
    pub folder: String,
    /// Folders still missing below it.
    pub missing: Vec<String>,
    /// The file's name.
    pub name: String,
}

/// `If-Match` and `If-None-Match` of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// The eTag or cTag that the file must have.
    pub matches: Option<String>,
    /// The eTag or cTag that it must not have, or `*`.
    pub none_match: Option<String>,
}

impl Condition {
    /// Judges the file that is there.
    ///
    /// # Errors
    /// 412.
    pub fn check(&self, existing: Option<&Item>) -> Answer<()> {
        let is = |tag: &str| {
            existing.is_some_and(|item| tag == "*" || tag == item.etag() || tag == item.ctag())
        };
        let wanted = self.matches.as_deref().is_none_or(is);
        let unwanted = self.none_match.as_deref().is_some_and(is);
        if wanted && !unwanted {
            Ok(())
        } else {
            Err(Refusal::precondition())
        }
    }
}

/// Finds the place that an address means: a path, whose parents may be missing, or a file by id.
///
/// # Errors
/// 404 for an unknown anchor, 400 for a forbidden name or a folder as the target.
pub fn find(drive: &Drive, target: &ItemRef) -> Answer<Place> {
    let anchor = drive.item(target.anchor.as_deref().unwrap_or(&drive.root))?;
    let place = match target.path.split_last() {
        None => of_item(drive, anchor)?,
        Some((name, folders)) => below(drive, anchor, folders, name),
    };
    match place.missing.split_first() {
        None => drive.check_name(&place.folder, &place.name, false)?,
        Some((first, rest)) => {
            drive.check_name(&place.folder, first, true)?;
            let path = [
                drive.trail(&place.folder),
                place.missing.iter().map(String::as_str).collect(),
            ]
            .concat()
            .join("/");
            super::names::check_path(&format!("{}/{path}/{}", drive.path, place.name))?;
            let folder = super::names::Use {
                folder: true,
                at_root: false,
            };
            rest.iter()
                .try_for_each(|name| super::names::check(name, folder))?;
            super::names::check(
                &place.name,
                super::names::Use {
                    folder: false,
                    ..folder
                },
            )?;
        }
    }
    Ok(place)
}

fn of_item(drive: &Drive, item: &Item) -> Answer<Place> {
    match &item.parent {
        Some(folder) if !item.is_folder() => Ok(Place {
            drive: drive.id.clone(),
            folder: folder.clone(),
            missing: Vec::new(),
            name: item.name.clone(),
        }),
        _ => Err(Refusal::invalid("Cannot write content to a folder.")),
    }
}

fn below(drive: &Drive, anchor: &Item, folders: &[String], name: &str) -> Place {
    let mut folder = anchor;
    let mut missing = folders;
    while let Some((first, rest)) = missing.split_first() {
        let Some(child) = drive.child(&folder.id, first) else {
            break;
        };
        (folder, missing) = (child, rest);
    }
    Place {
        drive: drive.id.clone(),
        folder: folder.id.clone(),
        missing: missing.to_vec(),
        name: name.to_owned(),
    }
}

impl Place {
    /// The item that has the name already.
    pub fn existing<'a>(&self, drive: &'a Drive) -> Option<&'a Item> {
        if self.missing.is_empty() {
            drive.child(&self.folder, &self.name)
        } else {
            None
        }
    }

    /// Whether content may come here: asked before the bytes and again after them.
    ///
    /// # Errors
    /// 404 for a folder that is gone, 409 for a taken name, 412 for a condition not met, 423 for a locked file, 507 above the quota.
    pub fn check(
        &self,
        drive: &Drive,
        conflict: Conflict,
        condition: &Condition,
        client: &str,
        size: u64,
    ) -> Answer<()> {
        drive.item(&self.folder)?;
        let existing = self.existing(drive);
        condition.check(existing)?;
        if let Some(item) = existing.filter(|_| conflict != Conflict::Rename) {
            if conflict == Conflict::Fail || item.is_folder() {
                return Err(Refusal::name_taken());
            }
            item.check_lock(client)?;
        }
        if size > drive.remaining {
            return Err(Refusal::new(
                507,
                "quotaLimitReached",
                "The user has reached their quota limit.",
            ));
        }
        Ok(())
    }

    /// Hangs the content in; answers the item's id and whether it is new. [`Place::check`] must have passed.
    ///
    /// # Errors
    /// 400 and 404 as for folders.
    pub fn commit(
        &self,
        inner: &mut Inner,
        conflict: Conflict,
        content: Content,
        client: &str,
    ) -> Answer<(String, bool)> {
        let mut folder = self.folder.clone();
        for name in &self.missing {
            // Another request may have created it while the bytes came in.
            folder = match inner.drive(&self.drive)?.child(&folder, name) {
                Some(item) if item.is_folder() => item.id.clone(),
                Some(_) => return Err(Refusal::name_taken()),
                None => inner.add_folder(&self.drive, &folder, name)?,
            };
        }
        let number = inner.number();
        let drive = inner.drive_mut(&self.drive)?;
        drive.remaining = drive.remaining.saturating_sub(content.size);
        let existing = drive.child(&folder, &self.name).map(|item| item.id.clone());
        match existing {
            Some(id) if conflict == Conflict::Replace => {
                replace(drive, &id, content)?;
                Ok((id, false))
            }
            taken => {
                let name = match taken {
                    Some(_) => free_name(&self.name, false, |name| {
                        drive.child(&folder, name).is_some()
                    }),
                    None => self.name.clone(),
                };
                let mut item = Item::new(number, &name, Some(content));
                if drive.checkout {
                    (item.checked_out, item.published) = (Some(client.to_owned()), false);
                }
                Ok((drive.hang(&folder, item), true))
            }
        }
    }
}

fn replace(drive: &mut Drive, id: &str, content: Content) -> Answer<()> {
    let item = drive.item_mut(id)?;
    let size = item.content.as_ref().map_or(0, |content| content.size);
    item.past.push((item.modified, size));
    item.touch(true);
    item.times = None;
    if let Some(old) = item.content.replace(content) {
        // A download that is under way holds the file open and still gets all of it.
        let _ = std::fs::remove_file(&old.blob);
        drive.remaining += old.size;
    }
    Ok(())
}
