//! What happens without a request: schedules become runs, runs get slots, workers take them, what is over is told and cleared.

mod admitter;
pub(crate) mod asking;
pub(crate) mod ending;
pub(crate) mod events;
mod janitor;
mod loops;
mod lost;
mod queue;
mod removals;
pub(crate) mod scheduler;
mod watch;
mod worker;

pub use loops::{Role, Work};
