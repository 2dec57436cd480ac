//! The runs on record: found, opened, adopted, forgotten.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use writeback_policy::LimitExceeded;

use super::disk::Disk;
use super::frame::Kind;
use super::info::RunInfo;
use super::key::RunKey;
use super::lease::{Adopted, Kept, Lease, clear};
use super::record::{Digests, Outcome, Record, time};
use crate::clock::unix_millis;
use crate::connector::Connector;
use crate::file_lock::FileLock;
use crate::tenant::Tenant;

/// How often a lock is asked for: [`Runs::list`] holds it for a moment to see whether anybody does.
const ASKED: u32 = 5;

/// The runs on record in a tenant's state folder.
#[derive(Clone, Debug)]
pub struct Runs {
    pub(super) tenant: Tenant,
}

/// What is to run.
#[derive(Clone, Copy, Debug)]
pub struct NewRun<'a> {
    connector: &'a Connector,
    job: &'a str,
    title: &'a str,
    key: Option<&'a RunKey>,
}

impl<'a> NewRun<'a> {
    /// A job's document (JSON), to be run by `connector`. The newest unfinished run of the same two goes
    /// on, or a new one begins.
    #[must_use]
    pub fn new(connector: &'a Connector, job: &'a str) -> Self {
        Self {
            connector,
            job,
            title: "",
            key: None,
        }
    }

    /// What people call it.
    #[must_use]
    pub fn title(self, title: &'a str) -> Self {
        Self { title, ..self }
    }

    /// The run of this key goes on, is over or begins, whatever else is unfinished.
    #[must_use]
    pub fn key(self, key: &'a RunKey) -> Self {
        Self {
            key: Some(key),
            ..self
        }
    }
}

/// What came of opening a run.
#[derive(Debug)]
pub enum Opened {
    /// It is over: this is its receipt.
    #[non_exhaustive]
    Finished {
        /// Its key.
        key: RunKey,
        /// The receipt, as the component wrote it.
        receipt: String,
    },
    /// It can start, or go on.
    Ready(Box<Lease>),
}

/// Why a run cannot be opened or forgotten.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The key is on record with another job.
    #[error("the run `{0}` is on record with another job")]
    KeyReused(RunKey),
    /// Some process has the run.
    #[error("the run `{0}` is under way")]
    UnderWay(RunKey),
    /// Nothing is on record under this key.
    #[error("there is no run `{0}` on record")]
    Unknown(RunKey),
    /// What interrupted runs keep leaves no room for another.
    #[error("interrupted runs keep {bytes} bytes: {limit}")]
    Full {
        /// Bytes on disk.
        bytes: u64,
        /// The limit.
        limit: LimitExceeded,
    },
    /// The state folder cannot be used.
    #[error("the state folder: {0}")]
    Io(#[from] io::Error),
}

/// A run that was found under its lock.
enum Found {
    Finished(String),
    Ready {
        kept: Kept,
        earlier: Option<Record>,
        note: Option<String>,
    },
}

impl Runs {
    pub(crate) fn new(tenant: Tenant) -> Self {
        Self { tenant }
    }

    /// Opens a run, which is then this process's until the lease is dropped. Runs that expired are
    /// cleared on the way.
    ///
    /// # Errors
    /// See [`StateError`].
    pub fn open(&self, new: &NewRun<'_>) -> Result<Opened, StateError> {
        self.disk().create_folder(&self.folder())?;
        let runs = self.swept()?;
        let wanted = Digests::of(new.connector, new.job);
        if let Some(key) = new.key {
            return self.claim(key, new, &wanted, &runs);
        }
        for run in &runs {
            if !run.state.resumes() || run.digests != wanted {
                continue;
            }
            match self.claim(&run.key, new, &wanted, &runs) {
                // Another process was quicker, and may have finished it meanwhile.
                Err(StateError::UnderWay(_)) | Ok(Opened::Finished { .. }) => {}
                adopted => return adopted,
            }
        }
        self.claim(&RunKey::new(self.now()), new, &wanted, &runs)
    }

    /// All runs on record, the newest first.
    ///
    /// # Errors
    /// The state folder cannot be read.
    pub fn list(&self) -> Result<Vec<RunInfo>, StateError> {
        let keys = self.keys()?;
        Ok(newest_first(
            keys.iter().filter_map(|key| self.info(key)).collect(),
        ))
    }

    /// One run.
    ///
    /// # Errors
    /// [`StateError::Unknown`].
    pub fn show(&self, key: &RunKey) -> Result<RunInfo, StateError> {
        self.info(key)
            .ok_or_else(|| StateError::Unknown(key.clone()))
    }

    /// Removes all that is on record of a run.
    ///
    /// # Errors
    /// It is under way, or unknown.
    pub fn forget(&self, key: &RunKey) -> Result<(), StateError> {
        let folder = self.folder_of(key);
        if !folder.is_dir() {
            return Err(StateError::Unknown(key.clone()));
        }
        let _lock = self
            .lock(key)?
            .ok_or_else(|| StateError::UnderWay(key.clone()))?;
        Ok(self.remove(key)?)
    }

    /// Takes a run's lock and sees what there is of it.
    fn claim(
        &self,
        key: &RunKey,
        new: &NewRun<'_>,
        wanted: &Digests,
        runs: &[RunInfo],
    ) -> Result<Opened, StateError> {
        let folder = self.folder_of(key);
        let lock = self
            .lock(key)?
            .ok_or_else(|| StateError::UnderWay(key.clone()))?;
        let (kept, earlier, note) = match self.find(key, &folder, wanted)? {
            Found::Finished(receipt) => {
                return Ok(Opened::Finished {
                    key: key.clone(),
                    receipt,
                });
            }
            Found::Ready {
                kept,
                earlier,
                note,
            } => (kept, earlier, note),
        };
        self.count_interrupted(key, runs)?;
        let now = unix_millis(self.now());
        let adopted = earlier.map(|record| Adopted {
            started: time(record.started),
            attempts: record.attempts,
        });
        let record = Record {
            title: new.title.to_owned(),
            job: new.job.to_owned(),
            digests: wanted.clone(),
            started: adopted.map_or(now, |earlier| unix_millis(earlier.started)),
            attempted: now,
            attempts: adopted.map_or(0, |earlier| earlier.attempts) + 1,
        };
        record.write(self.disk(), &folder)?;
        // An attempt that is killed must not be taken for the one before.
        self.disk().remove(&folder.join(Kind::Outcome.name()))?;
        self.disk().sync_folder(&folder)?;
        Ok(Opened::Ready(Box::new(Lease {
            key: key.clone(),
            folder,
            disk: Arc::clone(self.tenant.disk()),
            spools: Arc::clone(self.tenant.spools()),
            kept,
            adopted,
            note,
            _lock: lock,
        })))
    }

    fn find(&self, key: &RunKey, folder: &Path, wanted: &Digests) -> Result<Found, StateError> {
        let fresh = |note| {
            self.clear(key)?;
            Ok(Found::Ready {
                kept: Kept::default(),
                earlier: None,
                note,
            })
        };
        let damaged = |error: io::Error| match error.kind() {
            io::ErrorKind::InvalidData => fresh(Some(format!("the run starts over: {error}"))),
            _ => Err(StateError::Io(error)),
        };
        let record = match Record::read(folder) {
            Ok(Some(record)) => record,
            Ok(None) => return fresh(None),
            Err(error) => return damaged(error),
        };
        if record.digests.job != wanted.job {
            return Err(StateError::KeyReused(key.clone()));
        }
        match Outcome::read(folder) {
            Ok(Some((Outcome::Receipt(receipt), _))) => return Ok(Found::Finished(receipt)),
            Ok(Some((outcome, _))) if outcome.is_final() => return fresh(None),
            Ok(_) if self.is_expired(&record) => return fresh(None),
            Ok(_) => {}
            Err(error) => return damaged(error),
        }
        match Kept::read(folder) {
            Ok(kept) => Ok(Found::Ready {
                kept,
                earlier: Some(record),
                note: None,
            }),
            Err(error) => damaged(error),
        }
    }

    pub(super) fn lock(&self, key: &RunKey) -> io::Result<Option<FileLock>> {
        let folder = self.folder_of(key);
        for _ in 0..ASKED {
            self.disk().create_folder(&folder)?;
            self.disk().sync_folder(&self.folder())?;
            match FileLock::try_take(&lock_path(&folder)) {
                // The folder was forgotten in between.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Ok(None) => std::thread::sleep(Duration::from_millis(2)),
                taken => return taken,
            }
        }
        Ok(None)
    }

    /// Removes what an attempt at a run left.
    pub(super) fn clear(&self, run: &RunKey) -> io::Result<()> {
        clear(
            self.disk(),
            &**self.tenant.spools(),
            run,
            &self.folder_of(run),
        )
    }

    /// Removes all that there is of a run.
    pub(super) fn remove(&self, run: &RunKey) -> io::Result<()> {
        self.tenant.spools().remove(run)?;
        self.disk().remove_folder(&self.folder_of(run))?;
        self.disk().sync_folder(&self.folder())
    }

    pub(super) fn keys(&self) -> io::Result<Vec<RunKey>> {
        let entries = match fs::read_dir(self.folder()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let names = entries.map(|entry| entry.map(|entry| entry.file_name()));
        let names: Vec<_> = names.collect::<io::Result<_>>()?;
        Ok(names
            .iter()
            .filter_map(|name| name.to_str()?.parse().ok())
            .collect())
    }

    pub(super) fn now(&self) -> SystemTime {
        self.tenant.clock().now()
    }

    pub(super) fn disk(&self) -> &dyn Disk {
        &**self.tenant.disk()
    }

    fn folder(&self) -> PathBuf {
        folder(self.tenant.state_dir())
    }

    pub(super) fn folder_of(&self, key: &RunKey) -> PathBuf {
        run_folder(self.tenant.state_dir(), key)
    }
}

fn folder(state_dir: &Path) -> PathBuf {
    state_dir.join("runs")
}

/// Where the state of a run is.
pub(crate) fn run_folder(state_dir: &Path, run: &RunKey) -> PathBuf {
    folder(state_dir).join(run.as_str())
}

pub(super) fn newest_first(mut runs: Vec<RunInfo>) -> Vec<RunInfo> {
    runs.sort_by(|a, b| (b.started, &b.key).cmp(&(a.started, &a.key)));
    runs
}

pub(super) fn lock_path(folder: &Path) -> PathBuf {
    folder.join("lock")
}
