//! What one run may use, with the defaults.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Limits of one run. Reaching one ends the run, or the request, with an error that names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of memory in the sandbox: the sum of all memories and tables.
    #[schemars(range(min = 1))]
    pub memory: u64,
    /// Seconds that the component may compute. Waiting for the network is not counted.
    #[schemars(range(min = 1))]
    pub cpu_seconds: u64,
    /// Seconds from the start of a run to its end.
    #[schemars(range(min = 1))]
    pub wall_seconds: u64,
    /// Bytes that a run may keep in its spool.
    #[schemars(range(min = 1))]
    pub spool_bytes: u64,
    /// Seconds from the end of a request to the first byte of its reply.
    #[schemars(range(min = 1))]
    pub request_seconds: u64,
    /// Seconds for name lookup, connection and TLS together.
    #[schemars(range(min = 1))]
    pub connect_seconds: u64,
    /// Seconds without a byte, in either direction, after which a transfer is given up.
    #[schemars(range(min = 1))]
    pub idle_seconds: u64,
    /// Requests that a run may send.
    #[schemars(range(min = 1))]
    pub requests: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 64 << 20,
            cpu_seconds: 600,
            wall_seconds: 24 * 60 * 60,
            spool_bytes: 256 << 30,
            request_seconds: 300,
            connect_seconds: 15,
            idle_seconds: 60,
            requests: 100_000,
        }
    }
}
