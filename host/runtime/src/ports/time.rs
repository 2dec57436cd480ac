//! The tenant's clock. A pause ends early when the run is being cancelled.

use std::time::Duration;

use crate::bindings::writeback::connector::time::{Cancelled, Host};
use crate::clock::unix_millis;
use crate::sandbox::Sandbox;

impl Host for Sandbox {
    async fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(unix_millis(self.tenant.clock().now()))
    }

    async fn sleep(&mut self, milliseconds: u64) -> wasmtime::Result<Result<(), Cancelled>> {
        // The run is over by then; timers reject durations of centuries.
        let longest = Duration::from_secs(self.tenant.limits().wall_seconds.saturating_add(1));
        let pause = Duration::from_millis(milliseconds).min(longest);
        Ok(tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Cancelled::Cancelled),
            () = self.tenant.clock().sleep(pause) => Ok(()),
        })
    }
}
