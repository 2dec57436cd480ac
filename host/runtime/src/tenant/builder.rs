//! Puts a tenant together: its configuration, and what the program brings of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use writeback_policy::AllowedOrigin;

use super::{Inner, Quotas, Tenant};
use crate::clock::{Clock, SystemClock};
use crate::config::{SecretSource, TenantConfig};
use crate::credentials::{Account, SecretSources, SecretStore};
use crate::egress::HttpClient;
use crate::error::Error;
use crate::quota::Share;
use crate::spool::{Files, SpoolStore};
use crate::state::{Disk, SystemDisk};

/// A tenant to be. [`Tenant::builder`] begins one.
#[must_use = "`build` makes the tenant"]
pub struct TenantBuilder {
    config: TenantConfig,
    clock: Arc<dyn Clock>,
    disk: Arc<dyn Disk>,
    secrets: Option<Arc<dyn SecretStore>>,
    spools: Option<Arc<dyn SpoolStore>>,
}

impl std::fmt::Debug for TenantBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TenantBuilder")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl TenantBuilder {
    pub(super) fn new(config: TenantConfig) -> Self {
        Self {
            config,
            clock: Arc::new(SystemClock),
            disk: Arc::new(SystemDisk),
            secrets: None,
            spools: None,
        }
    }

    /// The clock that its runs and sign-ins live by. Default: [`SystemClock`].
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Where the secrets are that its configuration names `{ store = "KEY" }`. Default: nowhere.
    pub fn secrets(mut self, store: Arc<dyn SecretStore>) -> Self {
        self.secrets = Some(store);
        self
    }

    /// Where its runs keep their blobs. Default: files of the state folder.
    pub fn spools(mut self, spools: Arc<dyn SpoolStore>) -> Self {
        self.spools = Some(spools);
        self
    }

    /// What its runs' state is written through. For tests of crashes.
    #[doc(hidden)]
    pub fn disk(mut self, disk: Arc<dyn Disk>) -> Self {
        self.disk = disk;
        self
    }

    /// The tenant.
    ///
    /// # Errors
    /// As [`Tenant::new`].
    pub fn build(self) -> Result<Tenant, Error> {
        let Self {
            config,
            clock,
            disk,
            secrets,
            spools,
        } = self;
        if secrets.is_none() {
            check_unneeded(&config)?;
        }
        let sources = Arc::new(SecretSources::new(config.vault.clone()).with_store(secrets));
        let mut accounts = BTreeMap::new();
        for (name, account) in &config.accounts {
            let account =
                Account::new(name, account, &sources, &config.state_dir).map_err(Error::Config)?;
            let exempt = &config.egress.allow_addresses;
            account
                .binding
                .check_schemes(exempt)
                .map_err(Error::Config)?;
            accounts.insert(name.clone(), Arc::new(account));
        }
        let client =
            HttpClient::new(&config.egress, &config.limits, &sources).map_err(Error::Config)?;
        let allow = config.egress.allow.iter();
        let allow = allow
            .map(|text| AllowedOrigin::parse(text))
            .collect::<Result<_, _>>()
            .map_err(|error| Error::Config(format!("`egress.allow`: {error}")))?;
        let quotas = Quotas::new(&config.limits.tenant);
        let files = || Arc::new(Files::new(Arc::clone(&disk), config.state_dir.clone()));
        Ok(Tenant(Arc::new(Inner {
            accounts,
            client,
            allow,
            interrupted: Mutex::new(Share::of([Arc::clone(&quotas.spool_bytes)])),
            quotas,
            limits: config.limits,
            spools: spools.unwrap_or_else(|| files()),
            state_dir: config.state_dir,
            resume_within: config.resume_within.duration(),
            keep_runs: config.keep_runs.duration(),
            clock,
            disk,
        })))
    }
}

/// No secret may be in a store where there is none.
fn check_unneeded(config: &TenantConfig) -> Result<(), Error> {
    let accounts = config.accounts.iter().flat_map(|(name, account)| {
        let secrets = account.secrets().into_iter();
        secrets.map(move |(key, source)| (format!("accounts.{name}.{key}"), source))
    });
    let proxy = config.egress.proxy_password.iter();
    let proxy = proxy.map(|source| ("egress.proxy_password".to_owned(), source));
    for (key, source) in accounts.chain(proxy) {
        if let SecretSource::Store(_) = source {
            return Err(Error::Config(format!(
                "`{key}` is kept in a store, and this program has none\n\
                 hint: say where the secret is with `env`, `file`, `exec` or `vault`"
            )));
        }
    }
    Ok(())
}
