//! What a run uses, for whoever pays or plans for it: counted while it goes on, read at any time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::StatusCode;

use crate::meter::nanoseconds;

/// Counts what the runs that it was given to use ([`Run::measure`](crate::Run::measure)), however they end.
/// Clones share one count.
#[derive(Clone, Debug, Default)]
pub struct UsageMeter(Arc<Counts>);

/// What was used so far. Sign-ins are the tenant's and not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// Requests of the component that were sent.
    pub requests: u64,
    /// Of these, how many were answered 429 or 503.
    pub throttled: u64,
    /// Bytes of requests: URLs, headers and bodies. One that broke off counts whole.
    pub sent_bytes: u64,
    /// Bytes of replies: headers and bodies.
    pub received_bytes: u64,
    /// Time that the component computed.
    pub cpu: Duration,
    /// The most memory that one sandbox had, in bytes.
    pub peak_memory: u64,
}

#[derive(Debug, Default)]
struct Counts {
    requests: AtomicU64,
    throttled: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
    /// In nanoseconds.
    cpu: AtomicU64,
    memory: AtomicU64,
}

impl UsageMeter {
    /// A meter at zero.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What was used so far.
    #[must_use]
    pub fn read(&self) -> Usage {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Usage {
            requests: read(&self.0.requests),
            throttled: read(&self.0.throttled),
            sent_bytes: read(&self.0.sent),
            received_bytes: read(&self.0.received),
            cpu: Duration::from_nanos(read(&self.0.cpu)),
            peak_memory: read(&self.0.memory),
        }
    }

    pub(crate) fn sent(&self, bytes: u64) {
        self.0.requests.fetch_add(1, Ordering::Relaxed);
        self.0.sent.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn answered(&self, status: StatusCode) {
        if matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
        ) {
            self.0.throttled.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn received(&self, bytes: u64) {
        self.0.received.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn computed(&self, time: Duration) {
        self.0.cpu.fetch_add(nanoseconds(time), Ordering::Relaxed);
    }

    /// A sandbox has so much memory now.
    pub(crate) fn holds(&self, bytes: u64) {
        self.0.memory.fetch_max(bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_add_up_and_the_largest_memory_stays() {
        let meter = UsageMeter::new();
        let shared = meter.clone();
        shared.sent(10);
        shared.sent(5);
        shared.received(7);
        for status in [200, 429, 503, 500] {
            shared.answered(StatusCode::from_u16(status).unwrap());
        }
        shared.computed(Duration::from_millis(3));
        shared.holds(200);
        shared.holds(100);
        let expected = Usage {
            requests: 2,
            throttled: 2,
            sent_bytes: 15,
            received_bytes: 7,
            cpu: Duration::from_millis(3),
            peak_memory: 200,
        };
        assert_eq!(meter.read(), expected);
    }
}
