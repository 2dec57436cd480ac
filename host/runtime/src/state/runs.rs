//! The runs on record: found, opened, adopted, forgotten.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::disk::Disk;
use super::frame::{Kind, hex};
use super::key::RunKey;
use super::lease::{Adopted, Kept, Lease, clear};
use super::record::{Outcome, Record, time};
use crate::clock::unix_millis;
use crate::connector::Connector;
use crate::file_lock::FileLock;
use crate::limit::LimitExceeded;
use crate::tenant::Tenant;

/// How often a lock is asked for: [`Runs::list`] holds it for a moment to see whether anybody does.
const ASKED: u32 = 5;

/// The runs on record in a tenant's state folder.
#[derive(Clone, Debug)]
pub struct Runs {
    tenant: Tenant,
}

/// What is to run.
#[derive(Clone, Copy, Debug)]
pub struct NewRun<'a> {
    /// With which component.
    pub connector: &'a Connector,
    /// The job's document.
    pub job: &'a str,
    /// What people call it.
    pub title: &'a str,
    /// Under which key; without one the newest unfinished run of the same job and component goes on,
    /// or a new one begins.
    pub key: Option<&'a RunKey>,
}

/// What came of opening a run.
#[derive(Debug)]
pub enum Opened {
    /// It is over: this is its receipt.
    Finished {
        /// Its key.
        key: RunKey,
        /// The receipt, as the component wrote it.
        receipt: String,
    },
    /// It can start, or go on.
    Ready(Box<Lease>),
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Some process has it.
    UnderWay,
    /// It was stopped or killed, and goes on when it is started again.
    Interrupted,
    /// It failed in a way that time may mend, and goes on when it is started again.
    FailedForNow,
    /// It failed.
    Failed,
    /// It has a receipt.
    Done,
    /// It was not started again in time: what it had is removed.
    Expired,
    /// What is on record of it cannot be read.
    Damaged,
}

impl RunState {
    /// The state in one word, for programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::UnderWay => "under-way",
            Self::Interrupted => "interrupted",
            Self::FailedForNow => "failed-for-now",
            Self::Failed => "failed",
            Self::Done => "done",
            Self::Expired => "expired",
            Self::Damaged => "damaged",
        }
    }

    /// Whether starting it again goes on where it stopped.
    #[must_use]
    pub fn resumes(self) -> bool {
        matches!(self, Self::Interrupted | Self::FailedForNow)
    }
}

/// A run on record.
#[derive(Clone, Debug)]
pub struct RunInfo {
    /// Its key.
    pub key: RunKey,
    /// Where it stands.
    pub state: RunState,
    /// What people call its job.
    pub title: String,
    /// The job's document.
    pub job: String,
    /// When it was first started.
    pub started: SystemTime,
    /// When it was started last.
    pub attempted: SystemTime,
    /// How often it was started.
    pub attempts: u32,
    /// When it ended, and how.
    pub outcome: Option<(Outcome, SystemTime)>,
    /// Bytes that its export has on disk.
    pub spool_bytes: u64,
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
        adopted: Option<(Record, Adopted)>,
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
        self.sweep()?;
        let wanted = Wanted {
            job: hex(canonical(new.job).as_bytes()),
            component: new.connector.digest().to_owned(),
        };
        match new.key {
            Some(key) => self.claim(key, new, &wanted),
            None => match self.adopt(new, &wanted)? {
                Some(adopted) => Ok(adopted),
                None => self.claim(&RunKey::new(self.now()), new, &wanted),
            },
        }
    }

    /// All runs on record, the newest first.
    ///
    /// # Errors
    /// The state folder cannot be read.
    pub fn list(&self) -> Result<Vec<RunInfo>, StateError> {
        let mut runs: Vec<RunInfo> = self
            .keys()?
            .iter()
            .filter_map(|key| self.info(key))
            .collect();
        runs.sort_by(|a, b| (b.started, &b.key).cmp(&(a.started, &a.key)));
        Ok(runs)
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
        Ok(self.remove(&folder)?)
    }

    /// The newest unfinished run of the same job and component.
    fn adopt(&self, new: &NewRun<'_>, wanted: &Wanted) -> Result<Option<Opened>, StateError> {
        for run in self.list()? {
            if !run.state.resumes() || !self.is_of(&run.key, wanted) {
                continue;
            }
            match self.claim(&run.key, new, wanted) {
                // Another process was quicker, and may have finished it meanwhile.
                Err(StateError::UnderWay(_)) | Ok(Opened::Finished { .. }) => {}
                other => return other.map(Some),
            }
        }
        Ok(None)
    }

    fn is_of(&self, key: &RunKey, wanted: &Wanted) -> bool {
        let record = Record::read(&self.folder_of(key));
        matches!(record, Ok(Some(record)) if record.job_digest == wanted.job && record.component_digest == wanted.component)
    }

    /// Takes a run's lock and sees what there is of it.
    fn claim(&self, key: &RunKey, new: &NewRun<'_>, wanted: &Wanted) -> Result<Opened, StateError> {
        let folder = self.folder_of(key);
        let lock = self
            .lock(key)?
            .ok_or_else(|| StateError::UnderWay(key.clone()))?;
        let (kept, adopted, note) = match self.find(key, &folder, wanted)? {
            Found::Finished(receipt) => {
                return Ok(Opened::Finished {
                    key: key.clone(),
                    receipt,
                });
            }
            Found::Ready {
                kept,
                adopted,
                note,
            } => (kept, adopted, note),
        };
        self.count_interrupted(key)?;
        let now = unix_millis(self.now());
        let earlier = adopted.as_ref().map(|(record, _)| record);
        let record = Record {
            title: new.title.to_owned(),
            job: new.job.to_owned(),
            job_digest: wanted.job.clone(),
            component_digest: wanted.component.clone(),
            started: earlier.map_or(now, |record| record.started),
            attempted: now,
            attempts: earlier.map_or(0, |record| record.attempts) + 1,
        };
        record.write(self.disk(), &folder)?;
        // An attempt that is killed must not be taken for the one before.
        self.disk().remove(&folder.join(Kind::Outcome.name()))?;
        self.disk().sync_folder(&folder)?;
        Ok(Opened::Ready(Box::new(Lease {
            key: key.clone(),
            folder,
            disk: Arc::clone(self.tenant.disk()),
            kept,
            adopted: adopted.map(|(_, adopted)| adopted),
            note,
            _lock: lock,
        })))
    }

    fn find(&self, key: &RunKey, folder: &Path, wanted: &Wanted) -> Result<Found, StateError> {
        let fresh = |note| {
            clear(self.disk(), folder)?;
            Ok(Found::Ready {
                kept: Kept::default(),
                adopted: None,
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
        if record.job_digest != wanted.job {
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
                adopted: Some((
                    record.clone(),
                    Adopted {
                        started: time(record.started),
                        attempts: record.attempts,
                    },
                )),
                note: None,
            }),
            Err(error) => damaged(error),
        }
    }

    fn info(&self, key: &RunKey) -> Option<RunInfo> {
        let folder = self.folder_of(key);
        let (record, outcome) = (Record::read(&folder), Outcome::read(&folder));
        let under_way = FileLock::is_held(&lock_path(&folder));
        let spool_bytes = size(&folder.join("spool"));
        let Ok(record) = record else {
            return Some(RunInfo {
                key: key.clone(),
                state: RunState::Damaged,
                title: String::new(),
                job: String::new(),
                started: SystemTime::UNIX_EPOCH,
                attempted: SystemTime::UNIX_EPOCH,
                attempts: 0,
                outcome: None,
                spool_bytes,
            });
        };
        // A process that died between making the folder and writing the record left nothing.
        let record = record?;
        let state = match &outcome {
            _ if under_way => RunState::UnderWay,
            Err(_) => RunState::Damaged,
            Ok(Some((Outcome::Receipt(_), _))) => RunState::Done,
            Ok(Some((Outcome::Failure { resumes: false, .. }, _))) => RunState::Failed,
            _ if self.is_expired(&record) => RunState::Expired,
            Ok(Some(_)) => RunState::FailedForNow,
            Ok(None) => RunState::Interrupted,
        };
        Some(RunInfo {
            key: key.clone(),
            state,
            started: time(record.started),
            attempted: time(record.attempted),
            attempts: record.attempts,
            title: record.title,
            job: record.job,
            outcome: outcome.ok().flatten(),
            spool_bytes,
        })
    }

    /// Clears what expired, and removes what was over long ago.
    fn sweep(&self) -> Result<(), StateError> {
        for key in self.keys()? {
            let Some(run) = self.info(&key) else {
                self.remove_stillborn(&key)?;
                continue;
            };
            let over = matches!(
                run.state,
                RunState::Done | RunState::Failed | RunState::Expired
            );
            let last = run
                .outcome
                .as_ref()
                .map_or(run.attempted, |(_, ended)| *ended);
            let old = self.age(last) > self.tenant.keep_runs();
            if !over || (!old && run.spool_bytes == 0) {
                continue;
            }
            let Some(_lock) = self.lock(&key)? else {
                continue;
            };
            let folder = self.folder_of(&key);
            match old {
                true => self.remove(&folder)?,
                false => clear(self.disk(), &folder)?,
            }
        }
        Ok(())
    }

    /// Removes the folder of a run whose process died before anything was on record.
    fn remove_stillborn(&self, key: &RunKey) -> Result<(), StateError> {
        let folder = self.folder_of(key);
        if let Some(_lock) = self.lock(key)?
            && matches!(Record::read(&folder), Ok(None))
        {
            self.remove(&folder)?;
        }
        Ok(())
    }

    /// What interrupted runs keep counts towards the tenant's spools.
    fn count_interrupted(&self, own: &RunKey) -> Result<(), StateError> {
        let others = self.list()?.into_iter();
        let bytes = others
            .filter(|run| run.state != RunState::UnderWay && run.key != *own)
            .map(|run| run.spool_bytes)
            .sum();
        let held = self.tenant.hold_interrupted(bytes);
        held.map_err(|limit| StateError::Full { bytes, limit })
    }

    fn lock(&self, key: &RunKey) -> io::Result<Option<FileLock>> {
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

    fn remove(&self, folder: &Path) -> io::Result<()> {
        self.disk().remove_folder(folder)?;
        self.disk().sync_folder(&self.folder())
    }

    fn keys(&self) -> io::Result<Vec<RunKey>> {
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

    fn is_expired(&self, record: &Record) -> bool {
        self.age(time(record.attempted)) > self.tenant.resume_within()
    }

    fn age(&self, since: SystemTime) -> Duration {
        self.now().duration_since(since).unwrap_or_default()
    }

    fn now(&self) -> SystemTime {
        self.tenant.clock().now()
    }

    fn disk(&self) -> &dyn Disk {
        &**self.tenant.disk()
    }

    fn folder(&self) -> PathBuf {
        self.tenant.state_dir().join("runs")
    }

    fn folder_of(&self, key: &RunKey) -> PathBuf {
        self.folder().join(key.as_str())
    }
}

/// Digests that a run must have to go on.
struct Wanted {
    job: String,
    component: String,
}

fn lock_path(folder: &Path) -> PathBuf {
    folder.join("lock")
}

/// A job as it is whatever the order of its keys. One that is not JSON is what it is.
fn canonical(job: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(job) {
        Ok(mut value) => {
            value.sort_all_objects();
            value.to_string()
        }
        Err(_) => job.to_owned(),
    }
}

/// Bytes of the files in a folder.
fn size(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .filter_map(|file| file.metadata().ok())
        .map(|file| file.len())
        .sum()
}
