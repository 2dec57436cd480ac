//! The machine dies at a call of the guest's, before it has an effect or after.
//!
//! It unwinds without a word to the panic hook; [`World::survives`] is where it ends.

use super::World;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// When the machine dies, in calls of the guest's.
#[derive(Default)]
pub struct Death {
    calls: u32,
    at: Option<(u32, Moment)>,
}

/// On which side of the call's effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    Before,
    After,
}

/// What unwinds.
struct Died;

impl World {
    /// Lets the machine die at a call from now on, or live.
    pub fn dies(&self, at: Option<(u32, Moment)>) {
        self.state().death = Death { calls: 0, at };
    }

    /// Runs something that the machine may not survive: then there is no result.
    pub fn survives<T>(&self, run: impl FnOnce() -> T) -> Option<T> {
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(result) => Some(result),
            Err(payload) if payload.is::<Died>() => None,
            Err(payload) => resume_unwind(payload),
        }
    }

    /// One call of the guest's.
    pub(super) fn call<T>(&self, effect: impl FnOnce() -> T) -> T {
        let fate = {
            let mut state = self.state();
            state.death.calls += 1;
            let calls = state.death.calls;
            state.death.at.filter(|(at, _)| *at == calls)
        };
        match fate {
            None => effect(),
            Some((_, Moment::Before)) => resume_unwind(Box::new(Died)),
            Some((_, Moment::After)) => {
                drop(effect());
                resume_unwind(Box::new(Died))
            }
        }
    }
}
