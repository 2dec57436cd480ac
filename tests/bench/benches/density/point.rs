//! One figure: so many runs of one job at once, in this process.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use cpu_time::ProcessTime;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use writeback_bench::model::DensityPoint;
use writeback_host::{Connector, Engine, EngineOptions, Tenant, config};

use crate::cloud::Cloud;
use crate::process::{self, Peak};

/// How often a task that could go on asks whether it is late.
const PROBE: Duration = Duration::from_millis(10);
/// No limit of a tenant's stops a run.
const ENOUGH: u64 = 1 << 50;

/// What is to be done.
#[derive(Serialize, Deserialize)]
pub struct Work {
    folder: PathBuf,
    config: PathBuf,
    job: PathBuf,
    /// At once.
    pub runs: u64,
}

/// What was seen.
#[derive(Serialize, Deserialize)]
pub struct Measured {
    /// The figure.
    pub point: DensityPoint,
    /// Bytes that one run moved.
    pub bytes: u64,
}

impl Work {
    /// So many runs of the cloud's job.
    pub fn new(folder: &Path, cloud: &Cloud, runs: u64) -> Self {
        Self {
            folder: folder.to_owned(),
            config: cloud.described.config.clone(),
            job: cloud.described.job.clone(),
            runs,
        }
    }
}

/// Compiles the connector, so that no figure has the compiler's memory.
pub fn prepare(folder: &Path) -> Result<()> {
    load(folder).map(drop)
}

/// Does it and prints what was seen.
pub fn measure(work: &Work) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let measured = runtime.block_on(all(work))?;
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

async fn all(work: &Work) -> Result<Measured> {
    let connector = load(&work.folder)?;
    let state = tempfile::tempdir_in(&work.folder)?;
    let (tenant, job) = (tenant(work, state.path())?, read(&work.job)?);
    let before = process::resident()?;
    let (peak, cpu, started) = (Peak::watch(), ProcessTime::now(), Instant::now());
    let late = Arc::new(Mutex::new(Vec::new()));
    let probe = tokio::spawn(probe(Arc::clone(&late)));
    let mut runs = JoinSet::new();
    for number in 0..work.runs {
        let mut job = job.clone();
        job["sharepoint"]["filename"] = json!({ "custom": format!("run-{number}.csv") });
        let run = connector.run(&tenant);
        runs.spawn(async move { run.run(&job.to_string()).await });
    }
    let mut bytes = 0;
    while let Some(ended) = runs.join_next().await {
        let receipt: Value = serde_json::from_str(&ended??)?;
        bytes = receipt["file"]["bytes"]
            .as_u64()
            .context("a receipt has bytes")?;
    }
    let (wall_s, cpu_s) = (started.elapsed().as_secs_f64(), cpu.elapsed().as_secs_f64());
    probe.abort();
    let resident_bytes = peak.most()?;
    let mut late = std::mem::take(&mut *late.lock().expect("nobody panicked"));
    late.sort_by(f64::total_cmp);
    Ok(Measured {
        bytes,
        point: DensityPoint {
            runs: work.runs,
            resident_bytes,
            bytes_per_run: resident_bytes.saturating_sub(before) as f64 / work.runs as f64,
            delay_p50_ms: percentile(&late, 0.50)?,
            delay_p99_ms: percentile(&late, 0.99)?,
            wall_s,
            bytes_per_second: (bytes * work.runs) as f64 / wall_s,
            cpu_s,
        },
    })
}

/// Sleeps, and notes by how many milliseconds it came too late. What tokio's timer itself is late, up to 1 ms, is in it.
async fn probe(late: Arc<Mutex<Vec<f64>>>) {
    loop {
        let due = Instant::now() + PROBE;
        tokio::time::sleep_until(due.into()).await;
        let by = due.elapsed().as_secs_f64() * 1e3;
        late.lock().expect("nobody panicked").push(by);
    }
}

fn percentile(sorted: &[f64], part: f64) -> Result<f64> {
    let index = ((sorted.len() as f64 - 1.0) * part).round() as usize;
    let figure = sorted.get(index).copied();
    figure.context("the runs ended before anything could be late")
}

fn load(folder: &Path) -> Result<Connector> {
    let mut options = EngineOptions::default();
    options.cache = Some(folder.join("cache"));
    Ok(Engine::new(options)?.load(writeback_component::BYTES)?)
}

fn tenant(work: &Work, state: &Path) -> Result<Tenant> {
    let mut config = read(&work.config)?;
    config["state"] = json!({ "dir": state });
    let beside = work.config.parent().context("a file in a folder")?;
    let mut config = config::parse(&config, beside)?;
    let limits = &mut config.limits.tenant;
    limits.runs = ENOUGH;
    limits.memory = ENOUGH;
    limits.cpu_seconds = u64::from(u32::MAX);
    limits.spool_bytes = ENOUGH;
    limits.handles = ENOUGH;
    limits.connections = ENOUGH;
    Ok(Tenant::new(config.into_tenant())?)
}

fn read(file: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read `{}`", file.display()))?;
    Ok(toml::from_str(&text)?)
}
