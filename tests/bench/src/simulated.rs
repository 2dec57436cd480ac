//! The simulated cloud as a process of its own: its memory and its time are not those of what is measured.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// A running cloud. It ends when dropped.
pub struct Simulated {
    /// What it says of itself.
    pub described: Value,
    _process: Killed,
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Simulated {
    /// Starts `writeback simulate …` and reads the line that it prints once it serves.
    ///
    /// # Errors
    /// It does not start, or does not say where it is.
    pub fn start(mut command: Command) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| {
                format!("cannot start `{program}`\nhint: cargo build --release -p writeback")
            })?;
        let output = process.stdout.take();
        let process = Killed(process);
        let mut line = String::new();
        if let Some(output) = output {
            BufReader::new(output).read_line(&mut line)?;
        }
        let described = serde_json::from_str(&line).with_context(|| {
            format!("the simulated cloud did not start\nhint: run `{program} simulate` by hand and see what it says")
        })?;
        Ok(Self {
            described,
            _process: process,
        })
    }
}
