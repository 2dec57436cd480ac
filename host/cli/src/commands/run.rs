//! `run`: a receipt or a failure for each job.

use serde_json::{Value, json};
use writeback_host::CancelToken;
use writeback_host::state::{Lease, Opened, RunKey};

use super::each::{Jobs, each};
use crate::cli::{self, Report};
use crate::error::Error;
use crate::exit::Exit;
use crate::job::Job;
use crate::progress::Teller;
use crate::render::{receipt, units};
use crate::sandbox::{Sandbox, stopped};
use crate::settings::Settings;
use crate::stdout;

/// A job's receipt, and the run that it is on record under.
pub struct Ended {
    run: RunKey,
    /// The receipt, as the connector wrote it.
    pub receipt: String,
}

/// Runs every job and ends with the worst exit of all.
pub async fn run(arguments: &cli::Run, settings: &Settings) -> Result<Exit, Error> {
    let key = arguments.run_key.as_ref();
    if key.is_some() && arguments.jobs.len() > 1 {
        let text = "`--run-key` names one run, and there are several jobs";
        return Err(Error::configuration("usage", text).hint("give each job a command of its own"));
    }
    let jobs = Jobs {
        paths: &arguments.jobs,
        overrides: &arguments.overrides,
        report: arguments.report,
    };
    let work = async |sandbox: &Sandbox, loaded: Result<Job, Error>, cancel: &CancelToken| {
        if cancel.is_cancelled() {
            return Err(stopped("not started: stopped before its turn").hint("start it again"));
        }
        receipt_of(sandbox, &loaded?, key, settings, cancel).await
    };
    let print = |ended: &Ended| print(ended, arguments.report, settings).map(|()| Exit::Done);
    each(jobs, settings, work, print).await
}

/// Runs the job, or goes on with a run of it, and returns the receipt.
pub async fn receipt_of(
    sandbox: &Sandbox,
    job: &Job,
    key: Option<&RunKey>,
    settings: &Settings,
    cancel: &CancelToken,
) -> Result<Ended, Error> {
    let accounts = sandbox.accounts_of(&job.document)?;
    let lease = match sandbox.open_run(job, key)? {
        Opened::Ready(lease) => lease,
        Opened::Finished { key, receipt, .. } => {
            let text = format!("run `{key}` is finished: this is its receipt, nothing was done");
            settings.tell("note:", &text);
            return Ok(Ended { run: key, receipt });
        }
    };
    tell_of(&lease, settings);
    let (teller, run) = (Teller::holding(settings, &job.name), lease.key().clone());
    let outcome = sandbox
        .lend(&accounts, &teller, cancel)
        .keep(lease)
        .run(&job.document.to_string())
        .await;
    teller.finish();
    if outcome.is_err() {
        teller.release();
    }
    match outcome {
        Ok(receipt) => Ok(Ended { run, receipt }),
        Err(error) => Err(Error::from(error).of_run(&run)),
    }
}

/// Says that the run is not a new one.
fn tell_of(lease: &Lease, settings: &Settings) {
    if let Some(note) = lease.note() {
        settings.tell("warning:", note);
    }
    if let Some(adopted) = lease.adopted() {
        let age = adopted.started.elapsed().unwrap_or_default();
        let age = units::duration(u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
        let text = format!("going on with run `{}`, begun {age} ago", lease.key());
        settings.tell("note:", &text);
    }
}

/// The receipt on stdout.
pub fn print(ended: &Ended, report: Report, settings: &Settings) -> Result<(), Error> {
    match report {
        Report::Text => stdout::write(receipt::text(&ended.receipt, settings.stdout).as_bytes()),
        Report::Json => stdout::json_line(&ended.json()),
    }
}

impl Ended {
    /// The receipt with the run's key.
    fn json(&self) -> Value {
        let mut receipt = serde_json::from_str(&self.receipt).unwrap_or(Value::Null);
        receipt["run"] = json!(self.run.as_str());
        receipt
    }
}
