//! What one run has: a store of its own, limits, and the capabilities lent to it. Everything in
//! here is dropped with the run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::Shared;
use wasmtime::component::{Resource, ResourceTable};
use wasmtime::{Store, UpdateDeadline};
use writeback_policy::{LimitExceeded, Link, Links};

use crate::boxed::BoxFuture;
use crate::cancel::CancelToken;
use crate::cpu_clock::CpuClock;
use crate::credentials::{AccessToken, Account, SignInError};
use crate::egress::Traffic;
use crate::meter::{CpuMeter, MemoryMeter};
use crate::ports::checkpoint::Place;
use crate::ports::exclusive::Turn;
use crate::ports::http::ahead::Ahead;
use crate::ports::spool::Spool;
use crate::probe::Probe;
use crate::progress::Progress;
use crate::quota::{Quota, Share};
use crate::state::saved_links::SavedLinks;
use crate::state::{RunKey, Turns};
use crate::tenant::Tenant;
use crate::usage::UsageMeter;

/// Bytes that the host copies out of the component in one call: parameters of an import.
const CALL_BYTES: usize = 16 << 20;

/// The accounts that a run asked for: what it got, or why not.
pub(crate) type Lent = BTreeMap<String, Result<Arc<Account>, String>>;

/// The state behind a run's imports.
pub(crate) struct Sandbox {
    pub(crate) table: ResourceTable,
    pub(crate) memory: MemoryMeter,
    pub(crate) tenant: Tenant,
    pub(crate) lent: Lent,
    pub(crate) sessions: BTreeMap<String, Session>,
    /// Exchanges begun before they are asked for.
    pub(crate) ahead: Ahead,
    pub(crate) links: Arc<Links>,
    /// Those that the checkpoint on disk names.
    pub(crate) saved_links: BTreeSet<usize>,
    /// Where the state of a run is kept that may go on after a crash.
    pub(crate) kept: Option<Place>,
    pub(crate) spool: Spool,
    /// What the run holds against all others.
    pub(crate) turn: Option<Turn>,
    /// Who gives it, unless it is a file of the state folder.
    pub(crate) turns: Option<Arc<dyn Turns>>,
    pub(crate) progress: Arc<dyn Progress>,
    pub(crate) log_lines: Arc<Quota>,
    pub(crate) cancel: CancelToken,
    pub(crate) traffic: Arc<Traffic>,
    usage: UsageMeter,
    handles: Share,
}

/// What a run knows of an account's sign-in.
#[derive(Default)]
pub(crate) struct Session {
    /// The token that the run used last.
    pub(crate) token: Option<Arc<AccessToken>>,
    pub(crate) renewals: u32,
    /// The first sign-in, where it was begun ahead and nobody has asked for it yet.
    pub(crate) signing_in: Option<SigningIn>,
}

/// A sign-in that several wait for: one that fails has failed for all of them.
pub(crate) type SigningIn = Shared<BoxFuture<'static, Result<Arc<AccessToken>, SignInError>>>;

impl Sandbox {
    pub(crate) fn new(
        tenant: Tenant,
        lent: Lent,
        progress: Arc<dyn Progress>,
        cancel: CancelToken,
        usage: UsageMeter,
    ) -> Self {
        let (limits, quotas) = (tenant.limits(), tenant.quotas());
        let both = |limit, exceeded, tenant: &Arc<Quota>| {
            Share::of([Quota::new(limit, exceeded), Arc::clone(tenant)])
        };
        Self {
            table: ResourceTable::new(),
            memory: MemoryMeter::new(
                both(limits.memory, LimitExceeded::Memory, &quotas.memory),
                usage.clone(),
            ),
            handles: both(limits.handles, LimitExceeded::Handles, &quotas.handles),
            links: Arc::default(),
            saved_links: BTreeSet::new(),
            lent,
            sessions: BTreeMap::new(),
            ahead: Ahead::default(),
            kept: None,
            spool: Spool::new(
                Arc::clone(tenant.spools()),
                both(
                    limits.spool_bytes,
                    LimitExceeded::SpoolBytes,
                    &quotas.spool_bytes,
                ),
            ),
            turn: None,
            turns: None,
            progress,
            log_lines: Quota::new(limits.log_lines, LimitExceeded::LogLines),
            cancel,
            traffic: Arc::new(Traffic::new(limits, usage.clone())),
            usage,
            tenant,
        }
    }

    /// The same for a run that is kept, with what an earlier attempt of it left.
    pub(crate) fn keeping(self, key: RunKey, place: Place, links: &SavedLinks) -> Self {
        Self {
            kept: Some(place),
            spool: self.spool.keeping(key),
            links: Arc::new(restored(links, &self.lent)),
            saved_links: links.keys().copied().collect(),
            ..self
        }
    }

    /// Makes room for one more handle, to be followed by [`hold`](Self::hold) or
    /// [`release_room`](Self::release_room).
    pub(crate) fn room(&mut self) -> Result<(), LimitExceeded> {
        self.handles.take(1)
    }

    pub(crate) fn release_room(&mut self) {
        self.handles.give(1);
    }

    /// Hands `entry` to the component, in the room that was made for it.
    pub(crate) fn hold<T: Send + 'static>(&mut self, entry: T) -> wasmtime::Result<Resource<T>> {
        Ok(self.table.push(entry)?)
    }

    /// Takes back what the component lets go of.
    pub(crate) fn release<T: 'static>(&mut self, handle: Resource<T>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        self.release_room();
        Ok(())
    }
}

/// The links of an earlier attempt, as far as the run still has their accounts.
fn restored(links: &SavedLinks, lent: &Lent) -> Links {
    let links = links.iter().filter_map(|(number, link)| {
        let account = lent.get(&link.account)?.as_ref().ok()?;
        let link = Link {
            url: Arc::new(link.url.clone()),
            account: Arc::clone(&account.binding),
        };
        Some((*number, link))
    });
    Links::restored(links.collect())
}

/// A store for one run, with its limits in force, `clock` among them.
pub(crate) fn store(
    engine: &wasmtime::Engine,
    sandbox: Sandbox,
    probe: Option<&Probe>,
    clock: CpuClock,
) -> (Store<Sandbox>, Arc<CpuMeter>) {
    let limits = sandbox.tenant.limits();
    let (computing, handles) = (Duration::from_secs(limits.cpu_seconds), limits.handles);
    let tenant = Arc::clone(&sandbox.tenant.quotas().cpu);
    let usage = sandbox.usage.clone();
    let meter = Arc::new(CpuMeter::new(computing, clock, tenant, usage));
    let mut store = Store::new(engine, sandbox);
    store.limiter(|sandbox| &mut sandbox.memory);
    store.set_hostcall_fuel(CALL_BYTES);
    // Wasmtime also counts what is lent for a call: ours is reached first, except by a component
    // that hoards resources of its own.
    store.set_max_component_handles(
        usize::try_from(handles.saturating_mul(2)).unwrap_or(usize::MAX),
    );
    let (hooked, look) = (
        Arc::clone(&meter),
        probe.map(|probe| Arc::clone(&probe.look)),
    );
    store.call_hook(move |_, transition| {
        if let Some(look) = &look {
            look();
        }
        hooked.hook(transition).map_err(wasmtime::Error::new)
    });
    let checked = Arc::clone(&meter);
    store.epoch_deadline_callback(move |_| {
        checked.check().map_err(wasmtime::Error::new)?;
        Ok(UpdateDeadline::Yield(1))
    });
    store.set_epoch_deadline(1);
    (store, meter)
}

#[cfg(test)]
#[path = "sandbox_tests.rs"]
mod tests;
