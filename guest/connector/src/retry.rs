//! When a request is repeated and how long to pause first.
//!
//! Data and arithmetic: it sends nothing and reads no clock.

mod after;
mod random;

pub use after::asked_pause;
pub use random::Random;

use crate::refusal::{Refusal, Service};

/// Shortest pause, in milliseconds.
const BASE: u64 = 1_000;
/// Longest pause that nobody asked for, in milliseconds.
const CAP: u64 = 60_000;

/// What to do after a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Pause, then send the same request.
    Again,
    /// Sign in anew, then send the same request.
    Renew,
    /// The same request cannot succeed.
    Final,
}

/// What a refusal calls for.
pub fn verdict(refusal: &Refusal) -> Verdict {
    match refusal.status {
        401 => Verdict::Renew,
        // A CSV export without a valid token is answered 406 by an older Domo.
        406 if refusal.service == Service::Domo => Verdict::Renew,
        // Domo's "invalid or missing token" is a 403 that says nothing else.
        403 if refusal.service == Service::Domo && refusal.message.is_empty() => Verdict::Renew,
        408 | 423 | 425 | 429 | 500 | 502 | 503 | 504 | 509 => Verdict::Again,
        // SharePoint's optimistic concurrency: somebody else wrote in between.
        409 if refusal.code == "resourceModified" => Verdict::Again,
        _ if refusal.html => Verdict::Again,
        _ => Verdict::Final,
    }
}

/// How often and how long one run may try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Attempts at one request.
    pub attempts: u32,
    /// Pauses of the run together, in milliseconds.
    pub wait: u64,
    /// Time from the run's start after which nothing new is begun, in milliseconds.
    pub deadline: Option<u64>,
    /// Those of the pauses together that wait for a locked file, in milliseconds.
    pub lock_wait: u64,
}

/// The attempts at one request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tries {
    /// Attempts so far.
    pub tried: u32,
    /// Those that met a locked file: these have a window of time, not a number.
    pub locked: u32,
    /// What the service said last.
    pub said: Option<String>,
    /// When the first one began, in milliseconds of the run.
    pub since: u64,
    /// Whether the account was signed in anew because of this request.
    pub renewed: bool,
    previous: u64,
}

impl Tries {
    /// None so far, at this time of the run.
    pub fn begin(since: u64) -> Self {
        Self {
            since,
            ..Self::default()
        }
    }

    /// The next pause in milliseconds: what the server asked for, or between the
    /// shortest and three times the previous one ("decorrelated jitter").
    pub fn pause(&mut self, asked: Option<u64>, random: &mut Random) -> u64 {
        let top = self.previous.max(BASE).saturating_mul(3).min(CAP);
        self.previous = random.between(BASE, top);
        match asked {
            Some(asked) if asked > 0 => asked,
            _ => self.previous,
        }
    }
}

#[cfg(test)]
mod tests;
