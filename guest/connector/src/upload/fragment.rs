//! How large the next fragment is.
//!
//! Every fragment but the last is a multiple of 320 KiB (Graph, createUploadSession).
//! It grows while SharePoint acknowledges quickly, the more the quicker, and shrinks when it fails.

/// 320 KiB.
pub const FRAGMENT_GRID: u64 = 320 * 1024;
/// A fragment acknowledged within so many milliseconds is followed by one that would take about as long, or twice as
/// large, whichever is more.
const QUICK: u64 = 4_000;
/// One that took so long is followed by one half as large.
const SLOW: u64 = 30_000;

/// The size of the fragments to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment {
    size: u64,
    most: u64,
}

impl Fragment {
    /// Starts with a size; both are multiples of the grid.
    pub fn new(size: u64, most: u64) -> Self {
        Self {
            size,
            most: most.max(size),
        }
    }

    /// Bytes of the fragment at an offset.
    pub fn length(&self, offset: u64, total: u64) -> u64 {
        self.size.min(total.saturating_sub(offset))
    }

    /// A fragment of `length` was acknowledged after so many milliseconds.
    pub fn acknowledged(&mut self, length: u64, elapsed: u64) {
        match elapsed {
            ..QUICK if length == self.size => {
                let times = (QUICK / elapsed.max(1)).max(2);
                self.size = on_grid(self.size.saturating_mul(times)).min(self.most);
            }
            SLOW.. => self.shrink(),
            _ => {}
        }
    }

    /// A fragment failed: a smaller one is lost less easily.
    pub fn shrink(&mut self) {
        self.size = on_grid(self.size / 2);
    }
}

fn on_grid(size: u64) -> u64 {
    (size - size % FRAGMENT_GRID).max(FRAGMENT_GRID)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_is_as_much_larger_as_the_last_was_quick_up_to_the_most() {
        let next = |elapsed| {
            let mut fragment = Fragment::new(FRAGMENT_GRID, 9 * FRAGMENT_GRID);
            fragment.acknowledged(FRAGMENT_GRID, elapsed);
            fragment.length(0, u64::MAX) / FRAGMENT_GRID
        };
        assert_eq!(next(QUICK - 1), 2);
        assert_eq!(next(QUICK / 3), 3);
        assert_eq!((next(10), next(0)), (9, 9));
    }

    #[test]
    fn what_is_left_at_the_end_says_nothing_of_the_next() {
        let mut fragment = Fragment::new(2 * FRAGMENT_GRID, 9 * FRAGMENT_GRID);
        fragment.acknowledged(FRAGMENT_GRID, 10);
        assert_eq!(fragment.length(0, u64::MAX), 2 * FRAGMENT_GRID);
    }

    #[test]
    fn a_steady_fragment_stays_and_a_slow_or_failed_one_halves() {
        let mut fragment = Fragment::new(5 * FRAGMENT_GRID, 9 * FRAGMENT_GRID);
        fragment.acknowledged(5 * FRAGMENT_GRID, QUICK);
        assert_eq!(fragment.length(0, u64::MAX), 5 * FRAGMENT_GRID);
        fragment.acknowledged(5 * FRAGMENT_GRID, SLOW);
        assert_eq!(fragment.length(0, u64::MAX), 2 * FRAGMENT_GRID);
        fragment.shrink();
        fragment.shrink();
        assert_eq!(fragment.length(0, u64::MAX), FRAGMENT_GRID);
    }

    #[test]
    fn the_last_fragment_is_what_is_left() {
        let fragment = Fragment::new(FRAGMENT_GRID, FRAGMENT_GRID);
        assert_eq!(fragment.length(FRAGMENT_GRID, FRAGMENT_GRID + 1), 1);
    }
}
