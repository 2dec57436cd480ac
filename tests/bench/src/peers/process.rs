//! Processes that are timed, and what they used.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command};

use anyhow::{Context as _, Result, bail};
use wait4::{ResUse, Wait4 as _};

/// What one process used, with those it waited for.
pub struct Usage {
    pub cpu_s: f64,
    /// Of the largest of them.
    pub peak_bytes: u64,
}

impl Usage {
    /// With that of a process that ran after it.
    pub fn then(self, next: Self) -> Self {
        Self {
            cpu_s: self.cpu_s + next.cpu_s,
            peak_bytes: self.peak_bytes.max(next.peak_bytes),
        }
    }

    /// With that of a process that ran beside it: at worst both are largest at once.
    pub fn beside(self, other: Self) -> Self {
        Self {
            cpu_s: self.cpu_s + other.cpu_s,
            peak_bytes: self.peak_bytes + other.peak_bytes,
        }
    }
}

/// A process under way. What it says on stderr goes to a file and is shown if it fails.
pub struct Started {
    pub child: Child,
    program: String,
    log: PathBuf,
}

/// Starts a process.
pub fn start(command: &mut Command, log: PathBuf) -> Result<Started> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.stderr(File::create(&log)?);
    let child = command
        .spawn()
        .with_context(|| format!("cannot start `{program}`"))?;
    Ok(Started {
        child,
        program,
        log,
    })
}

/// Waits for its end; a failure is an error with what it said.
pub fn wait(started: Started) -> Result<Usage> {
    let ResUse { status, rusage } = started.child.wait4()?;
    if !status.success() {
        bail!(
            "`{}` failed with {status}: {}",
            started.program,
            super::said(&started.log)
        );
    }
    Ok(Usage {
        cpu_s: (rusage.utime + rusage.stime).as_secs_f64(),
        peak_bytes: rusage.maxrss,
    })
}
