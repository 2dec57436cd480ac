//! Where a run stands, as far as its folder tells.

use std::time::{Duration, SystemTime};

use super::key::RunKey;
use super::record::{Digests, Outcome, Record, time};
use super::runs::{Runs, lock_path};
use crate::file_lock::FileLock;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
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
#[non_exhaustive]
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
    /// Bytes that its spool keeps.
    pub spool_bytes: u64,
    pub(super) digests: Digests,
}

impl Runs {
    /// What is on record of a run; nothing where its process died before it wrote anything.
    pub(super) fn info(&self, key: &RunKey) -> Option<RunInfo> {
        let folder = self.folder_of(key);
        let (record, outcome) = (Record::read(&folder), Outcome::read(&folder));
        let under_way = FileLock::is_held(&lock_path(&folder));
        let spool_bytes = self.tenant.spools().kept(key);
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
                digests: Digests::default(),
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
            digests: record.digests,
            title: record.title,
            job: record.job,
            outcome: outcome.ok().flatten(),
            spool_bytes,
        })
    }

    pub(super) fn is_expired(&self, record: &Record) -> bool {
        self.age(time(record.attempted)) > self.tenant.resume_within()
    }

    pub(super) fn age(&self, since: SystemTime) -> Duration {
        self.now().duration_since(since).unwrap_or_default()
    }
}
