//! One moment at which a job is due, and moments as a database keeps them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One moment at which a job is due. `nominal` names the tick: with the schedule's id it is unique, and it never depends on who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct Tick {
    /// The moment that the schedule names.
    #[schema(value_type = String, format = DateTime)]
    pub nominal: Timestamp,
    /// The moment to start at: the nominal one, and the jitter.
    #[schema(value_type = String, format = DateTime)]
    pub due: Timestamp,
}

impl Tick {
    /// The nominal moment in milliseconds since the epoch; exact, as ticks fall on whole minutes.
    #[must_use]
    pub fn nominal_ms(&self) -> i64 {
        self.nominal.as_millisecond()
    }

    /// The due moment in milliseconds since the epoch; exact, as jitter is in whole milliseconds.
    #[must_use]
    pub fn due_ms(&self) -> i64 {
        self.due.as_millisecond()
    }
}

/// A moment kept as milliseconds since the epoch. None outside the years -9999 to 9999.
#[must_use]
pub fn from_ms(milliseconds: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(milliseconds).ok()
}
