//! A clock that stands still until a test moves it.

use std::sync::atomic::{AtomicI64, Ordering};

use writeback_server::time::{Clock, Millis};

/// 2026-03-02, a Monday, at 06:00 UTC.
pub const START: Millis = 1_772_431_200_000;

/// The clock.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl Default for TestClock {
    fn default() -> Self {
        Self(AtomicI64::new(START))
    }
}

impl TestClock {
    /// Lets time pass.
    pub fn pass(&self, time: Millis) {
        self.0.fetch_add(time, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Millis {
        self.0.load(Ordering::SeqCst)
    }
}
