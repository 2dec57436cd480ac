//! `run`: jobs one after the other, a receipt or a failure each. One that fails does not stop the next.

use std::path::Path;

use writeback_host::CancelToken;

use crate::cli::{self, Report};
use crate::error::Error;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::job::{self, Job};
use crate::progress::Teller;
use crate::render::receipt;
use crate::sandbox::{Sandbox, stopped};
use crate::settings::Settings;
use crate::{config, stdout};

/// Runs every job and ends with the worst exit of all.
pub async fn run(arguments: &cli::Run, settings: &Settings) -> Result<Exit, Error> {
    job::refuse_second_stdin(arguments.jobs.iter().map(AsRef::as_ref))?;
    let sandbox = Sandbox::open(config::load(&settings.config)?).await?;
    let cancel = stop_on_signal(settings)?;
    let mut worst = Exit::Done;
    for path in &arguments.jobs {
        worst = worst.max(one(&sandbox, path, arguments, settings, &cancel).await?);
    }
    Ok(worst)
}

/// A token that the first Ctrl-C or SIGTERM uses.
pub fn stop_on_signal(settings: &Settings) -> Result<CancelToken, Error> {
    let cancel = CancelToken::new();
    let (token, talk) = (cancel.clone(), settings.talk);
    Interrupt::listen()?.watch(move || {
        if talk > crate::settings::Talk::Quiet {
            eprintln!("stopping in good order; once more to stop at once");
        }
        token.cancel();
    });
    Ok(cancel)
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

async fn one(
    sandbox: &Sandbox,
    path: &Path,
    arguments: &cli::Run,
    settings: &Settings,
    cancel: &CancelToken,
) -> Result<Exit, Error> {
    let loaded = job::load(path, &arguments.overrides);
    let name = loaded
        .as_ref()
        .map_or_else(|_| job::origin(path), |job| job.name.clone());
    let outcome = match loaded {
        _ if cancel.is_cancelled() => Err(stopped("not started: stopped before its turn")),
        Ok(job) => receipt_of(sandbox, &job, settings, cancel).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(receipt) => print_receipt(&receipt, arguments.report, settings).map(|()| Exit::Done),
        Err(error) => print_failure(
            error.of(&job::origin(path)),
            &name,
            arguments.report,
            settings,
        ),
    }
}

/// The receipt on stdout.
pub fn print_receipt(receipt: &str, report: Report, settings: &Settings) -> Result<(), Error> {
    match report {
        Report::Text => stdout::write(receipt::text(receipt, settings.stdout).as_bytes()),
        Report::Json => stdout::write(format!("{}\n", receipt.trim_end()).as_bytes()),
    }
}

/// The failure on stderr, and for programs also on stdout.
pub fn print_failure(
    error: Error,
    name: &str,
    report: Report,
    settings: &Settings,
) -> Result<Exit, Error> {
    error.print(settings);
    if report == Report::Json {
        stdout::json_line(&error.json(name))?;
    }
    Ok(error.exit)
}
