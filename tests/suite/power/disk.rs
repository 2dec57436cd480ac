//! A disk whose power fails: what was not synced may be gone, in any part.
//!
//! Everything is done on the real disk, so that it can be read, and noted. At the cut the calls that change
//! something stop and never return; what is left of a disk is then made from the notes: names as their folders
//! were last synced, with any of the later changes; bytes as their files were last synced, with any of the
//! later ones, or zeros in their place.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use writeback_host::state::{Disk, DiskFile, SystemDisk};

use crate::random::Random;

#[derive(Default)]
struct Inode {
    synced: Vec<u8>,
    written: Vec<u8>,
}

#[derive(Clone)]
enum Change {
    Folder(PathBuf),
    Link(PathBuf, usize),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
    RemoveFolder(PathBuf),
}

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Entry {
    Folder,
    File(usize),
}

type Names = BTreeMap<PathBuf, Entry>;

#[derive(Default)]
struct Notes {
    inodes: Vec<Inode>,
    /// Names as they are.
    names: Names,
    /// Names on stable storage.
    synced: Names,
    /// Changes since, by folder.
    pending: BTreeMap<PathBuf, Vec<Change>>,
    changes: u64,
    cut_at: Option<u64>,
    over: bool,
}

/// A disk that loses its power at the Nth change.
#[derive(Clone)]
pub struct CutDisk(Arc<Shared>);

struct Shared {
    notes: Mutex<Notes>,
    over: Condvar,
    cut: Notify,
}

impl CutDisk {
    /// A disk that begins with what is in `folder`, all of it stable.
    pub fn over(folder: &Path, cut_at: Option<u64>) -> Self {
        let mut notes = Notes {
            cut_at,
            ..Notes::default()
        };
        notes.find(folder);
        notes.synced = notes.names.clone();
        Self(Arc::new(Shared {
            notes: Mutex::new(notes),
            over: Condvar::new(),
            cut: Notify::new(),
        }))
    }

    /// Returns once the power is cut.
    pub async fn cut(&self) {
        self.0.cut.notified().await;
    }

    /// Writes to `to` what is left of `from`, and lets the calls that hang return.
    pub fn left(&self, from: &Path, to: &Path, random: &mut Random) {
        let mut notes = self.0.notes();
        let names = notes.names_left(random);
        for (path, entry) in names {
            let Ok(below) = path.strip_prefix(from) else {
                continue;
            };
            let path = to.join(below);
            match entry {
                Entry::Folder => SystemDisk.create_folder(&path).expect("a folder"),
                Entry::File(inode) => {
                    SystemDisk
                        .create_folder(path.parent().expect("a folder"))
                        .expect("a folder");
                    let bytes = notes.inodes[inode].left(random);
                    let mut file = SystemDisk.create(&path).expect("a file");
                    file.write(&bytes).expect("its bytes");
                }
            }
        }
        notes.over = true;
        self.0.over.notify_all();
    }

    /// Counts a change. At the cut it is not done, and this does not return before all is over.
    fn change(&self) -> io::Result<MutexGuard<'_, Notes>> {
        let mut notes = self.0.notes();
        notes.changes += 1;
        if notes.cut_at.is_some_and(|at| notes.changes >= at) {
            self.0.cut.notify_one();
            while !notes.over {
                notes = self
                    .0
                    .over
                    .wait(notes)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            return Err(io::Error::other("the power is gone"));
        }
        Ok(notes)
    }
}

impl Shared {
    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inode {
    /// All that was synced; of the rest all, a part, nothing, or zeros.
    fn left(&self, random: &mut Random) -> Vec<u8> {
        let (synced, written) = (self.synced.len(), self.written.len());
        let mut bytes = self.written.clone();
        let unsure = (written - synced) as u64;
        match random.between(0, 3) {
            0 => bytes.truncate(synced),
            1 => {
                bytes.truncate(synced + usize::try_from(random.between(0, unsure)).expect("small"))
            }
            2 => bytes[synced..].fill(0),
            _ => {}
        }
        bytes
    }
}

impl Notes {
    fn find(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                self.names.insert(path.clone(), Entry::Folder);
                self.find(&path);
            } else {
                let bytes = std::fs::read(&path).expect("a file");
                self.inodes.push(Inode {
                    synced: bytes.clone(),
                    written: bytes,
                });
                self.names.insert(path, Entry::File(self.inodes.len() - 1));
            }
        }
    }

    fn note(&mut self, at: &Path, change: Change) {
        apply(&mut self.names, &change);
        let folder = at.parent().expect("a folder").to_owned();
        self.pending.entry(folder).or_default().push(change);
    }

    /// The names on stable storage, and any of the changes since.
    fn names_left(&self, random: &mut Random) -> Names {
        let mut names = self.synced.clone();
        let kept = random.between(0, 3);
        for change in self.pending.values().flatten() {
            let lucky = match kept {
                0 => false,
                1 => true,
                _ => random.once_in(2),
            };
            if lucky {
                apply(&mut names, change);
            }
        }
        names
    }
}

fn apply(names: &mut Names, change: &Change) {
    match change {
        Change::Folder(path) => {
            names.insert(path.clone(), Entry::Folder);
        }
        Change::Link(path, inode) => {
            names.insert(path.clone(), Entry::File(*inode));
        }
        Change::Rename(from, to) => {
            if let Some(entry) = names.remove(from) {
                names.insert(to.clone(), entry);
            }
        }
        Change::Remove(path) => {
            names.remove(path);
        }
        Change::RemoveFolder(path) => names.retain(|name, _| !name.starts_with(path)),
    }
}

impl Disk for CutDisk {
    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        let mut missing: Vec<&Path> = folder.ancestors().take_while(|f| !f.exists()).collect();
        missing.reverse();
        for folder in missing {
            let mut notes = self.change()?;
            SystemDisk.create_folder(folder)?;
            notes.note(folder, Change::Folder(folder.to_owned()));
        }
        Ok(())
    }

    fn create(&self, file: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut notes = self.change()?;
        let real = SystemDisk.create(file)?;
        notes.inodes.push(Inode::default());
        let inode = notes.inodes.len() - 1;
        notes.note(file, Change::Link(file.to_owned(), inode));
        Ok(Box::new(CutFile {
            disk: self.clone(),
            inode,
            real,
        }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut notes = self.change()?;
        SystemDisk.rename(from, to)?;
        notes.note(to, Change::Rename(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn remove(&self, file: &Path) -> io::Result<()> {
        let mut notes = self.change()?;
        SystemDisk.remove(file)?;
        notes.note(file, Change::Remove(file.to_owned()));
        Ok(())
    }

    fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        let mut notes = self.change()?;
        SystemDisk.remove_folder(folder)?;
        notes.note(folder, Change::RemoveFolder(folder.to_owned()));
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut notes = self.change()?;
        SystemDisk.sync_folder(folder)?;
        for change in notes.pending.remove(folder).unwrap_or_default() {
            apply(&mut notes.synced, &change);
        }
        Ok(())
    }
}

struct CutFile {
    disk: CutDisk,
    inode: usize,
    real: Box<dyn DiskFile>,
}

impl DiskFile for CutFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut notes = self.disk.change()?;
        self.real.write(bytes)?;
        notes.inodes[self.inode].written.extend_from_slice(bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut notes = self.disk.change()?;
        self.real.sync()?;
        let inode = &mut notes.inodes[self.inode];
        inode.synced.clone_from(&inode.written);
        Ok(())
    }
}
