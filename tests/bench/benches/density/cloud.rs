//! The simulated cloud as a process of its own: its memory and its time do not count.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};
use serde::Deserialize;

/// A running cloud. It ends when dropped.
pub struct Cloud {
    process: Child,
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
        let program = target.join("release/writeback");
        let mut process = Command::new(&program)
            .args(["simulate", "--datasets", "1"])
            .args(["--rows", &rows.to_string()])
            .args(["--latency", &latency.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| {
                format!(
                    "cannot start `{}`\nhint: cargo build --release -p writeback",
                    program.display()
                )
            })?;
        let mut line = String::new();
        let output = process.stdout.take().context("a pipe")?;
        BufReader::new(output).read_line(&mut line)?;
        Ok(Self {
            described: serde_json::from_str(&line).context("the cloud does not say where it is")?,
            process,
        })
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
