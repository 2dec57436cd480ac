//! The clock that charges a run for computing: processor time of the thread that asks, so that a busy
//! machine does not make a run dearer. It counts for one thread: readings of two do not compare.

use std::time::Duration;

/// Reads the clock.
pub(crate) type CpuClock = fn() -> Duration;

/// Processor time that this thread has used.
#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_os = "macos",
    target_os = "freebsd"
))]
pub(crate) fn thread_time() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    // It begins at zero and never goes back.
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

/// Time as it passes: there is no better measure here.
#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_os = "macos",
    target_os = "freebsd"
)))]
pub(crate) fn thread_time() -> Duration {
    use std::sync::LazyLock;
    use std::time::Instant;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn a_thread_that_waits_for_another_is_not_charged() {
        let work = Duration::from_millis(20);
        let (done, wait) = channel();
        let before = thread_time();
        std::thread::spawn(move || {
            let end = thread_time() + work;
            while thread_time() < end {}
            done.send(())
        });
        wait.recv().unwrap();
        assert!(thread_time() - before < work);
    }
}
