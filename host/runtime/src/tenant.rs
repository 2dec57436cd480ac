//! One tenant: its accounts, its connections, its limits. Tenants share compiled code and nothing else.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use writeback_policy::{AllowedOrigin, LimitExceeded};

use crate::clock::Clock;
use crate::config::{Limits, TenantConfig, TenantLimits};
use crate::credentials::Account;
use crate::egress::HttpClient;
use crate::error::Error;
use crate::meter::nanoseconds;
use crate::quota::{Quota, Share};
use crate::spool::SpoolStore;
use crate::state::{Disk, Runs};

mod builder;

pub use builder::TenantBuilder;

/// One tenant. Clones share its token cache and its connections.
#[derive(Clone)]
pub struct Tenant(Arc<Inner>);

struct Inner {
    accounts: BTreeMap<String, Arc<Account>>,
    client: HttpClient,
    limits: Limits,
    quotas: Quotas,
    allow: Vec<AllowedOrigin>,
    state_dir: PathBuf,
    resume_within: Duration,
    keep_runs: Duration,
    clock: Arc<dyn Clock>,
    disk: Arc<dyn Disk>,
    spools: Arc<dyn SpoolStore>,
    /// What interrupted runs keep on disk.
    interrupted: Mutex<Share>,
}

/// What the tenant's runs use together. Its connections are the client's to count.
pub(crate) struct Quotas {
    pub(crate) runs: Arc<Quota>,
    pub(crate) memory: Arc<Quota>,
    pub(crate) spool_bytes: Arc<Quota>,
    pub(crate) handles: Arc<Quota>,
    /// In nanoseconds.
    pub(crate) cpu: Arc<Quota>,
}

impl Quotas {
    fn new(limits: &TenantLimits) -> Self {
        let cpu = nanoseconds(Duration::from_secs(limits.cpu_seconds));
        let in_seconds = |limit| LimitExceeded::TenantCpu(Duration::from_nanos(limit).as_secs());
        Self {
            runs: Quota::new(limits.runs, LimitExceeded::TenantRuns),
            memory: Quota::new(limits.memory, LimitExceeded::TenantMemory),
            spool_bytes: Quota::new(limits.spool_bytes, LimitExceeded::TenantSpoolBytes),
            handles: Quota::new(limits.handles, LimitExceeded::TenantHandles),
            cpu: Quota::new(cpu, in_seconds),
        }
    }
}

impl std::fmt::Debug for Tenant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tenant")
            .field("accounts", &self.0.accounts.keys())
            .finish_non_exhaustive()
    }
}

impl Tenant {
    /// A tenant with what comes with the library: the machine's clock, spools in files of the state
    /// folder, no secret store. Reads no secret and opens no connection.
    ///
    /// # Errors
    /// [`Error::Config`]: an endpoint or host that cannot be used, a `ca_file` that cannot be read, or a
    /// secret of a store that nobody gave.
    pub fn new(config: TenantConfig) -> Result<Self, Error> {
        Self::builder(config).build()
    }

    /// The same, with what the program brings of its own.
    pub fn builder(config: TenantConfig) -> TenantBuilder {
        TenantBuilder::new(config)
    }

    pub(crate) fn accounts(&self) -> &BTreeMap<String, Arc<Account>> {
        &self.0.accounts
    }

    pub(crate) fn client(&self) -> &HttpClient {
        &self.0.client
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn quotas(&self) -> &Quotas {
        &self.0.quotas
    }

    /// What may be reached besides the accounts' services.
    pub(crate) fn allow(&self) -> &[AllowedOrigin] {
        &self.0.allow
    }

    pub(crate) fn state_dir(&self) -> &std::path::Path {
        &self.0.state_dir
    }

    /// The runs on record in the state folder.
    #[must_use]
    pub fn runs(&self) -> Runs {
        Runs::new(self.clone())
    }

    pub(crate) fn resume_within(&self) -> Duration {
        self.0.resume_within
    }

    pub(crate) fn keep_runs(&self) -> Duration {
        self.0.keep_runs
    }

    pub(crate) fn disk(&self) -> &Arc<dyn Disk> {
        &self.0.disk
    }

    pub(crate) fn spools(&self) -> &Arc<dyn SpoolStore> {
        &self.0.spools
    }

    /// Counts what interrupted runs keep, instead of what they kept when this was last called.
    pub(crate) fn hold_interrupted(&self, bytes: u64) -> Result<(), LimitExceeded> {
        let held = self.0.interrupted.lock();
        let mut held = held.unwrap_or_else(PoisonError::into_inner);
        held.give(u64::MAX);
        held.take(bytes)
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }
}
