//! What one call of the connector has: accounts, links, blobs. An instance serves one call at a time.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use writeback_policy::config::{Config, Limits, Period};
use writeback_policy::{AllowedOrigin, Binding, Links};

use super::accounts::Account;
use super::spool::Blob;
use super::state::RunFolder;

/// See the module.
#[derive(Default)]
pub(super) struct World {
    /// Whether the configuration was read.
    pub(super) begun: bool,
    pub(super) accounts: BTreeMap<String, Rc<Account>>,
    pub(super) bindings: Vec<Arc<Binding>>,
    pub(super) allow: Vec<AllowedOrigin>,
    pub(super) limits: Limits,
    pub(super) resume_within: Duration,
    pub(super) links: RefCell<Rc<Links>>,
    pub(super) folder: RefCell<Option<RunFolder>>,
    pub(super) blobs: RefCell<BTreeMap<String, Rc<RefCell<Blob>>>>,
    /// Requests sent.
    pub(super) requests: Cell<u64>,
    /// Bytes in all blobs.
    pub(super) spooled: Cell<u64>,
}

thread_local! {
    static WORLD: RefCell<Rc<World>> = RefCell::default();
}

/// The current one.
pub(super) fn world() -> Rc<World> {
    WORLD.with_borrow(Rc::clone)
}

/// Begins anew with a configuration.
pub(super) fn begin(config: &Config) -> Result<(), String> {
    let exempt = &config.egress.allow_addresses;
    let mut accounts = BTreeMap::new();
    for (name, account) in &config.accounts {
        let binding = Binding::new(name, account)?;
        binding.check_schemes(exempt)?;
        let account = Account::new(Arc::new(binding), account.clone());
        accounts.insert(name.clone(), Rc::new(account));
    }
    let allow = config.egress.allow.iter();
    let allow = allow.map(|text| AllowedOrigin::parse(text));
    let world = World {
        begun: true,
        bindings: accounts
            .values()
            .map(|account| Arc::clone(&account.binding))
            .collect(),
        accounts,
        allow: allow.collect::<Result<_, _>>()?,
        limits: config.limits.clone(),
        resume_within: config
            .state
            .resume_within
            .unwrap_or(Period::days(1))
            .duration(),
        ..World::default()
    };
    WORLD.set(Rc::new(world));
    Ok(())
}

/// Shows in the state folder, if there is one, that the run is under way.
pub(super) fn alive() {
    if let Some(folder) = &mut *world().folder.borrow_mut() {
        folder.alive();
    }
}
