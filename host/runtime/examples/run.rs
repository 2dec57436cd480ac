//! Runs one job, goes on with it where an earlier start was interrupted, and stops in good order at Ctrl-C.
//!
//! `cargo run -- simulate` keeps a simulated cloud running and prints where its `config` and `job` are. Beside it:
//! `cargo run --example run -- CONFIG JOB`.

use std::path::Path;
use std::process::ExitCode;

use serde_json::Value;
use writeback_host::state::{NewRun, Opened};
use writeback_host::{CancelToken, Engine, EngineOptions, RunError, Tenant, config};

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let (Some(config), Some(job)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: run CONFIG JOB");
    };
    let folder = Path::new(&config).parent().unwrap_or(Path::new("."));
    let config = config::parse(&read(&config)?, folder)?;
    let job = read(&job)?.to_string();

    // Once a process. The cache makes every start but the first a fast one.
    let mut options = EngineOptions::default();
    options.cache = config.cache_dir();
    let connector = Engine::new(options)?.load(writeback_component::BYTES)?;
    // Once for each set of accounts.
    let tenant = Tenant::new(config.into_tenant())?;

    // Once for each job. The lease makes it one that goes on; reading the disk blocks.
    let (runs, with, of) = (tenant.runs(), connector.clone(), job.clone());
    let open = move || runs.open(&NewRun::new(&with, &of).title("daily sales"));
    let lease = match tokio::task::spawn_blocking(open).await?? {
        Opened::Ready(lease) => lease,
        Opened::Finished { receipt, .. } => {
            println!("{receipt}");
            return Ok(ExitCode::SUCCESS);
        }
    };
    let cancel = CancelToken::new();
    let stop = cancel.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.cancel();
        }
    });
    match connector
        .run(&tenant)
        .keep(lease)
        .cancel(cancel)
        .run(&job)
        .await
    {
        Ok(receipt) => println!("{receipt}"),
        Err(error) => return Ok(tell(&error)),
    }
    Ok(ExitCode::SUCCESS)
}

/// What went wrong, and an exit code of 3 where the same job may succeed later.
fn tell(error: &RunError) -> ExitCode {
    eprintln!("error: {error}");
    if let RunError::Failed(failure) = error
        && let Some(hint) = &failure.hint
    {
        eprintln!("hint: {hint}");
    }
    match error.is_retryable() {
        true => ExitCode::from(3),
        false => ExitCode::FAILURE,
    }
}

fn read(file: &str) -> anyhow::Result<Value> {
    Ok(toml::from_str(&std::fs::read_to_string(file)?)?)
}
