//! The run as plain lines for logs: one where a step starts, few while bytes move. Knows no clock.

use writeback_host::Step;

use super::QUEUED;
use crate::render::units::{bytes, duration};

/// An upload tells each quarter; an export, whose end is unknown, each doubling from here.
const FIRST_EXPORT_LINE: u64 = 64_000_000;

/// What was told so far.
pub struct Lines {
    name: String,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Start,
    Preparing,
    Exporting { next: u64 },
    Uploading { quarter: u64 },
    Verifying,
}

impl Lines {
    /// For the job called `name`.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            stage: Stage::Start,
        }
    }

    /// The line that `step` is worth, if any.
    pub fn next(&mut self, step: &Step) -> Option<String> {
        let line = match step {
            Step::Preparing => self.enter(Stage::Preparing, "preparing"),
            Step::Exporting(moved) => self.export(*moved),
            Step::Uploading(moved, total) => self.upload(*moved, *total),
            Step::Queued => Some(QUEUED.to_owned()),
            Step::Waiting(milliseconds) => Some(format!(
                "pausing {} before another attempt",
                duration(*milliseconds)
            )),
            Step::Verifying => self.enter(Stage::Verifying, "verifying"),
            _ => None,
        };
        line.map(|line| format!("{}: {line}", self.name))
    }

    fn enter(&mut self, stage: Stage, line: &str) -> Option<String> {
        let entered = std::mem::replace(&mut self.stage, stage) != stage;
        entered.then(|| line.to_owned())
    }

    fn export(&mut self, moved: u64) -> Option<String> {
        let Stage::Exporting { next } = self.stage else {
            self.stage = Stage::Exporting {
                next: FIRST_EXPORT_LINE,
            };
            return Some("exporting".to_owned());
        };
        if moved < next {
            return None;
        }
        self.stage = Stage::Exporting {
            next: moved.saturating_mul(2),
        };
        Some(format!("exported {}", bytes(moved)))
    }

    fn upload(&mut self, moved: u64, total: u64) -> Option<String> {
        let Stage::Uploading { quarter: told } = self.stage else {
            self.stage = Stage::Uploading {
                quarter: quarter(moved, total),
            };
            return Some(format!("uploading {}", bytes(total)));
        };
        let quarter = quarter(moved, total);
        if quarter <= told {
            return None;
        }
        self.stage = Stage::Uploading { quarter };
        Some(format!(
            "uploaded {} of {} ({} %)",
            bytes(moved),
            bytes(total),
            quarter * 25
        ))
    }
}

fn quarter(moved: u64, total: u64) -> u64 {
    u64::try_from(u128::from(moved.min(total)) * 4 / u128::from(total.max(1))).unwrap_or(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(steps: &[Step]) -> Vec<String> {
        let mut lines = Lines::new("job");
        steps.iter().filter_map(|step| lines.next(step)).collect()
    }

    #[test]
    fn a_run_is_told_in_few_lines() {
        let mut steps = vec![Step::Preparing, Step::Preparing, Step::Exporting(0)];
        steps.extend((0..=200).map(|million| Step::Exporting(million * 1_000_000)));
        steps.push(Step::Waiting(1500));
        steps.extend((0..=200).map(|million| Step::Uploading(million * 1_000_000, 200_000_000)));
        steps.push(Step::Verifying);
        assert_eq!(
            told(&steps),
            [
                "job: preparing",
                "job: exporting",
                "job: exported 64.0 MB",
                "job: exported 128 MB",
                "job: pausing 1.50 s before another attempt",
                "job: uploading 200 MB",
                "job: uploaded 50.0 MB of 200 MB (25 %)",
                "job: uploaded 100 MB of 200 MB (50 %)",
                "job: uploaded 150 MB of 200 MB (75 %)",
                "job: uploaded 200 MB of 200 MB (100 %)",
                "job: verifying",
            ]
        );
    }

    #[test]
    fn an_upload_that_falls_back_is_not_told_twice_and_an_empty_one_does_not_divide_by_zero() {
        assert_eq!(
            told(&[
                Step::Uploading(0, 8),
                Step::Uploading(4, 8),
                Step::Uploading(2, 8),
                Step::Uploading(4, 8)
            ])
            .len(),
            2
        );
        assert_eq!(
            told(&[Step::Uploading(0, 0), Step::Uploading(0, 0)]),
            ["job: uploading 0 B"]
        );
        assert_eq!(
            told(&[
                Step::Uploading(0, u64::MAX),
                Step::Uploading(u64::MAX, u64::MAX)
            ])
            .len(),
            2
        );
    }
}
