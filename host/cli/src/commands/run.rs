//! `run`: a receipt or a failure for each job.

use writeback_host::CancelToken;

use super::each::{Jobs, each};
use crate::cli::{self, Report};
use crate::error::Error;
use crate::exit::Exit;
use crate::job::Job;
use crate::progress::Teller;
use crate::render::receipt;
use crate::sandbox::{Sandbox, stopped};
use crate::settings::Settings;
use crate::stdout;

/// Runs every job and ends with the worst exit of all.
pub async fn run(arguments: &cli::Run, settings: &Settings) -> Result<Exit, Error> {
    let jobs = Jobs {
        paths: &arguments.jobs,
        overrides: &arguments.overrides,
        report: arguments.report,
    };
    let work = async |sandbox: &Sandbox, loaded: Result<Job, Error>, cancel: &CancelToken| {
        if cancel.is_cancelled() {
            return Err(stopped("not started: stopped before its turn"));
        }
        receipt_of(sandbox, &loaded?, settings, cancel).await
    };
    let print =
        |receipt: &String| print_receipt(receipt, arguments.report, settings).map(|()| Exit::Done);
    each(jobs, settings, work, print).await
}

/// Runs the job and returns its receipt.
pub async fn receipt_of(
    sandbox: &Sandbox,
    job: &Job,
    settings: &Settings,
    cancel: &CancelToken,
) -> Result<String, Error> {
    let accounts = sandbox.accounts_of(&job.document)?;
    let teller = Teller::holding(settings, &job.name);
    let outcome = sandbox
        .lend(&accounts, &teller, cancel)
        .run(&job.document.to_string())
        .await;
    teller.finish();
    if outcome.is_err() {
        teller.release();
    }
    Ok(outcome?)
}

/// The receipt on stdout.
pub fn print_receipt(receipt: &str, report: Report, settings: &Settings) -> Result<(), Error> {
    match report {
        Report::Text => stdout::write(receipt::text(receipt, settings.stdout).as_bytes()),
        Report::Json => stdout::write(format!("{}\n", receipt.trim_end()).as_bytes()),
    }
}
