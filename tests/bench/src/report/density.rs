//! Many runs at once in one process: a table, the fitted lines, plots by number of runs.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use writeback_bench::model::{Density, DensityPoint};

use super::plot::{Axis, Line, Plot};
use crate::shown::seconds;

const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// The points, then the lines through them.
pub fn tables(density: &Density) -> String {
    let mut text = String::from(
        "| runs at once | resident | a run adds | delay, median | delay, 99 % | wall | throughput | CPU |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for point in &density.points {
        let _ = writeln!(
            text,
            "| {} | {:.1} MiB | {:.0} KiB | {:.2} ms | {:.2} ms | {} | {:.1} MB/s | {} |",
            point.runs,
            point.resident_bytes as f64 / MEBIBYTE,
            point.bytes_per_run / 1024.0,
            point.delay_p50_ms,
            point.delay_p99_ms,
            seconds(point.wall_s),
            point.bytes_per_second / 1e6,
            seconds(point.cpu_s),
        );
    }
    text.push_str("\n| grows | by | r² | |\n|---|---|---|---|\n");
    for fit in &density.fits {
        let _ = writeln!(
            text,
            "| {} | {} {} | {:.3} | {} |",
            fit.of,
            figure(fit.slope),
            fit.unit,
            fit.r2,
            fit.note
        );
    }
    text
}

/// Three significant digits, whatever the size.
fn figure(value: f64) -> String {
    match value.abs() {
        0.001..1000.0 => format!("{value:.3}"),
        _ => format!("{value:.2e}"),
    }
}

/// A line's name, and its figure of a point.
type Figure = (&'static str, fn(&DensityPoint) -> f64);

/// Memory and delay by number of runs.
pub fn plots(density: &Density, folder: &Path) -> Result<()> {
    let resident: [Figure; 1] = [("all runs", |point| point.resident_bytes as f64 / MEBIBYTE)];
    let delay: [Figure; 2] = [
        ("median", |point| point.delay_p50_ms),
        ("99 %", |point| point.delay_p99_ms),
    ];
    by_runs(density, "Resident memory", "MiB", &resident)
        .draw(&folder.join("density-memory.svg"))?;
    by_runs(density, "Scheduling delay", "ms", &delay).draw(&folder.join("density-delay.svg"))
}

fn by_runs(density: &Density, title: &str, unit: &str, lines: &[Figure]) -> Plot {
    let line = |&(name, figure): &Figure| Line {
        name: name.to_owned(),
        points: density
            .points
            .iter()
            .map(|point| (point.runs as f64, figure(point)))
            .collect(),
    };
    Plot {
        title: title.to_owned(),
        x: Axis::log("runs at once"),
        y: Axis::log(unit),
        lines: lines.iter().map(line).collect(),
    }
}
