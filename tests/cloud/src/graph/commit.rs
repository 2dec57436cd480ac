//! The last step of every upload: judged once more, moved into place, in one go. Also the hooks that spoil it on purpose.

use serde_json::Value;

use super::conflict::Conflict;
use super::place::{Condition, Place};
use super::refusal::{Answer, Refusal};
use super::spool::Spool;
use super::store::{Inner, Store};
use crate::fault::Hooks;

/// A file whose bytes are all there.
pub struct Finished<'a> {
    /// Where it goes.
    pub place: Place,
    /// When the name is taken.
    pub conflict: Conflict,
    /// On the file that is there.
    pub condition: Condition,
    /// The app that wrote it.
    pub client: String,
    /// `fileSystemInfo` to set.
    pub times: Option<Value>,
    /// Its bytes.
    pub spool: &'a Spool,
}

/// What became of it.
pub struct Done {
    /// Library.
    pub drive: String,
    /// Item.
    pub item: String,
    /// 201 for a new item, 200 for a new version.
    pub status: u16,
}

/// Makes the file, or refuses and changes nothing.
///
/// Hooks: `alter-content` (text that SharePoint appends), `withhold-hash` (in how many replies the hash is missing; all without
/// a number), `alter-hash` (the hash that it claims).
///
/// # Errors
/// As [`Place::check`]; 500 when the disk refuses.
pub fn finish(
    store: &Store,
    inner: &mut Inner,
    file: &Finished<'_>,
    hooks: &Hooks,
) -> Answer<Done> {
    let drive = inner.drive(&file.place.drive)?;
    file.place.check(
        drive,
        file.conflict,
        &file.condition,
        &file.client,
        file.spool.pending(),
    )?;
    if let Some(text) = hooks.find("alter-content").and_then(Value::as_str) {
        file.spool
            .append_unasked(text.as_bytes())
            .map_err(|error| Refusal::disk(&error))?;
    }
    let number = inner.number();
    let mut content = store.keep(file.spool, number)?;
    if let Some(hash) = hooks.find("alter-hash") {
        content.quickxor = hash
            .as_str()
            .unwrap_or("AAAAAAAAAAAAAAAAAAAAAAAAAAA=")
            .to_owned();
    }
    let (item, created) = file
        .place
        .commit(inner, file.conflict, content, &file.client)?;
    let stored = inner.drive_mut(&file.place.drive)?.item_mut(&item)?;
    if file.times.is_some() {
        stored.times.clone_from(&file.times);
    }
    stored.hash_withheld = hooks
        .find("withhold-hash")
        .map_or(0, |count| count.as_u64().unwrap_or(u64::MAX));
    Ok(Done {
        drive: file.place.drive.clone(),
        item,
        status: if created { 201 } else { 200 },
    })
}
