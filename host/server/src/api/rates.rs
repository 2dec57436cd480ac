//! Requests of each token, bounded: one that asks too often is told when to come back, and slows nobody else.

use std::num::NonZeroU32;

use axum::http::StatusCode;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::problem::Problem;
use crate::settings::Settings;

/// Requests by token.
pub struct Rates(DefaultKeyedRateLimiter<String>);

impl std::fmt::Debug for Rates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rates").finish_non_exhaustive()
    }
}

impl Rates {
    /// As the operator chose.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(at_least_one(settings.requests_per_second))
            .allow_burst(at_least_one(settings.request_burst));
        Self(RateLimiter::keyed(quota))
    }

    /// Counts a request.
    pub(crate) fn spend(&self, token: &str) -> Result<(), Problem> {
        let Err(until) = self.0.check_key(&token.to_owned()) else {
            return Ok(());
        };
        let wait = until.wait_time_from(DefaultClock::default().now());
        let mut problem = Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-requests",
            "this token asks too often\nhint: wait as long as Retry-After says",
        );
        problem.retry_after = Some(wait.as_secs().max(1));
        Err(problem)
    }

    /// Forgets tokens that have not asked for a while.
    pub(crate) fn shrink(&self) {
        self.0.retain_recent();
        self.0.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_asks_too_often_slows_no_other() {
        let rates = Rates::new(&Settings {
            requests_per_second: 1,
            request_burst: 3,
            ..Settings::default()
        });
        for _ in 0..3 {
            rates.spend("one").unwrap();
        }
        let problem = rates.spend("one").unwrap_err();
        assert_eq!((problem.status, problem.retry_after), (429, Some(1)));
        rates.spend("other").unwrap();
    }
}
