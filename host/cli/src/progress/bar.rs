//! The bar on a terminal: step, bytes, rate; a spinner where the end is not known.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use writeback_host::Step;

use super::QUEUED;
use crate::render::paint::Paint;
use crate::render::units::duration;

const SPINNER: &str = "{prefix}  {spinner} {msg}";
const COUNTER: &str = "{prefix}  {spinner} {msg}  {decimal_bytes}  {decimal_bytes_per_sec}";
const BAR: &str = "{prefix}  {msg}  [{bar:32}] {percent}%  {decimal_bytes}/{decimal_total_bytes}  {decimal_bytes_per_sec}";

/// A bar that changes its shape with the step.
pub struct Bar {
    bar: ProgressBar,
    paint: Paint,
    template: &'static str,
}

impl Bar {
    /// For the job called `name`; appears with the first step.
    pub fn new(name: &str, paint: Paint) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
            .with_prefix(name.to_owned());
        Self {
            bar,
            paint,
            template: "",
        }
    }

    /// Draws where the run is.
    pub fn show(&mut self, step: &Step) {
        match step {
            Step::Preparing => self.shape(SPINNER, "preparing"),
            Step::Exporting(bytes) => {
                self.shape(COUNTER, "exporting");
                self.bar.set_position(*bytes);
            }
            Step::Uploading(bytes, total) => {
                self.shape(BAR, "uploading");
                self.bar.set_length(*total);
                self.bar.set_position(*bytes);
            }
            Step::Queued => self.shape(SPINNER, QUEUED),
            Step::Waiting(milliseconds) => {
                self.shape(
                    SPINNER,
                    &format!("pausing {} before another attempt", duration(*milliseconds)),
                );
            }
            Step::Verifying => self.shape(SPINNER, "verifying"),
            _ => {}
        }
    }

    /// Prints a line above it.
    pub fn above(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{line}"));
    }

    /// Takes it away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn shape(&mut self, template: &'static str, message: &str) {
        if self.template != template {
            let style = ProgressStyle::with_template(&self.colored(template))
                .expect("the templates above are valid");
            // The style first: a reset draws.
            self.bar.set_style(style.progress_chars("━╸─"));
            self.bar.reset();
            self.bar.enable_steady_tick(Duration::from_millis(120));
            self.template = template;
        }
        self.bar.set_message(message.to_owned());
    }

    fn colored(&self, template: &str) -> String {
        if !self.paint.is_on() {
            return template.to_owned();
        }
        template
            .replace("{prefix}", "{prefix:.bold}")
            .replace("{bar:32}", "{bar:32.cyan/dim}")
            .replace("{spinner}", "{spinner:.cyan}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_a_valid_template_with_and_without_colours() {
        for paint in [Paint::new(false), Paint::new(true)] {
            let mut bar = Bar::new("daily sales", paint);
            bar.bar.set_draw_target(ProgressDrawTarget::hidden());
            for step in [
                Step::Preparing,
                Step::Exporting(5),
                Step::Waiting(10),
                Step::Uploading(3, 9),
                Step::Verifying,
            ] {
                bar.show(&step);
            }
            assert_eq!(bar.bar.message(), "verifying");
        }
    }
}
