//! What is on record of a run: what it is of, and how it ended.

use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::disk::Disk;
use super::frame::{self, Kind};
use crate::clock::unix_millis;
use crate::connector::Connector;
use crate::error::{Failure, RunError};
use crate::hex::sha256;

/// What a run is of. Times are milliseconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) title: String,
    /// The job's document.
    pub(super) job: String,
    pub(super) digests: Digests,
    pub(super) started: u64,
    /// When it was started last.
    pub(super) attempted: u64,
    pub(super) attempts: u32,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The receipt, as the component wrote it.
    Receipt(String),
    /// Why there is none.
    #[non_exhaustive]
    Failure {
        /// In the component's words or the host's.
        failure: Failure,
        /// Whether starting it again goes on where it stopped.
        resumes: bool,
    },
}

#[derive(Serialize, Deserialize)]
struct Ending {
    ended: u64,
    outcome: Outcome,
}

/// What a run must be of to go on: the same job, by the same component.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Digests {
    pub(super) job: String,
    pub(super) component: String,
}

impl Digests {
    /// Those of a job that `connector` runs.
    pub(crate) fn of(connector: &Connector, job: &str) -> Self {
        Self {
            job: sha256(canonical(job).as_bytes()),
            component: connector.digest().to_owned(),
        }
    }
}

impl Record {
    pub(super) fn read(folder: &Path) -> io::Result<Option<Self>> {
        read(folder, Kind::Run)
    }

    pub(super) fn write(&self, disk: &dyn Disk, folder: &Path) -> io::Result<()> {
        write(disk, folder, Kind::Run, self)
    }
}

impl Outcome {
    /// How a run ended; `None` for one that may go on where it is, as if it had been killed.
    pub(super) fn of(result: &Result<String, RunError>) -> Option<Self> {
        let error = match result {
            Ok(receipt) => return Some(Self::Receipt(receipt.clone())),
            Err(RunError::Cancelled) => return None,
            Err(error) => error,
        };
        let failure = match error {
            RunError::Failed(failure) => failure.clone(),
            _ => Failure::new(error.code(), error.to_string()),
        };
        Some(Self::Failure {
            failure,
            resumes: error.resumes(),
        })
    }

    /// Whether nothing is left to do.
    pub(super) fn is_final(&self) -> bool {
        !matches!(self, Self::Failure { resumes: true, .. })
    }

    pub(super) fn read(folder: &Path) -> io::Result<Option<(Self, SystemTime)>> {
        let ending: Option<Ending> = read(folder, Kind::Outcome)?;
        Ok(ending.map(|ending| (ending.outcome, time(ending.ended))))
    }

    pub(super) fn write(self, disk: &dyn Disk, folder: &Path, now: SystemTime) -> io::Result<()> {
        let ending = Ending {
            ended: unix_millis(now),
            outcome: self,
        };
        write(disk, folder, Kind::Outcome, &ending)
    }
}

/// A moment on record.
pub(super) fn time(milliseconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(milliseconds)
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

fn read<T: for<'a> Deserialize<'a>>(folder: &Path, kind: Kind) -> io::Result<Option<T>> {
    match frame::read(&folder.join(kind.name()), kind)? {
        None => Ok(None),
        Some(content) => Ok(Some(serde_json::from_slice(&content)?)),
    }
}

fn write<T: Serialize>(disk: &dyn Disk, folder: &Path, kind: Kind, content: &T) -> io::Result<()> {
    frame::write(
        disk,
        &folder.join(kind.name()),
        kind,
        &serde_json::to_vec(content)?,
    )
}
