//! `runs resume`: goes on with a run, with the job as it was.

use writeback_host::config::Config;

use crate::cli::RunsResume;
use crate::commands::each::print_failure;
use crate::commands::run::{print, receipt_of};
use crate::error::Error;
use crate::exit::Exit;
use crate::interrupt::stop_on_signal;
use crate::job::Job;
use crate::sandbox::{Sandbox, tenant};
use crate::settings::Settings;

/// Runs the job of the run under its key.
pub async fn resume(
    arguments: &RunsResume,
    config: Config,
    settings: &Settings,
) -> Result<Exit, Error> {
    let run = tenant(config.clone())?.runs().show(&arguments.run)?;
    let document = serde_json::from_str(&run.job).map_err(|cause| {
        Error::failed(format!("the job of run `{}` cannot be read", run.key))
            .because(&cause)
            .hint("run its job file again")
    })?;
    let job = Job {
        name: run.title,
        document,
    };
    let sandbox = Sandbox::open(config, settings).await?;
    let cancel = stop_on_signal(settings)?;
    match receipt_of(&sandbox, &job, Some(&run.key), settings, &cancel).await {
        Ok(ended) => print(&ended, arguments.report, settings).map(|()| Exit::Done),
        Err(error) => print_failure(error, &job.name, arguments.report, settings),
    }
}
