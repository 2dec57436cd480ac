//! How long the run takes, whatever becomes of the clock.
//!
//! The clock is one on the wall: it may be set back or ahead in mid-run. A pause counts as long as it was
//! meant to be; everything else by the clock's steps, of which those backwards count nothing.

/// Milliseconds since the run began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Watch {
    spent: u64,
    seen: u64,
}

impl Watch {
    pub(super) fn start(now: u64) -> Self {
        Self {
            spent: 0,
            seen: now,
        }
    }

    /// Time spent up to now.
    pub(super) fn read(&mut self, now: u64) -> u64 {
        self.spent = self.spent.saturating_add(now.saturating_sub(self.seen));
        self.seen = now;
        self.spent
    }

    /// A pause is over.
    pub(super) fn paused(&mut self, pause: u64, now: u64) {
        self.spent = self.spent.saturating_add(pause);
        self.seen = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_jumps_neither_stops_nor_hurries_it() {
        let mut watch = Watch::start(1_000);
        assert_eq!(watch.read(1_500), 500);
        watch.paused(2_000, 1_500 + 86_400_000);
        assert_eq!(watch.read(86_401_500 + 10), 2_510, "a day ahead in a pause");
        assert_eq!(watch.read(7), 2_510, "back");
        assert_eq!(watch.read(17), 2_520);
        watch.paused(u64::MAX, 0);
        assert_eq!(watch.read(u64::MAX), u64::MAX);
    }
}
