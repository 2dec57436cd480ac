//! What a process waits for before its first run: the connector compiled, and taken from the cache.
//!
//! `cargo bench --profile dev --bench start`

use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};
use writeback_host::{CodeSource, Engine, EngineOptions};

/// Starts of each kind, by turns.
const ROUNDS: usize = 5;

fn main() -> Result<()> {
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir()?;
        cold.push(start(folder.path(), &CodeSource::Compiler)?);
        warm.push(start(folder.path(), &CodeSource::Cache)?);
    }
    for (name, mut times) in [("compiled", cold), ("from the cache", warm)] {
        times.sort_by(f64::total_cmp);
        println!(
            "{name:<16} {:>8.1} ms, median of {ROUNDS}",
            times[ROUNDS / 2]
        );
    }
    Ok(())
}

/// Milliseconds until a connector is ready.
fn start(folder: &Path, expected: &CodeSource) -> Result<f64> {
    let started = Instant::now();
    let mut options = EngineOptions::default();
    options.cache = Some(folder.join("cache"));
    let connector = Engine::new(options)?.load(writeback_component::BYTES)?;
    let took = started.elapsed();
    ensure!(
        connector.code_source() == expected,
        "{:?}",
        connector.code_source()
    );
    Ok(took.as_secs_f64() * 1000.0)
}
