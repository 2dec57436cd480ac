//! The parts of a run on their own: a table.

use std::fmt::Write as _;

use writeback_bench::model::{Part, Parts, Place};

/// One line for each part and place.
pub fn table(parts: &Parts) -> String {
    let mut text =
        String::from("| part | where | figure | of native | target |\n|---|---|---|---|---|\n");
    for part in &parts.entries {
        let place = match part.place {
            Place::Native => "native",
            Place::Sandbox => "sandbox",
            Place::Host => "host",
        };
        let ratio = part
            .ratio
            .map(|ratio| format!("{ratio:.2} x"))
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "| {} | {place} | {:.3} {} | {ratio} | {} |",
            part.name,
            part.value,
            part.unit,
            target(part)
        );
    }
    text
}

fn target(part: &Part) -> String {
    let Some(target) = part.target else {
        return String::new();
    };
    let met = if part.ratio.unwrap_or(part.value) <= target {
        "met"
    } else {
        "**missed**"
    };
    format!("{target:.2}, {met}")
}
