//! URLs that a checkpoint names `link:N`, kept in a file of their own that only the run's user can
//! read: the component, and what it keeps, have the names alone.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::disk::Disk;
use super::frame::{self, Kind};

/// A URL and whose reply held it.
#[derive(Clone)]
pub(crate) struct SavedLink {
    pub(crate) url: Zeroizing<String>,
    pub(crate) account: String,
}

/// By the number in their names.
pub(crate) type SavedLinks = BTreeMap<usize, SavedLink>;

/// A link as it is written.
#[derive(Serialize, Deserialize)]
pub(super) struct Entry<S> {
    number: usize,
    url: S,
    account: S,
}

/// Replaces the file.
pub(crate) fn write(disk: &dyn Disk, folder: &Path, links: &SavedLinks) -> io::Result<()> {
    let content = Zeroizing::new(serde_json::to_vec(&entries(links))?);
    frame::write(
        disk,
        &folder.join(Kind::Links.name()),
        Kind::Links,
        &content,
    )
}

/// Reads the file; without one there are no links.
pub(crate) fn read(folder: &Path) -> io::Result<SavedLinks> {
    let content = frame::read(&folder.join(Kind::Links.name()), Kind::Links)?.map(Zeroizing::new);
    let entries: Vec<Entry<String>> = match &content {
        Some(content) => serde_json::from_slice(content)?,
        None => Vec::new(),
    };
    Ok(self::links(entries))
}

/// Links as they are written.
pub(super) fn entries(links: &SavedLinks) -> Vec<Entry<&str>> {
    let entries = links.iter().map(|(number, link)| Entry {
        number: *number,
        url: link.url.as_str(),
        account: link.account.as_str(),
    });
    entries.collect()
}

/// What was written of links.
pub(super) fn links(entries: Vec<Entry<String>>) -> SavedLinks {
    let links = entries.into_iter().map(|entry| {
        let link = SavedLink {
            url: Zeroizing::new(entry.url),
            account: entry.account,
        };
        (entry.number, link)
    });
    links.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::disk::SystemDisk;

    #[test]
    fn links_come_back_with_their_numbers() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path()).unwrap().is_empty());
        let link = SavedLink {
            url: Zeroizing::new("https://a/?tempauth=x".to_owned()),
            account: "sharepoint".to_owned(),
        };
        write(&SystemDisk, folder.path(), &[(7, link)].into()).unwrap();
        let links = read(folder.path()).unwrap();
        assert_eq!(links[&7].url.as_str(), "https://a/?tempauth=x");
        assert_eq!(links[&7].account, "sharepoint");
    }
}
