//! Only in debug builds: dies by SIGKILL at the Nth crossing between component and host, so that tests can
//! kill a run wherever that may matter. `WRITEBACK_DIES_AT` has the number.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::process::{Signal, getpid, kill_process};
use writeback_host::Probe;

/// What counts the crossings, where it is asked for.
pub fn probe() -> Option<Probe> {
    let last: u64 = std::env::var("WRITEBACK_DIES_AT").ok()?.parse().ok()?;
    let crossings = AtomicU64::new(0);
    Some(Probe {
        memories: None,
        look: Arc::new(move || {
            if crossings.fetch_add(1, Ordering::Relaxed) + 1 == last {
                let _ = kill_process(getpid(), Signal::KILL);
            }
        }),
        reproducible: false,
    })
}
