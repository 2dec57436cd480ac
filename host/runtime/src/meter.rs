//! Counts what the component uses: computing time between host calls, and memory over all of its
//! memories and tables.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use wasmtime::{CallHook, ResourceLimiter};
use writeback_policy::LimitExceeded;

use crate::cpu_clock::CpuClock;
use crate::quota::{Quota, Share};
use crate::usage::UsageMeter;

/// Computing time of one run. Time spent in host calls, or waiting to be polled, is not counted.
///
/// A run may move between threads when it waits, never while it is polled. So the clock, which is the
/// thread's own, is read at both ends of each poll.
pub(crate) struct CpuMeter {
    limit: Duration,
    clock: CpuClock,
    state: Mutex<Computing>,
}

struct Computing {
    used: Duration,
    /// The same time, charged to the tenant.
    tenant: Share,
    usage: UsageMeter,
    /// Whether the component, not the host, has the run's turn.
    inside: bool,
    /// Start of the time that is not yet in `used`: set while inside and being polled.
    since: Option<Duration>,
}

impl CpuMeter {
    /// `tenant` counts nanoseconds over all runs.
    pub(crate) fn new(
        limit: Duration,
        clock: CpuClock,
        tenant: Arc<Quota>,
        usage: UsageMeter,
    ) -> Self {
        let state = Computing {
            used: Duration::ZERO,
            tenant: Share::of([tenant]),
            usage,
            inside: false,
            since: None,
        };
        Self {
            limit,
            clock,
            state: Mutex::new(state),
        }
    }

    /// Follows the run's turn between host and component.
    pub(crate) fn hook(&self, transition: CallHook) -> Result<(), LimitExceeded> {
        let mut state = self.state();
        state.pause(self.clock);
        state.inside = transition.exiting_host();
        state.proceed(self.clock);
        state.verdict(self.limit)
    }

    pub(crate) fn check(&self) -> Result<(), LimitExceeded> {
        let mut state = self.state();
        state.pause(self.clock);
        state.proceed(self.clock);
        state.verdict(self.limit)
    }

    fn state(&self) -> MutexGuard<'_, Computing> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Computing {
    /// Counts the component's time so far, and none from here on.
    fn pause(&mut self, clock: CpuClock) {
        if let Some(since) = self.since.take() {
            let more = clock().saturating_sub(since);
            self.used += more;
            self.usage.computed(more);
            // Whoever asks for the verdict is told.
            let _ = self.tenant.charge(nanoseconds(more));
        }
    }

    /// Counts from here on, if it is the component's turn. The clock costs a system call: nobody else's time needs it.
    fn proceed(&mut self, clock: CpuClock) {
        self.since = self.inside.then(clock);
    }

    fn verdict(&mut self, limit: Duration) -> Result<(), LimitExceeded> {
        match self.used > limit {
            true => Err(LimitExceeded::Cpu(limit.as_secs())),
            false => self.tenant.charge(0),
        }
    }
}

pub(crate) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// A run whose time between polls is not charged.
pub(crate) struct Metered<F> {
    run: Pin<Box<F>>,
    meter: Arc<CpuMeter>,
}

impl<F: Future> Metered<F> {
    pub(crate) fn new(run: F, meter: Arc<CpuMeter>) -> Self {
        Self {
            run: Box::pin(run),
            meter,
        }
    }
}

impl<F: Future> Future for Metered<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.meter.state().proceed(self.meter.clock);
        let polled = self.run.as_mut().poll(cx);
        self.meter.state().pause(self.meter.clock);
        polled
    }
}

/// Memory of one run. `StoreLimits` would bound each memory and table, not their sum.
pub(crate) struct MemoryMeter(Share, UsageMeter);

/// What a table's element takes in the host.
const ELEMENT_BYTES: u64 = size_of::<usize>() as u64;

impl MemoryMeter {
    pub(crate) fn new(share: Share, usage: UsageMeter) -> Self {
        Self(share, usage)
    }

    fn grow(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
        unit: u64,
    ) -> wasmtime::Result<bool> {
        // Beyond its own maximum it does not grow, so nothing is charged.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let more = (desired.saturating_sub(current) as u64).saturating_mul(unit);
        self.0.take(more).map_err(wasmtime::Error::new)?;
        self.1.holds(self.0.held());
        Ok(true)
    }
}

impl ResourceLimiter for MemoryMeter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.grow(current, desired, maximum, 1)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.grow(current, desired, maximum, ELEMENT_BYTES)
    }

    fn instances(&self) -> usize {
        32
    }

    fn tables(&self) -> usize {
        32
    }

    fn memories(&self) -> usize {
        32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu_clock::thread_time;

    fn memory(limit: u64) -> MemoryMeter {
        MemoryMeter::new(
            Share::of([Quota::new(limit, LimitExceeded::Memory)]),
            UsageMeter::new(),
        )
    }

    #[test]
    fn memories_and_tables_share_one_limit() {
        let mut meter = memory(1000);
        assert!(meter.memory_growing(0, 500, None).unwrap());
        assert!(meter.memory_growing(0, 300, None).unwrap());
        assert!(meter.table_growing(0, 20, None).unwrap());
        let error = meter.memory_growing(300, 400, None).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&LimitExceeded::Memory(1000)));
        assert_eq!(
            error.to_string(),
            "the component asked for more than 1000 bytes of memory (the limit is `limits.memory`)"
        );
        assert!(meter.memory_growing(300, 340, None).unwrap());
    }

    #[test]
    fn growing_beyond_its_own_maximum_costs_nothing() {
        let mut meter = memory(1000);
        assert!(!meter.memory_growing(0, 900, Some(800)).unwrap());
        assert!(meter.memory_growing(0, 1000, Some(1000)).unwrap());
    }

    #[test]
    fn only_the_components_own_time_is_counted() {
        let tenant = Quota::new(u64::MAX, LimitExceeded::TenantCpu);
        let meter = CpuMeter::new(Duration::ZERO, thread_time, tenant, UsageMeter::new());
        meter.state().proceed(thread_time);
        assert_eq!(meter.check(), Ok(()));
        assert_eq!(meter.hook(CallHook::CallingHost), Ok(()));
        assert_eq!(meter.check(), Ok(()));
        let _ = meter.hook(CallHook::ReturningFromHost);
        while meter.check().is_ok() {}
        assert_eq!(meter.check(), Err(LimitExceeded::Cpu(0)));
    }

    #[test]
    fn the_tenants_runs_share_one_computing_time() {
        let tenant = Quota::new(nanoseconds(Duration::from_millis(1)), |_| {
            LimitExceeded::TenantCpu(0)
        });
        let meters = [(); 2].map(|()| {
            CpuMeter::new(
                Duration::MAX,
                thread_time,
                Arc::clone(&tenant),
                UsageMeter::new(),
            )
        });
        let [first, second] = &meters;
        for meter in &meters {
            meter.state().inside = true;
        }
        first.state().proceed(thread_time);
        while first.check().is_ok() {}
        assert_eq!(second.check(), Err(LimitExceeded::TenantCpu(0)));
        let [first, second] = meters;
        drop(first);
        assert_eq!(second.check(), Ok(()));
    }
}
