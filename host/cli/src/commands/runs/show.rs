//! `runs show`: all that is on record of one run.

use writeback_host::state::{Outcome, RunInfo, RunState, Runs};

use super::told;
use crate::cli::RunsOne;
use crate::error::Error;
use crate::exit::Exit;
use crate::render::fields::Fields;
use crate::render::words::printable;
use crate::render::{receipt, units};
use crate::settings::Settings;
use crate::stdout;

/// Prints the run.
pub fn show(arguments: &RunsOne, runs: &Runs, settings: &Settings) -> Result<Exit, Error> {
    let run = runs.show(&arguments.run)?;
    if arguments.json {
        stdout::json_line(&told::whole(&run))?;
        return Ok(Exit::Done);
    }
    stdout::write(text(&run, settings).as_bytes())?;
    Ok(Exit::Done)
}

fn text(run: &RunInfo, settings: &Settings) -> String {
    let mut fields = Fields::default();
    fields.add("run", run.key.as_str());
    fields.add("job", printable(&run.title));
    fields.add("state", state(run));
    fields.add("started", told::moment(run.started));
    if run.attempts > 1 {
        let last = told::moment(run.attempted);
        fields.add("tries", format!("{}, the last at {last}", run.attempts));
    }
    if let Some((_, ended)) = &run.outcome {
        fields.add("ended", told::moment(*ended));
    }
    if run.spool_bytes > 0 {
        fields.add("on disk", units::bytes(run.spool_bytes));
    }
    let fields = fields.text(settings.stdout);
    match &run.outcome {
        Some((Outcome::Receipt(document), _)) => {
            format!("{fields}\n{}", receipt::text(document, settings.stdout))
        }
        Some((Outcome::Failure { failure, .. }, _)) => {
            let error = Error::from(failure.clone());
            format!("{fields}\n{}", error.text(settings.stdout))
        }
        None => fields,
    }
}

fn state(run: &RunInfo) -> String {
    let key = &run.key;
    match run.state {
        RunState::UnderWay => "under way".to_owned(),
        RunState::Interrupted => {
            format!("interrupted; `writeback runs resume {key}` goes on with it")
        }
        RunState::FailedForNow => {
            format!("failed for now; `writeback runs resume {key}` goes on with it")
        }
        RunState::Expired => "expired: interrupted, and not started again in time".to_owned(),
        RunState::Damaged => "damaged: what is on record of it cannot be read".to_owned(),
        other => other.word().to_owned(),
    }
}
