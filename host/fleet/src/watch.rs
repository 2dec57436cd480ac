//! What a run tells, in the server's words, and where its state goes.

use std::io;
use std::sync::Arc;

use writeback_host::state::{Keeper, Turns};
use writeback_host::{BoxFuture, Level, Progress, Step, Zeroizing};
use writeback_server::runner::{self, Watch};

/// The server's watcher of one run, for the host.
pub(crate) struct Watcher(pub(crate) Arc<dyn Watch>);

impl Progress for Watcher {
    fn report(&self, step: Step) {
        if let Some(step) = told(step) {
            self.0.step(step);
        }
    }

    fn log(&self, level: Level, text: &str) {
        let level = match level {
            Level::Debug => runner::Level::Debug,
            Level::Warn => runner::Level::Warn,
            _ => runner::Level::Info,
        };
        self.0.log(level, text);
    }
}

impl Keeper for Watcher {
    fn keep(&self, state: Zeroizing<Vec<u8>>) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move { self.0.keep(state).await.map_err(io::Error::other) })
    }
}

impl Turns for Watcher {
    fn take<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<bool>> {
        Box::pin(async move { self.0.hold(name).await.map_err(io::Error::other) })
    }
}

/// A step in the server's words; one that it has none for goes untold.
fn told(step: Step) -> Option<runner::Step> {
    Some(match step {
        Step::Preparing => runner::Step::Preparing,
        Step::Exporting(bytes) => runner::Step::Exporting { bytes },
        Step::Uploading(bytes, total) => runner::Step::Uploading { bytes, total },
        Step::Waiting(milliseconds) => runner::Step::Waiting {
            seconds: milliseconds.div_ceil(1000),
        },
        Step::Queued => runner::Step::Queued,
        Step::Verifying => runner::Step::Verifying,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_told_in_whole_seconds() {
        let seconds = |milliseconds| told(Step::Waiting(milliseconds));
        for (milliseconds, expected) in [(0, 0), (1, 1), (1000, 1), (1001, 2)] {
            let expected = runner::Step::Waiting { seconds: expected };
            assert_eq!(seconds(milliseconds), Some(expected));
        }
    }
}
