//! A run that this process holds: nobody else has it under way until the lease is dropped.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::blob_file::on_disk;
use super::disk::Disk;
use super::frame::{self, Kind};
use super::key::RunKey;
use super::record::Outcome;
use super::saved_links::{self, SavedLinks};
use crate::error::RunError;
use crate::file_lock::FileLock;
use crate::spool::SpoolStore;

/// A run, held. [`Run::keep`](crate::Run::keep) starts it.
#[must_use = "a lease is for a run to keep its state under"]
pub struct Lease {
    pub(super) key: RunKey,
    pub(super) folder: PathBuf,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) spools: Arc<dyn SpoolStore>,
    pub(super) kept: Kept,
    pub(super) adopted: Option<Adopted>,
    pub(super) note: Option<String>,
    pub(super) _lock: FileLock,
}

/// The earlier attempt that a run goes on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Adopted {
    /// When the run was first started.
    pub started: SystemTime,
    /// How often it was started before.
    pub attempts: u32,
}

/// What an earlier attempt left.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) checkpoint: Option<Vec<u8>>,
    pub(crate) links: SavedLinks,
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lease")
            .field("key", &self.key)
            .field("adopted", &self.adopted)
            .finish_non_exhaustive()
    }
}

impl Lease {
    /// What the run is called.
    #[must_use]
    pub fn key(&self) -> &RunKey {
        &self.key
    }

    /// The earlier attempt that the run goes on from, if there was one.
    #[must_use]
    pub fn adopted(&self) -> Option<Adopted> {
        self.adopted
    }

    /// What there is to warn of: state that was damaged, and is gone.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    pub(crate) fn take_kept(&mut self) -> Kept {
        std::mem::take(&mut self.kept)
    }

    /// Puts on record how the run ended, and removes what it does not need any more.
    pub(crate) async fn end(
        self,
        result: &Result<String, RunError>,
        now: SystemTime,
    ) -> io::Result<()> {
        let Some(outcome) = Outcome::of(result) else {
            return Ok(());
        };
        let Self {
            key,
            folder,
            spools,
            disk,
            _lock,
            ..
        } = self;
        on_disk(&disk, move |disk| {
            let last = outcome.is_final();
            outcome.write(disk, &folder, now)?;
            match last {
                true => clear(disk, &*spools, &key, &folder),
                false => Ok(()),
            }
        })
        .await
    }
}

impl Kept {
    /// Reads what an earlier attempt left.
    ///
    /// # Errors
    /// Damage, links that the checkpoint names and nobody knows among it.
    pub(super) fn read(folder: &Path) -> io::Result<Self> {
        let checkpoint = frame::read(&folder.join(Kind::Checkpoint.name()), Kind::Checkpoint)?;
        let links = saved_links::read(folder)?;
        Self { checkpoint, links }.whole()
    }

    /// The same, if the links that the checkpoint names are there.
    pub(super) fn whole(self) -> io::Result<Self> {
        let checkpoint = self.checkpoint.as_deref().unwrap_or_default();
        let named = writeback_policy::links_named_in(checkpoint);
        match named.iter().find(|number| !self.links.contains_key(number)) {
            None => Ok(self),
            Some(lost) => {
                let text = format!("`link:{lost}` of the checkpoint is not among the links");
                Err(io::Error::new(io::ErrorKind::InvalidData, text))
            }
        }
    }
}

/// Removes what an attempt left. The checkpoint goes first: it means nothing without the rest.
pub(super) fn clear(
    disk: &dyn Disk,
    spools: &dyn SpoolStore,
    run: &RunKey,
    folder: &Path,
) -> io::Result<()> {
    disk.remove(&folder.join(Kind::Checkpoint.name()))?;
    disk.sync_folder(folder)?;
    disk.remove(&folder.join(Kind::Links.name()))?;
    spools.remove(run)
}
