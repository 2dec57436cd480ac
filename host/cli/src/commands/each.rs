//! Jobs one after the other, for the verbs that take many. One that fails does not stop the next.

use std::path::{Path, PathBuf};

use writeback_host::CancelToken;

use crate::cli::Report;
use crate::config;
use crate::error::Error;
use crate::exit::Exit;
use crate::interrupt::stop_on_signal;
use crate::job::{self, Job};
use crate::sandbox::Sandbox;
use crate::settings::Settings;
use crate::stdout;

/// The jobs that were typed, and how to tell of them.
pub struct Jobs<'a> {
    /// Their files.
    pub paths: &'a [PathBuf],
    /// What `--set` lays over each.
    pub overrides: &'a [String],
    /// For people or for programs.
    pub report: Report,
}

/// Does `work` with every job, prints what came of it, and ends with the worst exit of all.
pub async fn each<T>(
    jobs: Jobs<'_>,
    settings: &Settings,
    work: impl AsyncFn(&Sandbox, Result<Job, Error>, &CancelToken) -> Result<T, Error>,
    print: impl Fn(&T) -> Result<Exit, Error>,
) -> Result<Exit, Error> {
    job::refuse_second_stdin(jobs.paths.iter().map(AsRef::as_ref))?;
    let sandbox = Sandbox::open(config::load(&settings.config)?, settings).await?;
    let cancel = stop_on_signal(settings)?;
    let mut worst = Exit::Done;
    for path in jobs.paths {
        let loaded = job::load(path, jobs.overrides);
        let name = name(&loaded, path);
        let exit = match work(&sandbox, loaded, &cancel).await {
            Ok(outcome) => print(&outcome),
            Err(error) => print_failure(error.of(&job::origin(path)), &name, jobs.report, settings),
        };
        worst = worst.max(exit?);
    }
    Ok(worst)
}

fn name(loaded: &Result<Job, Error>, path: &Path) -> String {
    match loaded {
        Ok(job) => job.name.clone(),
        Err(_) => job::origin(path),
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
