//! `runs forget`: removes runs from the record.

use writeback_host::state::{RunKey, RunState, Runs};

use crate::cli::RunsForget;
use crate::error::Error;
use crate::exit::Exit;
use crate::settings::{Settings, Talk};

/// Removes the runs. One that cannot be removed does not keep the others.
pub fn forget(arguments: &RunsForget, runs: &Runs, settings: &Settings) -> Result<Exit, Error> {
    let mut worst = Exit::Done;
    for key in wanted(arguments, runs)? {
        match runs.forget(&key) {
            Ok(()) if settings.talk > Talk::Quiet => eprintln!("forgot run `{key}`"),
            Ok(()) => {}
            Err(error) => {
                let error = Error::from(error);
                error.print(settings);
                worst = worst.max(error.exit);
            }
        }
    }
    Ok(worst)
}

fn wanted(arguments: &RunsForget, runs: &Runs) -> Result<Vec<RunKey>, Error> {
    let mut keys = arguments.runs.clone();
    for run in runs.list()? {
        let chosen = match run.state {
            RunState::Interrupted | RunState::FailedForNow | RunState::Expired => {
                arguments.interrupted
            }
            RunState::Done | RunState::Failed => arguments.finished,
            // One under way or damaged, or of a kind not known here, is forgotten by its name alone.
            _ => false,
        };
        if chosen && !keys.contains(&run.key) {
            keys.push(run.key);
        }
    }
    Ok(keys)
}
