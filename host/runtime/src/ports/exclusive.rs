//! Turns among runs: those of one state folder by a locked file for each name, in this process and in others; those
//! of a program that knows better as it says.

use std::io;
use std::path::Path;
use std::time::Duration;

use crate::bindings::writeback::connector::exclusive::{Error, Host};
use crate::file_lock::FileLock;
use crate::hex::sha256;
use crate::private::create_private;
use crate::progress::Step;
use crate::sandbox::Sandbox;

const NAME_BYTES: usize = 1024;
/// How often a lock that is held is asked for. The run's own clock plays no part: nobody else lives by it.
const LOOK: Duration = Duration::from_millis(100);
/// How often a program is asked.
const ASK: Duration = Duration::from_secs(1);

/// A turn that a run has.
pub(crate) enum Turn {
    /// Until this is dropped.
    File { _lock: FileLock },
    /// Until the program sees the run's end.
    Program,
}

impl Host for Sandbox {
    async fn hold(&mut self, name: String) -> wasmtime::Result<Result<bool, Error>> {
        if !(1..=NAME_BYTES).contains(&name.len()) {
            let text = format!("the name of a turn has 1 to {NAME_BYTES} bytes");
            return Ok(Err(Error::Io(text)));
        }
        if self.turn.is_some() {
            return Ok(Err(Error::Io("the run holds a turn already".to_owned())));
        }
        let pause = if self.turns.is_some() { ASK } else { LOOK };
        let mut waited = false;
        loop {
            if self.cancel.is_cancelled() {
                return Ok(Err(Error::Cancelled));
            }
            match self.take(&name).await {
                Ok(Some(turn)) => {
                    self.turn = Some(turn);
                    return Ok(Ok(waited));
                }
                Ok(None) if !waited => self.progress.report(Step::Queued),
                Ok(None) => {}
                Err(error) => return Ok(Err(Error::Io(error.to_string()))),
            }
            waited = true;
            tokio::select! {
                () = self.cancel.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }
}

impl Sandbox {
    /// The turn, unless another run has it.
    async fn take(&mut self, name: &str) -> io::Result<Option<Turn>> {
        match &self.turns {
            Some(turns) => Ok(turns.take(name).await?.then_some(Turn::Program)),
            None => {
                let lock = lock(self.tenant.state_dir(), name)?;
                Ok(lock.map(|lock| Turn::File { _lock: lock }))
            }
        }
    }
}

fn lock(state_dir: &Path, name: &str) -> io::Result<Option<FileLock>> {
    let folder = state_dir.join("turns");
    create_private(&folder)?;
    // Names may have any character and reach beyond what a file's name may.
    FileLock::try_take(&folder.join(sha256(name.as_bytes())))
}
