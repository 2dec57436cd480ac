//! A whole job, as a program with the library runs it: the shipped connector, real requests, the export in memory.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use writeback_host::{CodeSource, Connector, Engine, EngineOptions, Probe, Tenant, config};

use crate::memory::Memory;

/// The connector, from the cache below `folder` if it is there.
pub fn load(folder: &Path) -> Result<Connector> {
    let mut options = EngineOptions::default();
    // No thread that interrupts: how often it does so depends on the clock.
    options.tick = None;
    options.probe = Some(Probe {
        memories: None,
        look: Arc::new(|| ()),
        reproducible: true,
    });
    options.cache = Some(folder.join("cache"));
    Ok(Engine::new(options)?.load(writeback_component::BYTES)?)
}

/// Runs the job of a simulated cloud so many times.
pub fn run(folder: &Path, times: u32, config: &str, job: &str) -> Result<()> {
    let connector = load(folder)?;
    ensure!(
        *connector.code_source() == CodeSource::Cache,
        "nothing is prepared in `{}`",
        folder.display()
    );
    let beside = Path::new(config).parent().context("a file in a folder")?;
    let config = config::parse(&read(Path::new(config))?, beside)?;
    let tenant = Tenant::builder(config.into_tenant()).spools(Arc::new(Memory));
    let tenant = tenant.build()?;
    let job: Value = read(Path::new(job))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        for _ in 0..times {
            connector.run(&tenant).run(&job.to_string()).await?;
        }
        Ok(())
    })
}

fn read(file: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read `{}`", file.display()))?;
    Ok(toml::from_str(&text)?)
}
