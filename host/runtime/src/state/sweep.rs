//! What interrupted and finished runs keep on disk: counted, cleared, removed.

use super::info::{RunInfo, RunState};
use super::key::RunKey;
use super::record::Record;
use super::runs::{Runs, StateError, newest_first};

impl Runs {
    /// Clears what expired, removes what was over long ago, and returns the rest, the newest first.
    pub(super) fn swept(&self) -> Result<Vec<RunInfo>, StateError> {
        let mut runs = Vec::new();
        for key in self.keys()? {
            let Some(mut run) = self.info(&key) else {
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
            if over
                && (old || run.spool_bytes > 0)
                && let Some(_lock) = self.lock(&key)?
            {
                if old {
                    self.remove(&key)?;
                    continue;
                }
                self.clear(&key)?;
                run.spool_bytes = 0;
            }
            runs.push(run);
        }
        Ok(newest_first(runs))
    }

    /// Removes the folder of a run whose process died before anything was on record.
    fn remove_stillborn(&self, key: &RunKey) -> Result<(), StateError> {
        if let Some(_lock) = self.lock(key)?
            && matches!(Record::read(&self.folder_of(key)), Ok(None))
        {
            self.remove(key)?;
        }
        Ok(())
    }

    /// What interrupted runs keep counts towards the tenant's spools.
    pub(super) fn count_interrupted(
        &self,
        own: &RunKey,
        runs: &[RunInfo],
    ) -> Result<(), StateError> {
        let bytes = runs
            .iter()
            .filter(|run| run.state != RunState::UnderWay && run.key != *own)
            .map(|run| run.spool_bytes)
            .sum();
        let held = self.tenant.hold_interrupted(bytes);
        held.map_err(|limit| StateError::Full { bytes, limit })
    }
}
