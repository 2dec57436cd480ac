//! What an operator decides for all tenants.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use writeback_host::config::Config;
use writeback_host::{Clock, Connector, SystemClock};

/// How a [`Fleet`](crate::Fleet) is set up.
#[non_exhaustive]
pub struct Options {
    /// Folder for spools and the like, made with mode 0700 where it is missing. Processes may share it.
    pub data: PathBuf,
    /// What the operator allows: `egress`, `limits`, and `vault` where the proxy's password is in one. A tenant can
    /// narrow the first two, never widen them. Accounts and state in it are nobody's.
    pub operator: Config,
    /// The connector, where one is loaded already. Default: the shipped one.
    pub connector: Option<Connector>,
    /// Folder that keeps compiled code for the next start. Default: `cache` of the data folder.
    pub cache: Option<PathBuf>,
    /// The clock that runs and sign-ins live by. Default: the machine's.
    pub clock: Arc<dyn Clock>,
    /// Tenants that are kept at hand without a run under way. Default: 256.
    pub idle_tenants: usize,
    /// How long one of them is kept. Default: 15 minutes.
    pub idle_for: Duration,
}

impl Options {
    /// The shipped connector and the machine's clock, with state in `data`, under what `operator` allows.
    #[must_use]
    pub fn new(data: impl Into<PathBuf>, operator: Config) -> Self {
        let data = data.into();
        Self {
            cache: Some(data.join("cache")),
            data,
            operator,
            connector: None,
            clock: Arc::new(SystemClock),
            idle_tenants: 256,
            idle_for: Duration::from_secs(15 * 60),
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("data", &self.data)
            .field("operator", &self.operator)
            .finish_non_exhaustive()
    }
}
