//! The cloud that the runs wait for.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use serde::Deserialize;
use writeback_bench::simulated::Simulated;

/// A running cloud. It ends when dropped.
pub struct Cloud {
    _simulated: Simulated,
    /// Where things are.
    pub described: Described,
}

/// What it says of itself.
#[derive(Deserialize)]
pub struct Described {
    /// A ready configuration.
    pub config: PathBuf,
    /// A ready job beside it.
    pub job: PathBuf,
}

impl Cloud {
    /// One with a DataSet of so many rows, which takes so many milliseconds for everything.
    pub fn start(target: &Path, rows: u64, latency: u64) -> Result<Self> {
        let mut command = Command::new(target.join("release/writeback"));
        command
            .args(["simulate", "--datasets", "1"])
            .args(["--rows", &rows.to_string()])
            .args(["--latency", &latency.to_string()]);
        let simulated = Simulated::start(command)?;
        Ok(Self {
            described: Described::deserialize(&simulated.described)?,
            _simulated: simulated,
        })
    }
}
