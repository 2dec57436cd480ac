//! Hands the component's steps and lines to whoever watches.

use crate::bindings::writeback::connector::progress::{Host, Level, Step};
use crate::printable;
use crate::progress;
use crate::sandbox::Sandbox;

const LINE_CHARS: usize = 4096;

impl Host for Sandbox {
    async fn report(&mut self, step: Step) -> wasmtime::Result<()> {
        self.progress.report(match step {
            Step::Preparing => progress::Step::Preparing,
            Step::Exporting(bytes) => progress::Step::Exporting(bytes),
            Step::Uploading((sent, total)) => progress::Step::Uploading(sent, total),
            Step::Waiting(milliseconds) => progress::Step::Waiting(milliseconds),
            Step::Verifying => progress::Step::Verifying,
        });
        Ok(())
    }

    async fn log(&mut self, level: Level, text: String) -> wasmtime::Result<()> {
        self.log_lines.spend(1).map_err(wasmtime::Error::new)?;
        let level = match level {
            Level::Debug => progress::Level::Debug,
            Level::Info => progress::Level::Info,
            Level::Warn => progress::Level::Warn,
        };
        self.progress
            .log(level, &printable::line(&text, LINE_CHARS));
        Ok(())
    }
}
