//! Amounts that may be used up to a limit, by one run or by all runs of a tenant. What is held is
//! given back when its holder is dropped, however that comes about. Nothing waits here: what does
//! not fit is refused at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use writeback_policy::LimitExceeded;

/// An amount with a limit, shared by those who use it.
#[derive(Debug)]
pub(crate) struct Quota {
    limit: u64,
    used: AtomicU64,
    exceeded: fn(u64) -> LimitExceeded,
}

impl Quota {
    pub(crate) fn new(limit: u64, exceeded: fn(u64) -> LimitExceeded) -> Arc<Self> {
        Arc::new(Self {
            limit,
            used: AtomicU64::new(0),
            exceeded,
        })
    }

    /// Uses `amount` for good, or nothing where there is not as much left.
    pub(crate) fn spend(&self, amount: u64) -> Result<(), LimitExceeded> {
        let fits = |used: u64| used.checked_add(amount).filter(|used| *used <= self.limit);
        match self
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits)
        {
            Ok(_) => Ok(()),
            Err(_) => Err((self.exceeded)(self.limit)),
        }
    }

    fn restore(&self, amount: u64) {
        self.used.fetch_sub(amount, Ordering::Relaxed);
    }
}

/// What one holder has of one or more quotas: the same amount of each.
#[derive(Debug)]
pub(crate) struct Share {
    quotas: Vec<Arc<Quota>>,
    held: u64,
}

impl Share {
    pub(crate) fn of(quotas: impl IntoIterator<Item = Arc<Quota>>) -> Self {
        Self {
            quotas: quotas.into_iter().collect(),
            held: 0,
        }
    }

    /// Holds `amount` more, or no more than before where one of the quotas has not as much left.
    pub(crate) fn take(&mut self, amount: u64) -> Result<(), LimitExceeded> {
        for (index, quota) in self.quotas.iter().enumerate() {
            if let Err(exceeded) = quota.spend(amount) {
                let spent = &self.quotas[..index];
                spent.iter().for_each(|quota| quota.restore(amount));
                return Err(exceeded);
            }
        }
        self.held += amount;
        Ok(())
    }

    /// What is held.
    pub(crate) fn held(&self) -> u64 {
        self.held
    }

    /// Holds `amount` more, which has been used already, and says whether it should have been.
    pub(crate) fn charge(&mut self, amount: u64) -> Result<(), LimitExceeded> {
        self.held += amount;
        let mut exceeded = Ok(());
        for quota in &self.quotas {
            let used = quota.used.fetch_add(amount, Ordering::Relaxed);
            if used.saturating_add(amount) > quota.limit {
                exceeded = exceeded.and(Err((quota.exceeded)(quota.limit)));
            }
        }
        exceeded
    }

    /// Gives back `amount` of what is held.
    pub(crate) fn give(&mut self, amount: u64) {
        let amount = amount.min(self.held);
        self.held -= amount;
        self.quotas.iter().for_each(|quota| quota.restore(amount));
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give(self.held);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_whole() {
        let quota = Quota::new(10, LimitExceeded::Requests);
        assert_eq!(quota.spend(6), Ok(()));
        assert_eq!(quota.spend(5), Err(LimitExceeded::Requests(10)));
        assert_eq!(quota.spend(u64::MAX), Err(LimitExceeded::Requests(10)));
        assert_eq!(quota.spend(4), Ok(()));
    }

    #[test]
    fn a_share_is_of_all_its_quotas_or_of_none() {
        let run = Quota::new(10, LimitExceeded::Handles);
        let tenant = Quota::new(12, LimitExceeded::TenantHandles);
        let mut first = Share::of([Arc::clone(&run), Arc::clone(&tenant)]);
        assert_eq!(first.take(10), Ok(()));
        assert_eq!(first.take(1), Err(LimitExceeded::Handles(10)));
        let other = Quota::new(10, LimitExceeded::Handles);
        let mut second = Share::of([Arc::clone(&other), tenant]);
        assert_eq!(second.take(3), Err(LimitExceeded::TenantHandles(12)));
        assert_eq!(other.used.load(Ordering::Relaxed), 0);
        assert_eq!(second.take(2), Ok(()));
        first.give(1);
        assert_eq!(second.take(1), Ok(()));
        drop(first);
        assert_eq!(second.take(7), Ok(()));
    }

    #[test]
    fn what_was_used_already_is_charged_beyond_the_limit() {
        let quota = Quota::new(10, LimitExceeded::TenantCpu);
        let mut share = Share::of([Arc::clone(&quota)]);
        assert_eq!(share.charge(10), Ok(()));
        assert_eq!(share.charge(1), Err(LimitExceeded::TenantCpu(10)));
        assert_eq!(share.charge(0), Err(LimitExceeded::TenantCpu(10)));
        drop(share);
        assert_eq!(quota.used.load(Ordering::Relaxed), 0);
    }
}
