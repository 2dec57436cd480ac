//! The limits that a run can reach. Each names itself and its key in the configuration; none knows
//! how what it limits is counted.

use std::fmt;

/// A limit that was reached, and its value. It ended a run, or a call that then says so.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitExceeded {
    /// Bytes in memories and tables.
    Memory(u64),
    /// Seconds of computing.
    Cpu(u64),
    /// Seconds from start to end.
    Wall(u64),
    /// Bytes in the spool.
    SpoolBytes(u64),
    /// Requests of a run.
    Requests(u64),
    /// Connections opened for a run.
    Connections(u64),
    /// Bytes of a run's requests.
    SentBytes(u64),
    /// Bytes of the replies to a run.
    ReceivedBytes(u64),
    /// Headers of a request or a reply.
    Headers(u64),
    /// Bytes of a request's or a reply's headers.
    HeaderBytes(u64),
    /// Bytes of a URL.
    UrlBytes(u64),
    /// Lines logged by a run.
    LogLines(u64),
    /// Accounts, blobs and replies held by a run.
    Handles(u64),
    /// Bytes in the memories and tables of a tenant's runs.
    TenantMemory(u64),
    /// Seconds of computing of a tenant's runs.
    TenantCpu(u64),
    /// Bytes in the spools of a tenant's runs.
    TenantSpoolBytes(u64),
    /// Accounts, blobs and replies held by a tenant's runs.
    TenantHandles(u64),
    /// Open connections of a tenant.
    TenantConnections(u64),
    /// Runs of a tenant at a time.
    TenantRuns(u64),
}

impl LimitExceeded {
    /// The key in the configuration that sets the limit.
    #[must_use]
    pub fn setting(&self) -> &'static str {
        match self {
            Self::Memory(_) => "limits.memory",
            Self::Cpu(_) => "limits.cpu_seconds",
            Self::Wall(_) => "limits.wall_seconds",
            Self::SpoolBytes(_) => "limits.spool_bytes",
            Self::Requests(_) => "limits.requests",
            Self::Connections(_) => "limits.connections",
            Self::SentBytes(_) => "limits.sent_bytes",
            Self::ReceivedBytes(_) => "limits.received_bytes",
            Self::Headers(_) => "limits.headers",
            Self::HeaderBytes(_) => "limits.header_bytes",
            Self::UrlBytes(_) => "limits.url_bytes",
            Self::LogLines(_) => "limits.log_lines",
            Self::Handles(_) => "limits.handles",
            Self::TenantMemory(_) => "limits.tenant.memory",
            Self::TenantCpu(_) => "limits.tenant.cpu_seconds",
            Self::TenantSpoolBytes(_) => "limits.tenant.spool_bytes",
            Self::TenantHandles(_) => "limits.tenant.handles",
            Self::TenantConnections(_) => "limits.tenant.connections",
            Self::TenantRuns(_) => "limits.tenant.runs",
        }
    }

    fn event(&self) -> String {
        match self {
            Self::Memory(n) => format!("the component asked for more than {n} bytes of memory"),
            Self::Cpu(n) => format!("the component computed for more than {n} s"),
            Self::Wall(n) => format!("the run took longer than {n} s"),
            Self::SpoolBytes(n) => format!("the run's spool has no room beyond {n} bytes"),
            Self::Requests(n) => format!("the run has sent {n} requests"),
            Self::Connections(n) => format!("the run may not open more than {n} connections"),
            Self::SentBytes(n) => format!("the run may not send more than {n} bytes"),
            Self::ReceivedBytes(n) => format!("the run may not receive more than {n} bytes"),
            Self::Headers(n) => format!("there are more than {n} headers"),
            Self::HeaderBytes(n) => format!("the headers have more than {n} bytes"),
            Self::UrlBytes(n) => format!("the URL is longer than {n} bytes"),
            Self::LogLines(n) => format!("the component logged more than {n} lines"),
            Self::Handles(n) => {
                format!("the component held more than {n} accounts, blobs and replies")
            }
            Self::TenantMemory(n) => {
                format!("the tenant's runs asked for more than {n} bytes of memory together")
            }
            Self::TenantCpu(n) => {
                format!("the tenant's runs computed for more than {n} s together")
            }
            Self::TenantSpoolBytes(n) => {
                format!("the spools of the tenant's runs have no room beyond {n} bytes together")
            }
            Self::TenantHandles(n) => {
                format!("the tenant's runs held more than {n} accounts, blobs and replies together")
            }
            Self::TenantConnections(n) => {
                format!("the tenant may not have more than {n} connections open at a time")
            }
            Self::TenantRuns(n) => {
                format!("the tenant may not have more than {n} runs under way at a time")
            }
        }
    }
}

impl fmt::Display for LimitExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (the limit is `{}`)", self.event(), self.setting())
    }
}

impl std::error::Error for LimitExceeded {}
