//! Modes, owners and links, as Unix has them.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use super::Readers;

/// As many as the kernel follows.
const LINKS: usize = 40;

const STICKY: u32 = 0o1000;

pub(crate) fn check(path: &Path, file: &File, readers: Readers) -> Result<(), String> {
    let metadata = file.metadata().map_err(unreadable)?;
    check_mode(metadata.mode() & 0o777, readers)?;
    if !trusted(metadata.uid()) {
        return Err(format!(
            "belongs to another user (uid {})\nhint: it has to belong to root or to the user who runs this",
            metadata.uid()
        ));
    }
    check_way(path)
}

fn check_mode(mode: u32, readers: Readers) -> Result<(), String> {
    let why = match mode {
        _ if mode & 0o004 != 0 && readers < Readers::All => "can be read by everyone",
        _ if mode & 0o022 != 0 => "can be written by others",
        _ if mode & 0o040 != 0 && readers < Readers::Group => "can be read by its group",
        _ => return Ok(()),
    };
    Err(format!("{why} (mode {mode:04o})\nhint: chmod 600 the file"))
}

/// Goes the way that opening goes, link by link, and looks who could lead it elsewhere.
fn check_way(path: &Path) -> Result<(), String> {
    let path = std::path::absolute(path).map_err(unreadable)?;
    let mut ahead: VecDeque<OsString> = parts(&path);
    let mut folder = PathBuf::from("/");
    let mut links = 0;
    while let Some(part) = ahead.pop_front() {
        if part == ".." {
            folder.pop();
            continue;
        }
        let entry = folder.join(&part);
        // Pipes and the like, which a shell hands over below `/proc`, have no entry to look at.
        let metadata = match std::fs::symlink_metadata(&entry) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            metadata => metadata.map_err(unreadable)?,
        };
        check_folder(&folder, &metadata)?;
        if !metadata.is_symlink() {
            folder = entry;
            continue;
        }
        links += 1;
        if links > LINKS {
            return Err("lies behind too many links".to_owned());
        }
        let target = std::fs::read_link(&entry).map_err(unreadable)?;
        if target.is_absolute() {
            folder = PathBuf::from("/");
        }
        for part in parts(&target).into_iter().rev() {
            ahead.push_front(part);
        }
    }
    Ok(())
}

/// Whether others could put something else in the place of `entry`, which lies in `folder`.
fn check_folder(folder: &Path, entry: &Metadata) -> Result<(), String> {
    let metadata = std::fs::symlink_metadata(folder).map_err(unreadable)?;
    let (name, mode) = (folder.display(), metadata.mode() & 0o7777);
    if !trusted(metadata.uid()) {
        return Err(format!(
            "lies in `{name}`, which belongs to another user (uid {})\nhint: keep it in a folder of your own",
            metadata.uid()
        ));
    }
    let shared = mode & 0o022 != 0;
    let kept = mode & STICKY != 0 && trusted(entry.uid());
    if shared && !kept {
        return Err(format!(
            "lies in `{name}`, where others could replace it (mode {mode:04o})\nhint: chmod go-w the folder, or keep it elsewhere"
        ));
    }
    Ok(())
}

fn trusted(uid: u32) -> bool {
    uid == 0 || uid == rustix::process::geteuid().as_raw()
}

fn parts(path: &Path) -> VecDeque<OsString> {
    let named = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    });
    named.collect()
}

fn unreadable(error: io::Error) -> String {
    format!("cannot be read: {error}")
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
