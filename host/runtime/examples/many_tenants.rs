//! Runs jobs of many tenants in one process: each with accounts, connections, limits and a state folder of its
//! own, a few at a time. One of them is cancelled on the way, and Ctrl-C cancels the rest.
//!
//! `cargo run -- simulate` keeps a simulated cloud running and prints where its `config` and `job` are. Beside it:
//! `cargo run --example many_tenants -- CONFIG JOB 12`.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use writeback_host::{
    CancelToken, Connector, Engine, EngineOptions, Level, Progress, RunError, Step, Tenant, config,
};

/// Runs under way at a time, whoever's they are. `limits.tenant.runs` bounds those of one tenant.
const AT_A_TIME: usize = 4;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [config, job, count] = arguments.as_slice() else {
        anyhow::bail!("usage: many_tenants CONFIG JOB COUNT");
    };
    let folder = Path::new(config).parent().unwrap_or(Path::new("."));
    let (config, job) = (read(config)?, read(job)?);
    let states = tempfile::tempdir()?;
    // One engine and one connector serve all of them: that is the compiled code, and nothing of a tenant.
    let connector = Engine::new(EngineOptions::default())?.load(writeback_component::BYTES)?;
    let stop = CancelToken::new();
    let room = Arc::new(Semaphore::new(AT_A_TIME));
    let mut runs = JoinSet::new();
    for number in 0..count.parse()? {
        // A real program has a configuration for each; here they differ in state folder and file alone.
        let name = format!("tenant-{number}");
        let mut config = config.clone();
        config["state"] = json!({ "dir": states.path().join(&name) });
        let mut job = job.clone();
        job["sharepoint"]["filename"] = json!({ "custom": format!("{name}.csv") });
        let tenant = Tenant::new(config::parse(&config, folder)?.into_tenant())?;
        let (connector, room, stop) = (connector.clone(), Arc::clone(&room), stop.clone());
        runs.spawn(async move {
            let _turn = room.acquire_owned().await;
            (
                name,
                run(&connector, &tenant, &job, stop, number == 0).await,
            )
        });
    }
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.cancel();
        }
    });
    let mut failed = 0;
    while let Some(ended) = runs.join_next().await {
        match ended? {
            (name, Ok(_)) => println!("{name}: done"),
            (name, Err(RunError::Cancelled)) => println!("{name}: cancelled"),
            (name, Err(error)) => {
                failed += 1;
                println!("{name}: {error}");
            }
        }
    }
    anyhow::ensure!(failed == 0, "{failed} runs failed");
    Ok(())
}

/// Runs one job until it is done, or `stop` is used, or its own tenant does not want it any more.
async fn run(
    connector: &Connector,
    tenant: &Tenant,
    job: &Value,
    stop: CancelToken,
    unwanted: bool,
) -> Result<String, RunError> {
    let cancel = CancelToken::new();
    let mut run = connector.run(tenant).cancel(cancel.clone());
    if unwanted {
        run = run.progress(Arc::new(SecondThoughts(cancel.clone())));
    }
    let job = job.to_string();
    let running = run.run(&job);
    tokio::pin!(running);
    tokio::select! {
        ended = &mut running => ended,
        () = stop.cancelled() => {
            cancel.cancel();
            // The component is told at its next call, tidies up and returns.
            running.await
        }
    }
}

/// Cancels a run as soon as there is anything of its export.
struct SecondThoughts(CancelToken);

impl Progress for SecondThoughts {
    fn report(&self, step: Step) {
        if matches!(step, Step::Exporting(_)) {
            self.0.cancel();
        }
    }

    fn log(&self, _: Level, _: &str) {}
}

fn read(file: &str) -> anyhow::Result<Value> {
    Ok(toml::from_str(&std::fs::read_to_string(file)?)?)
}
