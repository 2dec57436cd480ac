//! Counting and hashing in the sandbox, by the sources of the connector.

use std::path::Path;

use anyhow::Result;
use wasmtime::{Config, Engine, Module};
use writeback_bench::csv;
use writeback_bench_guest::PeerKind;

#[path = "../../benches/parts/guest.rs"]
mod guest;

use guest::Guest;

/// Bytes that are counted and hashed.
const SIZE: usize = 4 << 20;
const FILE: &str = "table.code";

/// Compiles the module into `folder`.
pub fn prepare(folder: &Path) -> Result<()> {
    let module = Module::from_file(&engine()?, guest::build()?)?;
    std::fs::create_dir_all(folder)?;
    Ok(std::fs::write(folder.join(FILE), module.serialize()?)?)
}

/// Counts and hashes a table with quotes so many times.
pub fn count(folder: &Path, times: u32) -> Result<()> {
    let engine = engine()?;
    #[expect(unsafe_code, reason = "machine code cannot be checked")]
    // SAFETY: `prepare` wrote the file, just before.
    let module = unsafe { Module::deserialize_file(&engine, folder.join(FILE)) }?;
    let [_, orders, _] = csv::generate(SIZE);
    let mut guest = Guest::new(&engine, &module)?;
    for _ in 0..times {
        println!("{}", guest.run(PeerKind::Table, &orders.bytes)?);
    }
    Ok(())
}

fn engine() -> Result<Engine> {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .target(&format!("{}-unknown-linux-gnu", std::env::consts::ARCH))?;
    Ok(Engine::new(&config)?)
}
