//! Runs one job whose export is kept in memory.
//!
//! `cargo run -- simulate` keeps a simulated cloud running and prints where its `config` and `job` are. Beside it:
//! `cargo run --example memory_spool -- CONFIG JOB`.

mod memory;

use std::path::Path;
use std::sync::Arc;

use memory::Memory;
use serde_json::Value;
use writeback_host::{Engine, EngineOptions, Tenant, config};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(config), Some(job)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: memory_spool CONFIG JOB");
    };
    let folder = Path::new(&config).parent().unwrap_or(Path::new("."));
    let mut config = config::parse(&read(&config)?, folder)?;
    // Memory is dearer than disk. A larger export ends with `spool-full`.
    config.limits.spool_bytes = 64 << 20;
    config.limits.tenant.spool_bytes = 256 << 20;

    let connector = Engine::new(EngineOptions::default())?.load(writeback_component::BYTES)?;
    let tenant = Tenant::builder(config.into_tenant())
        .spools(Arc::new(Memory))
        .build()?;
    let receipt = connector.run(&tenant).run(&read(&job)?.to_string()).await?;
    println!("{receipt}");
    Ok(())
}

fn read(file: &str) -> anyhow::Result<Value> {
    Ok(toml::from_str(&std::fs::read_to_string(file)?)?)
}
