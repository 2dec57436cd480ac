//! What one run has: a store of its own, limits, and the capabilities lent to it. Everything in
//! here is dropped with the run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::ResourceTable;
use wasmtime::{Store, UpdateDeadline};

use crate::cancel::CancelToken;
use crate::cpu_clock::CpuClock;
use crate::credentials::{AccessToken, Account};
use crate::links::Links;
use crate::meter::{CpuMeter, MemoryMeter};
use crate::ports::spool::Spool;
use crate::probe::Probe;
use crate::progress::Progress;
use crate::run_folder::RunFolder;
use crate::tenant::Tenant;

/// Resources (accounts, blobs, replies) that a component may hold at a time.
const HANDLES: usize = 1000;
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
    pub(crate) links: Links,
    pub(crate) folder: RunFolder,
    pub(crate) spool: Spool,
    pub(crate) progress: Arc<dyn Progress>,
    pub(crate) log_lines: u64,
    pub(crate) cancel: CancelToken,
    pub(crate) requests: u64,
}

/// What a run knows of an account's sign-in.
#[derive(Default)]
pub(crate) struct Session {
    /// The token that the run used last.
    pub(crate) token: Option<Arc<AccessToken>>,
    pub(crate) renewals: u32,
}

impl Sandbox {
    pub(crate) fn new(
        tenant: Tenant,
        lent: Lent,
        progress: Arc<dyn Progress>,
        cancel: CancelToken,
    ) -> Self {
        let limits = tenant.limits();
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        Self {
            table,
            memory: MemoryMeter::new(limits.memory),
            lent,
            sessions: BTreeMap::new(),
            links: Links::default(),
            folder: RunFolder::new(tenant.state_dir()),
            spool: Spool::new(limits.spool_bytes),
            progress,
            log_lines: 0,
            cancel,
            requests: 0,
            tenant,
        }
    }
}

/// A store for one run, with its limits in force, `clock` among them.
pub(crate) fn store(
    engine: &wasmtime::Engine,
    sandbox: Sandbox,
    probe: Option<&Probe>,
    clock: CpuClock,
) -> (Store<Sandbox>, Arc<CpuMeter>) {
    let limit = Duration::from_secs(sandbox.tenant.limits().cpu_seconds);
    let meter = Arc::new(CpuMeter::new(limit, clock));
    let mut store = Store::new(engine, sandbox);
    store.limiter(|sandbox| &mut sandbox.memory);
    store.set_hostcall_fuel(CALL_BYTES);
    store.set_max_component_handles(HANDLES);
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
