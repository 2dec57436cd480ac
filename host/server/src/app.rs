//! What every part of the server shares.

use std::ops::Deref;
use std::sync::Arc;

use tokio::sync::Notify;

use crate::api::Rates;
use crate::db::Db;
use crate::error::Result;
use crate::keys::{MasterKeys, TenantKey};
use crate::metrics::Metrics;
use crate::runner::Runner;
use crate::settings::Settings;
use crate::store::tenants::TenantRow;
use crate::time::Clock;

/// The server's parts. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The keys.
    pub keys: MasterKeys,
    /// The sandbox.
    pub runner: Arc<dyn Runner>,
    /// What the operator chose.
    pub settings: Settings,
    /// What is measured.
    pub metrics: Metrics,
    /// Requests of each token.
    pub rates: Rates,
    /// Runs were queued, or ended: there may be something to admit.
    pub queue: Notify,
    /// There may be something to deliver.
    pub post: Notify,
}

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        keys: MasterKeys,
        runner: Arc<dyn Runner>,
        settings: Settings,
    ) -> Self {
        Self(Arc::new(Parts {
            metrics: Metrics::default(),
            rates: Rates::new(&settings),
            db,
            clock,
            keys,
            runner,
            settings,
            queue: Notify::new(),
            post: Notify::new(),
        }))
    }

    /// A tenant's key.
    pub(crate) fn key_of(&self, tenant: &TenantRow) -> Result<TenantKey> {
        self.keys.open(&tenant.id, &tenant.key)
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}
