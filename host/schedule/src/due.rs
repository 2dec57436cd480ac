//! What a scheduler has to start now, and what becomes of the ticks that it comes too late for.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::document::CatchUp;
use crate::tick::Tick;
use crate::timetable::Timetable;

/// What there is to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Due {
    /// The ticks to start a run for, in order.
    pub run: Vec<Tick>,
    /// How many ticks get no run of their own, since they came while nobody looked.
    pub missed: u64,
    /// What to remember as handled and to pass as `last` the next time: the nominal moment of the last tick seen to.
    pub last: Timestamp,
    /// The tick to wait for; none where the schedule ends, or is manual.
    pub next: Option<Tick>,
}

impl Timetable {
    /// What to do at `now`, where all ticks up to `last` (a nominal moment) have been seen to.
    ///
    /// A tick is on time until `grace` after it is due, and then runs whatever `catch_up` says. Later it is missed: `skip` leaves it
    /// out; `run-once` runs the last of the missed ones, unless one on time runs anyway. Ticks are seen to in the order of their
    /// nominal moments. Where `now` lies before `last`, as after a clock was set back, nothing is due again.
    #[must_use]
    pub fn due(&self, last: Timestamp, now: Timestamp, grace: Duration) -> Due {
        let grace = SignedDuration::try_from(grace).unwrap_or(SignedDuration::MAX);
        let mut due = Due {
            run: Vec::new(),
            missed: 0,
            last,
            next: None,
        };
        let mut last_missed = None;
        for tick in self.after(last) {
            if tick.due > now {
                due.next = Some(tick);
                break;
            }
            due.last = tick.nominal;
            if tick.due.duration_until(now) <= grace {
                due.run.push(tick);
            } else {
                due.missed += 1;
                last_missed = Some(tick);
            }
        }
        if let (CatchUp::RunOnce, true, Some(tick)) =
            (self.catch_up, due.run.is_empty(), last_missed)
        {
            due.run.push(tick);
            due.missed -= 1;
        }
        due
    }
}
