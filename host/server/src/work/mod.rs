//! What happens without a request: schedules become runs, runs get slots, workers take them, what is over is told and cleared.

pub(crate) mod asking;
pub(crate) mod ending;
pub(crate) mod events;
