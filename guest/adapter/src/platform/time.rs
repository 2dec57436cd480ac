//! The clock and pauses. Nothing cancels a run here: the platform ends the instance instead.

use super::offered::time;
use super::wasi::clocks::{monotonic_clock, wall_clock};
use super::{Adapter, world};

/// The state folder shows that the run is alive at least this often.
const SLICE_MILLISECONDS: u64 = 20_000;

impl time::Guest for Adapter {
    fn now() -> u64 {
        now()
    }

    fn sleep(milliseconds: u64) -> Result<(), time::Cancelled> {
        pause(milliseconds);
        Ok(())
    }
}

/// Milliseconds since the Unix epoch.
pub(super) fn now() -> u64 {
    let moment = wall_clock::now();
    moment.seconds * 1000 + u64::from(moment.nanoseconds / 1_000_000)
}

pub(super) fn pause(mut milliseconds: u64) {
    while milliseconds > 0 {
        let slice = milliseconds.min(SLICE_MILLISECONDS);
        monotonic_clock::subscribe_duration(slice * 1_000_000).block();
        world::alive();
        milliseconds -= slice;
    }
}
