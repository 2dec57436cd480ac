//! What one run, and all runs of a tenant together, may use, with the defaults.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Limits of one run. Reaching one ends the run, or the request, with an error that names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
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
    /// Connections that may be opened for a run, from its start to its end.
    #[schemars(range(min = 1))]
    pub connections: u64,
    /// Bytes that a run may send: URLs, headers and bodies of its requests.
    #[schemars(range(min = 1))]
    pub sent_bytes: u64,
    /// Bytes that a run may receive: headers and bodies of the replies.
    #[schemars(range(min = 1))]
    pub received_bytes: u64,
    /// Headers that a request, and a reply, may have.
    #[schemars(range(min = 1))]
    pub headers: u64,
    /// Bytes that the headers of a request, and of a reply, may have.
    #[schemars(range(min = 1))]
    pub header_bytes: u64,
    /// Bytes that a URL may have.
    #[schemars(range(min = 1))]
    pub url_bytes: u64,
    /// Lines that a run may log.
    #[schemars(range(min = 1))]
    pub log_lines: u64,
    /// Accounts, blobs and replies that a run may hold at a time.
    #[schemars(range(min = 1))]
    pub handles: u64,
    /// What all runs of the tenant may use together.
    pub tenant: TenantLimits,
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
            connections: 10_000,
            sent_bytes: 1 << 40,
            received_bytes: 1 << 40,
            headers: 100,
            header_bytes: 64 << 10,
            // SharePoint: 400 characters of path, encoded threefold, and a token.
            url_bytes: 8 << 10,
            log_lines: 10_000,
            handles: 1000,
            tenant: TenantLimits::default(),
        }
    }
}

/// Limits of all runs of a tenant that are under way, together.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct TenantLimits {
    /// Runs under way at a time.
    #[schemars(range(min = 1))]
    pub runs: u64,
    /// Bytes of memory in the sandboxes.
    #[schemars(range(min = 1))]
    pub memory: u64,
    /// Seconds that the runs under way may have computed.
    #[schemars(range(min = 1))]
    pub cpu_seconds: u64,
    /// Bytes in the spools.
    #[schemars(range(min = 1))]
    pub spool_bytes: u64,
    /// Accounts, blobs and replies held at a time.
    #[schemars(range(min = 1))]
    pub handles: u64,
    /// Connections open at a time, those kept for the next request included.
    #[schemars(range(min = 1))]
    pub connections: u64,
}

impl Default for TenantLimits {
    fn default() -> Self {
        Self {
            runs: 16,
            memory: 1 << 30,
            cpu_seconds: 3600,
            spool_bytes: 1 << 40,
            handles: 10_000,
            connections: 256,
        }
    }
}
