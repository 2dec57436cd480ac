//! What the benchmarks write to `target/bench` and what the report reads from there.

mod peers;

use serde::{Deserialize, Serialize};

use crate::machine::Machine;

pub use peers::{Ceiling, Cell, Contender, Peers, Rows, Run, Scheme};

/// `density.json`: many runs at once in one process, and how cost grows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Density {
    /// Where it was measured.
    pub machine: Machine,
    /// One for each number of runs.
    pub points: Vec<DensityPoint>,
    /// Straight lines through what grows.
    pub fits: Vec<Fit>,
}

/// So many runs at once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DensityPoint {
    /// How many.
    pub runs: u64,
    /// Resident memory of the process while all are under way, in bytes.
    pub resident_bytes: u64,
    /// What one run adds to the process's resident memory, in bytes.
    pub bytes_per_run: f64,
    /// How late a run goes on that could, median, in milliseconds.
    pub delay_p50_ms: f64,
    /// The same, 99th percentile.
    pub delay_p99_ms: f64,
    /// From the first start to the last end, in seconds.
    pub wall_s: f64,
    /// Bytes that all runs moved in a second, together.
    pub bytes_per_second: f64,
    /// Processor time of the process, in seconds.
    pub cpu_s: f64,
}

/// A least-squares line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Fit {
    /// What grows with what.
    pub of: String,
    /// By how much.
    pub slope: f64,
    /// The slope's unit.
    pub unit: String,
    /// Coefficient of determination: 1 is a straight line.
    pub r2: f64,
    /// Where it stops being one, and why.
    pub note: String,
}

/// `parts.json`: the parts of a run on their own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Parts {
    /// Where it was measured.
    pub machine: Machine,
    /// What was measured.
    pub entries: Vec<Part>,
}

/// One part, in one place.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Part {
    /// What it does.
    pub name: String,
    /// Where it ran.
    pub place: Place,
    /// The figure.
    pub value: f64,
    /// Its unit.
    pub unit: String,
    /// Times the same part in native code, where that is compared.
    pub ratio: Option<f64>,
    /// What the ratio, or else the value, may be at most.
    pub target: Option<f64>,
}

/// Where a part ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Plain native code.
    Native,
    /// WebAssembly in the sandbox.
    Sandbox,
    /// The host that runs the sandbox.
    Host,
}
