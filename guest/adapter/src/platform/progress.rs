//! Progress and log lines, on stderr. Each line is one write, and what cannot be written is not worth a failure.

use std::cell::Cell;

use writeback_policy::steers;

use super::Adapter;
use super::offered::progress::{Guest, Level, Step};
use super::wasi::cli::stderr::get_stderr;
use super::wasi::clocks::monotonic_clock;

/// Nanoseconds between two lines about the same step.
const QUIET: u64 = 5_000_000_000;

thread_local! {
    /// The last line: its step, and when.
    static LAST: Cell<(u8, u64)> = const { Cell::new((0, 0)) };
}

impl Guest for Adapter {
    fn report(step: Step) {
        let (number, text) = match step {
            Step::Preparing => (1, "preparing".to_owned()),
            Step::Exporting(bytes) => (2, format!("exporting: {bytes} bytes")),
            Step::Uploading((bytes, total)) => (3, format!("uploading: {bytes} of {total} bytes")),
            Step::Waiting(milliseconds) => (4, format!("waiting {milliseconds} ms")),
            Step::Verifying => (5, "verifying".to_owned()),
        };
        let (last, at) = LAST.get();
        let now = monotonic_clock::now();
        if number != last || now - at > QUIET {
            LAST.set((number, now));
            say(&text);
        }
    }

    fn log(level: Level, text: String) {
        match level {
            Level::Debug => {}
            Level::Info => note(&text),
            Level::Warn => warn(&text),
        }
    }
}

pub(super) fn note(text: &str) {
    say(&format!("note: {text}"));
}

pub(super) fn warn(text: &str) {
    say(&format!("warning: {text}"));
}

fn say(text: &str) {
    // What a service said must not steer a terminal.
    let mut line = text.replace(|letter| letter != '\n' && steers(letter), "\u{fffd}");
    line.push('\n');
    let stderr = get_stderr();
    for part in line.as_bytes().chunks(4096) {
        if stderr.blocking_write_and_flush(part).is_err() {
            break;
        }
    }
}
