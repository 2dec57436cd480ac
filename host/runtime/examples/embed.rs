//! Runs one job: `cargo run -p writeback-host --example embed -- writeback.json job.json`.
//!
//! Both files are JSON here; the `writeback` command turns TOML into the same documents.

use std::path::Path;
use std::sync::Arc;

use writeback_host::{Engine, EngineOptions, Level, Progress, Step, Tenant, config};

/// Prints steps and lines where a person looks for them.
struct Talk;

impl Progress for Talk {
    fn report(&self, step: Step) {
        eprintln!("{step:?}");
    }

    fn log(&self, level: Level, text: &str) {
        eprintln!("{level:?}: {text}");
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(config), Some(job)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: embed CONFIG.json JOB.json");
    };
    let folder = Path::new(&config).parent().unwrap_or(Path::new("."));
    let document = serde_json::from_slice(&std::fs::read(&config)?)?;
    let tenant = Tenant::new(config::parse(&document, folder)?.into_tenant())?;

    let connector = Engine::new(EngineOptions::default())?.load(writeback_component::BYTES)?;
    let run = connector.run(&tenant).progress(Arc::new(Talk));
    println!("{}", run.run(&std::fs::read_to_string(&job)?).await?);
    Ok(())
}
