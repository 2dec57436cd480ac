//! When a job is due, from a document and the moments it is given alone. It reads no clock, no file and no network.
//!
//! [`Schedule::parse`] reads the document and finds all that is wrong with it; [`Schedule::timetable`] makes it ready to be asked:
//! [`Timetable::next_after`], [`Timetable::ticks`], and for a scheduler's loop [`Timetable::due`]. [`RetryPolicy`] says when a failed
//! run is tried again, [`StaleAfter`] when a job that has not succeeded for long is worth an alert.

#![forbid(unsafe_code)]

mod cron;
mod days;
mod describe;
mod document;
mod due;
mod fields;
mod jitter;
mod parse;
mod problems;
mod retry;
mod schema;
mod stale;
mod tick;
mod timetable;
mod walk;
mod words;
mod zone;

pub use document::{Bound, CatchUp, Schedule, When, Window};
pub use due::Due;
pub use problems::{Problem, Problems};
pub use retry::{Backoff, RetryPolicy};
pub use stale::StaleAfter;
pub use tick::{Tick, from_ms};
pub use timetable::Timetable;
pub use words::{Month, MonthDay, Nth, NthWeekday, TheLast, TimeOfDay, Unit, Weekday};
